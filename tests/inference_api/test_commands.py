"""`python -m inference_api`: predict, doctor, and starts that must fail clearly."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import matplotlib as mpl
import pytest

from inference_api.__main__ import main
from inference_api.http.keys import KeyFile
from inference_api.vision.images import decode


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run a command in an empty folder with these settings; in this process, as a start is slow."""

    def run(*arguments: str, **environment: str) -> Done:
        monkeypatch.chdir(tmp_path)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return Done(main(arguments), *capsys.readouterr())

    return run


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_PORT", "eighty"),
        ("API_PORT", "65536"),
        ("API_DEADLINE_S", "0"),
        ("API_MAX_BYTES", "-1"),
        ("API_MODELS", "other"),
        ("API_ENGINE", "abacus"),
        ("API_KEYS_FILE", "not-there.txt"),
        ("API_FONT_PATH", "not-there.ttf"),
        ("API_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(run, name, value):
    done = run("serve", **{name: value})
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["serve"], ["doctor"], ["predict", "photo.jpg"]])
def test_missing_models_stop_the_start_and_are_named(run, command):
    done = run(*command)
    assert done.returncode == 2
    assert "compact_detector/spec.json is missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_altered_model_stops_the_start_and_is_named(run, models_dir, tmp_path):
    copy = shutil.copytree(models_dir, tmp_path / "models")
    (copy / "compact_detector" / "saved_model.pb").write_bytes(b"altered")
    done = run("serve")
    assert done.returncode == 2
    assert "saved_model.pb: sha256" in done.stderr
    assert "Traceback" not in done.stderr


def test_photos_are_predicted_and_bad_ones_named(run, models_dir, tmp_path, scene):
    (tmp_path / "good.jpg").write_bytes(scene.jpeg)
    (tmp_path / "bad.jpg").write_bytes(b"no photo")
    names = ["good.jpg", "bad.jpg", "missing.jpg"]
    done = run(
        "predict",
        *names,
        "--annotated",
        "out",
        "--json",
        API_MODELS_DIR=str(models_dir),
    )
    assert done.returncode == 1
    good, bad, missing = map(json.loads, done.stdout.splitlines())
    assert [good["photo"], bad["photo"], missing["photo"]] == names
    assert good["faces"][0]["label"] == "Red"
    assert "not a supported image" in bad["problem"]
    assert "No such file" in missing["problem"]
    assert "3/3 missing.jpg" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.jpg"]
    assert decode((tmp_path / "out" / "good.jpg").read_bytes()).shape == scene.image.shape


@pytest.fixture
def predict(run, models_dir):
    """Run `predict` with the tests' models."""
    return lambda *arguments, **settings: run(
        "predict", *arguments, API_MODELS_DIR=str(models_dir), **settings
    )


@pytest.mark.parametrize("folder", [".", "", "../{here}", "link"])
def test_no_original_is_written_over(predict, tmp_path, scene, folder):
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(scene.jpeg)
    (tmp_path / "link").symlink_to(tmp_path)
    done = predict("photo.jpg", "--annotated", folder.format(here=tmp_path.name))
    assert done.returncode == 2
    assert "name another folder" in done.stderr
    assert photo.read_bytes() == scene.jpeg
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "photo.jpg"]


def test_an_original_behind_a_link_is_not_written_over(predict, tmp_path, scene):
    original = tmp_path / "photo.jpg"
    original.write_bytes(scene.jpeg)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "photo.jpg").symlink_to(original)
    assert predict("photo.jpg", "--annotated", "out").returncode == 0
    assert original.read_bytes() == scene.jpeg
    assert (tmp_path / "out" / "photo.jpg").read_bytes() != scene.jpeg


def test_photos_of_one_name_have_a_copy_each_and_it_is_said_where(predict, tmp_path, make_scene):
    names = ["a/IMG_1.jpg", "b/IMG_1.JPEG", "c/img_1.jpg", "d/IMG_1-2.jpg"]
    widths = [100, 110, 120, 130]
    for name, width in zip(names, widths, strict=True):
        (tmp_path / name).parent.mkdir()
        photo = make_scene(size_wh=(width, 240), box=(20, 60, 80, 180))
        (tmp_path / name).write_bytes(photo.jpeg)
    done = predict(*names, "--annotated", "out", "--json")
    assert done.returncode == 0
    copies = [json.loads(line)["annotated"] for line in done.stdout.splitlines()]
    shapes = [decode((tmp_path / copy).read_bytes()).shape for copy in copies]
    assert shapes == [(240, width, 3) for width in widths]
    assert len(list((tmp_path / "out").iterdir())) == len(names)
    assert f"2/4 b/IMG_1.JPEG -> {copies[1]}" in done.stderr


def test_the_labels_are_in_the_font_that_is_set(predict, tmp_path, scene):
    (tmp_path / "photo.jpg").write_bytes(scene.jpeg)
    font = Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSerif-BoldItalic.ttf"
    predict("photo.jpg", "--annotated", "own")
    predict("photo.jpg", "--annotated", "set", API_FONT_PATH=str(font))
    own, other = ((tmp_path / folder / "photo.jpg").read_bytes() for folder in ("own", "set"))
    assert own != other


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_name_that_is_not_utf_8_does_not_end_the_run(predict, tmp_path, scene, options):
    name, missing = os.fsdecode(b"caf\xe9.jpg"), os.fsdecode(b"missing-\xff")
    (tmp_path / name).write_bytes(scene.jpeg)
    done = predict(name, missing, name, *options, "--annotated", "out")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    copies = {os.fsencode(path.name) for path in (tmp_path / "out").iterdir()}
    assert copies == {b"caf\xe9.jpg", b"caf\xe9-2.jpg"}


def test_the_doctor_says_what_it_found(run, models_dir):
    done = run("doctor", API_MODELS_DIR=str(models_dir))
    assert (done.returncode, done.stderr) == (0, "")
    for found in (
        "litert int8         bright_localizer was not measured so",
        "savedmodel float32  chosen, the first that is fit for API_ENGINE=auto",
        "bright_localizer 0.0.1",
        "red_classifier 0.0.1",
        "ms a photo",
    ):
        assert found in done.stdout


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_no_fit_engine_stops_the_start_and_is_named(run, models_dir, command):
    done = run(command, API_MODELS_DIR=str(models_dir), API_ENGINE="litert")
    assert done.returncode == 2
    assert "litert int8: bright_localizer was not measured so" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_server_answers_and_stops_when_it_is_told(models_dir, tmp_path, scene):
    command = [sys.executable, "-m", "inference_api", "serve"]
    environment = {**os.environ, "API_MODELS_DIR": str(models_dir), "API_PORT": "0"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])  # it runs from the checkout
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            line = next(line for line in server.stderr if "running on" in line)
            base_url = line.split("running on ")[1].split()[0]
            answer = httpx.post(f"{base_url}/v1/predict", files={"photo": scene.jpeg}, timeout=60)
            assert len(answer.json()["faces"]) == 1
        finally:
            server.send_signal(signal.SIGTERM)
        log = server.stderr.read()
        assert server.wait(60) == -signal.SIGTERM  # uvicorn passes the signal on when it is done
    assert "shutdown complete" in log
    assert "Traceback" not in log


def test_a_key_comes_with_the_line_that_lets_it_in(run, tmp_path):
    done = run("key", "the bot")
    line, _, key = done.stdout.splitlines()
    assert done.returncode == 0
    (tmp_path / "keys").write_text(line)
    assert KeyFile(tmp_path / "keys", per_minute=0).admit(key) == "the bot"


@pytest.mark.parametrize(
    ("name", "value"), [("API_DEADLINE_S", "inf"), ("API_CODEC_WORKERS", "100000")]
)
def test_a_setting_beyond_reason_stops_the_start(run, name, value):
    done = run("doctor", **{name: value})
    assert done.returncode == 2
    assert name in done.stderr


def test_a_font_that_cannot_be_drawn_with_stops_the_start(run, tmp_path):
    font = tmp_path / "font.ttf"
    font.write_bytes(b"no font")
    done = run("doctor", API_FONT_PATH=str(font))
    assert done.returncode == 2
    assert "API_FONT_PATH" in done.stderr
