"""Take photos with a webcam, to annotate and train with.

    python -m training.collect --out photos/me --count 60 --interval 0.5
    python -m training.collect --out photos/me --camera holiday.mp4

`--camera` is the number of a camera or a video file, of which a frame is kept every `--interval`
seconds of its own time. Photos get names of their own, so another session adds to the folder.
Move around and change the light and the place: near copies of one scene stay in one split.
"""

import argparse
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import cv2
from tqdm import tqdm

from inference_api.vision.images import encode
from inference_api.vision.letterbox import Image

_USUAL_RATE, _MAX_RATE = 25, 1000  # frames a second: of a video that tells none or nonsense

parser = argparse.ArgumentParser(description="Take photos with a webcam.")
parser.add_argument("--out", type=Path, required=True, help="folder of the photos")
parser.add_argument("--count", type=int, default=60, help="photos to take")
parser.add_argument("--interval", type=float, default=0.5, help="seconds between two photos")
parser.add_argument("--camera", default="0", help="number of a camera, or a video file")


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the photos and say how to annotate them; 1 when there was nothing to take."""
    options = parser.parse_args(arguments)
    if options.count < 1 or options.interval < 0:
        parser.error("--count must be at least 1 and --interval at least 0")
    live = options.camera.isdigit()
    camera = cv2.VideoCapture(int(options.camera) if live else options.camera)
    if not camera.isOpened():
        what = f"camera {options.camera}" if live else f"{options.camera} as a video"
        print(f"cannot open {what}: is it there, free, and allowed to be used?", file=sys.stderr)
        return 1
    frames = _live_frames if live else _video_frames
    options.out.mkdir(parents=True, exist_ok=True)
    taken = 0
    try:
        photos = islice(frames(camera, options.interval), options.count)
        for image in tqdm(photos, total=options.count, unit="photo", desc="taking"):
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}.jpg"
            (options.out / name).write_bytes(encode(image, image_format="JPEG"))
            taken += 1
    except KeyboardInterrupt:
        print("stopped; the photos so far are kept")
    finally:
        camera.release()
    if not taken:
        print(f"{options.camera} gave no picture", file=sys.stderr)
        return 1
    print(f"{taken} photos in {options.out}. Draw a box around each face with labelme,")
    print(f"a tool in an environment of its own:  uvx labelme {options.out} --labels face")
    return 0


def _live_frames(camera: cv2.VideoCapture, interval_s: float) -> Iterator[Image]:
    """What the camera sees, one uint8 RGB picture every `interval_s`, until it ends."""
    due = time.monotonic()
    while camera.grab():  # all the time, or the driver's buffer would hand out old pictures
        if time.monotonic() >= due:
            due = time.monotonic() + interval_s
            seen, image_bgr = camera.retrieve()
            if seen:
                yield cv2.cvtColor(image_bgr, cv2.COLOR_BGR2RGB)  # type: ignore[misc]


def _video_frames(camera: cv2.VideoCapture, interval_s: float) -> Iterator[Image]:
    """One frame every `interval_s` of the video's own time, uint8 RGB, to its end.

    A raw stream tells no time: there a frame's number over the rate is its time.
    """
    rate = camera.get(cv2.CAP_PROP_FPS)
    rate = rate if 0 < rate <= _MAX_RATE else _USUAL_RATE
    due_ms, number = 0.0, 0
    while camera.grab():
        told_ms = camera.get(cv2.CAP_PROP_POS_MSEC)
        time_ms = told_ms if told_ms > 0 else 1000 * number / rate
        number += 1
        if time_ms >= due_ms:
            due_ms += 1000 * interval_s
            seen, image_bgr = camera.retrieve()
            if seen:
                yield cv2.cvtColor(image_bgr, cv2.COLOR_BGR2RGB)  # type: ignore[misc]


if __name__ == "__main__":
    sys.exit(main())
