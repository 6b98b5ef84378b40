"""Photos and labels that tests make up."""

import json
from pathlib import Path

import cv2
import numpy as np

from inference_api.vision.images import encode


def write_image(path: Path, image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(image, image_format="JPEG"))
    return path


def scene(seed: int, *, size_wh=(64, 48)):
    """A smooth colored picture that resembles no other seed's."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return cv2.resize(coarse, size_wh, interpolation=cv2.INTER_CUBIC)


def labelme(*boxes, **extra) -> str:
    """labelme's JSON with a rectangle for each box."""
    shapes = [
        {"label": "face", "shape_type": "rectangle", "points": [list(box[:2]), list(box[2:])]}
        for box in boxes
    ]
    return json.dumps({"version": "5.8.3", "shapes": shapes, **extra})
