"""The same faces seen several times, and seen badly: what heads are fitted on."""

from collections.abc import Callable, Iterator, Mapping

import cv2
import keras
import numpy as np

from inference_api.vision.boxes import Box, Boxes
from inference_api.vision.letterbox import GREY, Image, crop_square
from training.classifier.augment import CropSampler
from training.dataset.draws import Floats

BATCH_SIZE = 64


def served(crops: Image, windows: Boxes, *, size: int) -> Iterator[Image]:
    """What the service would crop of each stored training crop (S, S, 3)."""
    for crop, window in zip(crops, windows * crops.shape[1], strict=True):
        yield crop_square(crop, Box(*window.tolist()), margin=0, size=size)


def changed(
    crops: Image, windows: Boxes, *, size: int, count: int, seed: int
) -> Iterator[list[Image]]:
    """`count` augmented views of each stored training crop."""
    sampler = CropSampler(crops, windows, size=size)
    for row in range(len(crops)):
        rng = np.random.default_rng((seed, row))
        yield [sampler.sample(rng, row) for _ in range(count)]


def seen(extractor: keras.Model, views: Iterator[list[Image]]) -> Floats:
    """The features (N, V, D) of V views of each of N faces."""
    features = []
    for batch in _batches(views):
        flat = np.array(batch).reshape(-1, *batch[0][0].shape)
        found = extractor.predict_on_batch({"image": flat})
        features.append(np.asarray(found).reshape(len(batch), len(batch[0]), -1))
    return np.concatenate(features)


def _batches(views: Iterator[list[Image]]) -> Iterator[list[list[Image]]]:
    batch: list[list[Image]] = []
    for each in views:
        batch.append(each)
        if len(batch) * len(each) >= BATCH_SIZE:
            yield batch
            batch = []
    if batch:
        yield batch


def spoiled(image: Image, rng: np.random.Generator) -> list[Image]:
    """A face crop (S, S, 3) covered, blurred, too small, turned, cut off and dark, in that order.

    One of each kind of SPOILERS, by random amounts that leave little to judge.
    """
    return [spoil(image.copy(), rng) for spoil in SPOILERS.values()]


def _cover(image: Image, rng: np.random.Generator, *, top: float, bottom: float) -> Image:
    side = len(image)
    color = rng.integers(0, 256, 3)
    image[round(top * side) : round(bottom * side)] = color
    return image


def _masked(image: Image, rng: np.random.Generator) -> Image:
    return _cover(image, rng, top=rng.uniform(0.48, 0.58), bottom=1)


def _blindfolded(image: Image, rng: np.random.Generator) -> Image:
    return _cover(image, rng, top=rng.uniform(0.15, 0.25), bottom=rng.uniform(0.5, 0.6))


def _half_hidden(image: Image, rng: np.random.Generator) -> Image:
    turned = np.ascontiguousarray(image.transpose(1, 0, 2))
    covered = _cover(turned, rng, top=rng.uniform(0.45, 0.55), bottom=1).transpose(1, 0, 2)
    return covered if rng.random() < 0.5 else covered[:, ::-1]


def _blurred(image: Image, rng: np.random.Generator) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), len(image) * rng.uniform(0.035, 0.08)))


def _tiny(image: Image, rng: np.random.Generator) -> Image:
    small = cv2.resize(image, [int(rng.integers(12, 27))] * 2, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, image.shape[:2], interpolation=cv2.INTER_LINEAR))


def _turned(image: Image, rng: np.random.Generator) -> Image:
    degrees = rng.choice([-1, 1]) * rng.uniform(40, 180)
    return _moved(image, degrees=degrees, shift=(0, 0))


def _cut_off(image: Image, rng: np.random.Generator) -> Image:
    angle = rng.uniform(0, 2 * np.pi)
    return _moved(image, degrees=0, shift=(0.45 * np.cos(angle), 0.45 * np.sin(angle)))


def _moved(image: Image, *, degrees: float, shift: tuple[float, float]) -> Image:
    """Turned about the middle, then shifted by a fraction of the side."""
    side = len(image)
    matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), degrees, 1)
    matrix[:, 2] += np.multiply(shift, side)
    return np.asarray(cv2.warpAffine(image, matrix, (side, side), borderValue=GREY))


def _dark(image: Image, rng: np.random.Generator) -> Image:
    return (image * rng.uniform(0.04, 0.12)).astype(np.uint8)


SPOILERS: Mapping[str, Callable[[Image, np.random.Generator], Image]] = {
    "lower half covered": _masked,
    "eyes covered": _blindfolded,
    "one side covered": _half_hidden,
    "blurred": _blurred,
    "12–26 pixels": _tiny,
    "turned by 40–180°": _turned,
    "cut off": _cut_off,
    "dark": _dark,
}
"""What can be wrong with a face, in words, and how it is drawn."""
