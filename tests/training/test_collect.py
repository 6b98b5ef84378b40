"""Photos from a camera; a drawn video stands in for it."""

import cv2
import numpy as np
import pytest

from inference_api.vision.images import decode
from training.collect import main

FPS = 10
REDS = list(range(20, 240, 11))  # of the frames, in their order: 2 seconds


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "me.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), FPS, (64, 48))
    for red in REDS:
        frame_bgr = np.zeros((48, 64, 3), np.uint8)
        frame_bgr[..., 2] = red
        writer.write(frame_bgr)
    writer.release()
    return path


def take(video, folder, **options):
    arguments = [f"--{name}={value}" for name, value in options.items()]
    return main([f"--camera={video}", f"--out={folder}", *arguments])


def reds(folder):
    return sorted(round(decode(path.read_bytes())[..., 0].mean()) for path in folder.iterdir())


@pytest.mark.parametrize(
    ("count", "interval", "frames"),
    [(1, 0, [0]), (3, 0, [0, 1, 2]), (99, 0.5, [0, 5, 10, 15]), (2, 1, [0, 10])],
)
def test_a_frame_is_kept_at_every_interval_in_its_colors(tmp_path, video, count, interval, frames):
    assert take(video, tmp_path / "me", count=count, interval=interval) == 0

    assert reds(tmp_path / "me") == pytest.approx([REDS[frame] for frame in frames], abs=3)


def raw_h264(levels) -> bytes:
    """A stream without a container, so without times: a frame of one grey for each level.

    128 x 96 pixels in 48 blocks that are not compressed (I_PCM); 25 frames a second is what a
    decoder takes for granted.
    """
    start = b"\0\0\0\1"
    stream = start + bytes.fromhex("6742000af841a2") + start + bytes.fromhex("68ce3880")
    for level in levels:
        block = bytes([level]) * 256 + bytes([128]) * 128
        stream += start + bytes.fromhex("05888421a0") + b"\x0d\0".join([block] * 48) + b"\x80"
    return stream


def test_a_stream_that_tells_no_time_is_counted_by_its_frames(tmp_path):
    """Of four seconds."""
    (tmp_path / "raw.h264").write_bytes(raw_h264(range(20, 220, 2)))
    assert take(tmp_path / "raw.h264", tmp_path / "me", interval=1) == 0

    greys = reds(tmp_path / "me")
    frames = [round((grey - greys[0]) / (255 / 219) / 2) for grey in greys]
    assert frames == pytest.approx([0, 25, 50, 75], abs=1)


def test_another_session_adds_to_the_folder(tmp_path, video):
    take(video, tmp_path, count=2)
    take(video, tmp_path, count=2)

    assert len(list(tmp_path.glob("*.jpg"))) == 4


def test_the_command_to_annotate_is_said(tmp_path, video, capsys):
    take(video, tmp_path / "me", count=1)

    assert f"uvx labelme {tmp_path / 'me'}" in capsys.readouterr().out


@pytest.mark.parametrize("camera", ["absent.mp4", "97"])
def test_no_camera_is_one_clear_sentence_and_no_folder(tmp_path, camera, capfd):
    assert take(camera, tmp_path / "me") == 1

    assert f"cannot open {'camera ' * camera.isdigit()}{camera}" in capfd.readouterr().err
    assert not (tmp_path / "me").exists()


@pytest.mark.parametrize("wrong", [{"count": 0}, {"interval": -1}])
def test_a_count_or_an_interval_that_makes_no_sense_is_a_usage_error(tmp_path, video, wrong):
    with pytest.raises(SystemExit) as exit_:
        take(video, tmp_path, **wrong)

    assert exit_.value.code == 2
