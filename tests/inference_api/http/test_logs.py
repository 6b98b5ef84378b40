"""The log's lines: time, level, request; libraries are heard only when they warn."""

import json
import logging

import pytest

from inference_api.http import logs


@pytest.fixture
def configured():
    """Set the log up, and put it back as it was."""
    root, ours = logging.getLogger(), logging.getLogger("inference_api")
    before = root.handlers[:], root.level, ours.level

    def configure(**options) -> None:
        root.handlers.clear()  # pytest's own
        logs.configure(**options)

    yield configure
    root.handlers[:], root.level = before[0], before[1]
    ours.setLevel(before[2])
    logging.getLogger("uvicorn").setLevel(logging.NOTSET)


REQUEST = {"client": "10.0.0.9", "key": "the bot", "request_id": "job-7"}


def test_a_line_of_json_has_what_is_known(configured, capsys):
    configured(level="INFO", form="json")
    logging.getLogger("inference_api.x").info("%s done", "all", extra=REQUEST)
    line = json.loads(capsys.readouterr().err)
    assert line["time"].endswith("Z")
    assert {**line, "time": ""} == {
        "time": "", "level": "INFO", "logger": "inference_api.x", "message": "all done", **REQUEST,
    }  # fmt: skip


def test_a_line_of_text_has_the_same(configured, capsys):
    configured(level="INFO", form="text")
    logging.getLogger("inference_api.x").info("done", extra={**REQUEST, "key": None})
    line = capsys.readouterr().err
    assert line.endswith(" INFO inference_api.x: done client=10.0.0.9 request_id=job-7\n")


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_is_told_whole(configured, capsys, form):
    configured(level="INFO", form=form)
    logging.getLogger("inference_api").error("failed", exc_info=RuntimeError("a fault"))
    assert "RuntimeError: a fault" in capsys.readouterr().err


def test_libraries_are_heard_only_when_they_warn(configured, capsys):
    configured(level="DEBUG", form="text")
    pillow = logging.getLogger("PIL.TiffImagePlugin")
    pillow.debug("ImageDescription: my secret")
    pillow.info("Software: my secret")
    logging.getLogger("inference_api").debug("ours")
    heard = capsys.readouterr().err
    assert "secret" not in heard
    assert "ours" in heard
