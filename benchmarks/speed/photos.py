"""Photos to send: the test photos, made as large as cameras make them."""

import cv2
import numpy as np

from benchmarks import ROOT
from inference_api.vision.images import EncodedFormat, decode, encode
from inference_api.vision.letterbox import Image

SOURCES = ROOT / "tests" / "photos"
GRAIN = 4  # grey levels; without it an enlarged photo is a smaller file than a camera's


def photos_of(side: int, *, image_format: EncodedFormat = "JPEG") -> list[bytes]:
    """The test photos as files in portrait format, 3:4, `side` pixels high; always the same."""
    return [
        encode(_enlarge(decode(path.read_bytes()), side), image_format=image_format)
        for path in sorted(SOURCES.glob("*.jpg"))
    ]


def _enlarge(image: Image, side: int) -> Image:
    height, width = image.shape[:2]
    margin = (width - height * 3 // 4) // 2  # the sources are square, their faces in the middle
    portrait = image[:, margin : width - margin]
    enlarged = cv2.resize(portrait, (side * 3 // 4, side), interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(seed=0).normal(scale=GRAIN, size=enlarged.shape[:2])
    return np.asarray(np.clip(enlarged + grain[..., None], 0, 255), np.uint8)
