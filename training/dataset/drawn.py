"""A small data set that needs no people: cartoon faces on colored grounds.

How cheerful a face is drawn, from grey with a drooping mouth to rosy with a smile, is what its
rating repeats, so that there is something to learn. Each layout that
`training.dataset.sources` reads is written once.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from inference_api.vision.images import encode
from inference_api.vision.letterbox import Image

GLOOMY_RGB, CHEERFUL_RGB = np.array((110, 125, 140)), np.array((250, 195, 150))
SUBJECTS = 30  # drawn twice each in the rated photos


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn photo, uint8 RGB (H, W, 3), its face's xyxy box in pixels, and its cheer, 0–1."""

    image: Image
    box_xyxy: tuple[int, int, int, int]
    cheer: float


def write_dataset(out: Path, *, seed: int) -> None:
    """Draw `faces` (labelme), `sorted` (class folders), `rated` (index) and `grounds` (no face)."""
    rng = np.random.default_rng(seed)
    for number in range(40):
        _write_labelme(out / "faces" / f"{number:03}.jpg", draw_face(rng))
    for number in range(40):
        drawing = draw_face(rng)
        category = "Sexy" if drawing.cheer > 0.5 else "Ugly"
        _write_labelme(out / "sorted" / category / f"{number:03}.jpg", drawing)
    _write_index(out / "rated", [draw_face(rng) for _ in range(2 * SUBJECTS)])
    for number in range(40):
        _write_photo(out / "grounds" / f"{number:03}.jpg", draw_ground(rng))


def draw_ground(rng: np.random.Generator) -> Image:
    """A cloudy picture without a face, uint8 RGB, 96 to 224 pixels on each side."""
    width, height = (int(side) for side in rng.integers(96, 225, 2))
    clouds = rng.integers(0, 256, (6, 6, 3), np.uint8)
    return np.asarray(cv2.resize(clouds, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def draw_face(rng: np.random.Generator) -> Drawing:
    """A face of 40 to 80 % of the shorter side, somewhere on a ground."""
    image, cheer = draw_ground(rng), float(rng.uniform())
    height, width = image.shape[:2]
    half_h = int(min(width, height) * rng.uniform(0.2, 0.4))
    half_w = int(0.8 * half_h)
    x = int(rng.integers(half_w, width - half_w + 1))
    y = int(rng.integers(half_h, height - half_h + 1))
    skin = GLOOMY_RGB + cheer * (CHEERFUL_RGB - GLOOMY_RGB)
    cv2.ellipse(image, (x, y), (half_w, half_h), 0, 0, 360, skin.tolist(), -1, cv2.LINE_AA)
    for side in (-1, 1):
        eye = x + side * half_w // 2, y - half_h // 4
        cv2.circle(image, eye, max(1, half_w // 8), (30, 30, 40), -1, cv2.LINE_AA)
    bend = round((2 * cheer - 1) * half_h / 4)  # the corners of the mouth: up or down
    mouth = [(x - half_w // 2, -bend), (x, bend), (x + half_w // 2, -bend)]
    points = np.array([(px, y + half_h // 2 + dy) for px, dy in mouth], np.int32)
    cv2.polylines(image, [points], False, (150, 40, 50), max(1, half_h // 12), cv2.LINE_AA)
    return Drawing(image, (x - half_w, y - half_h, x + half_w, y + half_h), cheer)


def _write_photo(path: Path, image: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(image, image_format="JPEG"))


def _write_labelme(path: Path, drawing: Drawing) -> None:
    """The photo, and beside it what labelme saves when a rectangle was drawn."""
    _write_photo(path, drawing.image)
    left, top, right, bottom = drawing.box_xyxy
    height, width = drawing.image.shape[:2]
    shape = {"label": "face", "points": [[left, top], [right, bottom]], "shape_type": "rectangle"}
    annotation = {
        "version": "5.8.3", "flags": {}, "shapes": [shape], "imagePath": path.name,
        "imageData": None, "imageHeight": height, "imageWidth": width,
    }  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(annotation, indent=2), encoding="utf-8")


def _write_index(folder: Path, drawings: list[Drawing]) -> None:
    rows = []
    for number, drawing in enumerate(drawings):
        name, subject = f"images/{number:03}.jpg", number % SUBJECTS
        _write_photo(folder / name, drawing.image)
        rows.append({
            "image": name, "boxes_xyxy": [drawing.box_xyxy], "fold": subject % 5,
            "score": 1 + 4 * drawing.cheer, "group": {"subject": f"drawn-{subject}"},
            "licence": "CC0",
        })  # fmt: skip
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "index.jsonl").write_text(text, encoding="utf-8")
