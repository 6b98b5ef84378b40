"""Photos stay in memory: nothing of them reaches a log or the disk."""

import logging
import sys
import tempfile

import numpy as np
import pytest

from inference_api.vision.images import encode

# More than 1 MB: forms of this size are usually spilled to the disk.
LARGE = np.random.default_rng(0).integers(0, 256, (700, 700, 3), np.uint8)


@pytest.fixture
def opened_for_writing():
    """Every file that the process opens to write, by path or number, for as long as it lasts."""
    paths: list[object] = []
    watching = [True]

    def watch(event: str, arguments: tuple) -> None:
        if watching and event == "open" and set("wax+") & set(arguments[1] or ""):
            paths.append(arguments[0])

    sys.addaudithook(watch)
    yield paths
    watching.clear()


@pytest.fixture(scope="module")
def bodies():
    png = encode(LARGE, image_format="PNG")
    return {
        "fine": png,
        "cut short": png[:-5000],
        "no photo": LARGE.tobytes(),
    }


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/annotate"])
@pytest.mark.parametrize("name", ["fine", "cut short", "no photo"])
def test_no_photo_is_written_to_the_disk(client, opened_for_writing, bodies, path, name):
    client.post(path, files={"photo": (f"{name}.png", bodies[name])})
    client.post(path, content=bodies[name], headers={"content-type": "image/png"})
    assert opened_for_writing == []


def test_the_watch_sees_what_is_written(opened_for_writing):
    """The test above can fail: a spilled form would be seen."""
    with tempfile.SpooledTemporaryFile(max_size=10) as file:
        file.write(b"more than ten bytes")
    assert len(opened_for_writing) == 1


@pytest.mark.parametrize("name", ["fine", "cut short", "no photo"])
def test_no_photo_is_logged(client, caplog, bodies, name):
    data = bodies[name]
    with caplog.at_level(logging.DEBUG):
        client.post("/v1/annotate", files={"photo": ("private-name.png", data)})
    service = [record for record in caplog.records if not record.name.startswith("http")]
    text = "\n".join(record.getMessage() for record in service)
    assert "private-name" not in text
    for start in range(0, len(data), len(data) // 50):
        piece = data[start : start + 12]
        assert repr(piece)[2:-1] not in text
        assert piece.hex() not in text
