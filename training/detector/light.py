"""Bad light, bad cameras and bad compression, as strangers' photos have them."""

import math

import cv2
import numpy as np

from inference_api.vision.letterbox import Image

NOISE_SIDE = 512  # pixels; pictures are no larger


class Light:
    """Bad light, bad cameras, bad compression: each for a share of the pictures."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self._noise = rng.normal(0, 16, (NOISE_SIDE, NOISE_SIDE, 3)).astype(np.int16)

    def __call__(self, rng: np.random.Generator, picture: Image) -> Image:
        """Another picture of the same shape, uint8 RGB."""
        picture = self._curve(rng, picture)
        chance = rng.random(7)
        if chance[0] < 0.12:
            picture = self._backlight(rng, picture)
        if chance[1] < 0.3:
            picture = _saturation(rng, picture, grey=chance[1] < 0.08)
        if chance[2] < 0.15:
            picture = _coarse(rng, picture)
        if chance[3] < 0.15:
            picture = _blurred(rng, picture)
        if chance[4] < 0.2:
            picture = self._noisy(rng, picture)
        if chance[5] < 0.25:
            quality = int(rng.integers(12, 80))
            _, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
            picture = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)
        return picture

    def _curve(self, rng: np.random.Generator, picture: Image) -> Image:
        """Gamma, contrast, brightness and a color cast, in one table a channel."""
        if rng.random() < 0.2:
            return picture
        levels = np.arange(256, dtype=np.float64) / 255
        mostly = rng.random() < 0.75
        gamma = math.exp(rng.normal(0, 0.3) if mostly else rng.uniform(-0.8, 1.2))
        contrast, bright = math.exp(rng.normal(0, 0.18)), rng.normal(0, 0.08)
        cast = np.exp(rng.normal(0, 0.06, 3))
        curves = ((levels**gamma)[:, None] * cast - 0.5) * contrast + 0.5 + bright
        table = np.clip(curves * 255, 0, 255).astype(np.uint8)[None]
        return np.asarray(cv2.LUT(picture, table), np.uint8)

    def _backlight(self, rng: np.random.Generator, picture: Image) -> Image:
        """Darker towards one side, or in the middle."""
        height, width = picture.shape[:2]
        y, x = np.mgrid[-1:1:9j, -1:1:9j].astype(np.float32)
        way = rng.uniform(0, 2 * math.pi)
        ramp = x * math.cos(way) + y * math.sin(way) if rng.random() < 0.6 else x * x + y * y - 0.7
        gain = np.clip(0.75 + rng.uniform(0.3, 0.7) * ramp, 0.12, 1.3).astype(np.float32)
        each = np.asarray(cv2.resize(gain, (width, height)))[..., None]
        return np.asarray(np.clip(picture * each, 0, 255), np.uint8)

    def _noisy(self, rng: np.random.Generator, picture: Image) -> Image:
        height, width = picture.shape[:2]
        y, x = (int(v) for v in rng.integers(0, [NOISE_SIDE - height + 1, NOISE_SIDE - width + 1]))
        noise = self._noise[y : y + height, x : x + width]
        strength = rng.uniform(0.15, 1.6)
        scaled = (noise * np.float32(strength)).astype(np.int16)
        return np.asarray(cv2.add(picture, scaled, dtype=cv2.CV_8U), np.uint8)


def _saturation(rng: np.random.Generator, picture: Image, *, grey: bool) -> Image:
    keep = 0.0 if grey else rng.uniform(0.2, 1.5)
    matrix = keep * np.eye(3) + (1 - keep) * np.array([[0.299, 0.587, 0.114]] * 3)
    return np.asarray(cv2.transform(picture, matrix), np.uint8)


def _coarse(rng: np.random.Generator, picture: Image) -> Image:
    height, width = picture.shape[:2]
    share = rng.uniform(0.35, 0.8)
    small = cv2.resize(
        picture, (int(width * share), int(height * share)), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _blurred(rng: np.random.Generator, picture: Image) -> Image:
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 2.0)), np.uint8)
    length = int(rng.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    way = rng.uniform(0, math.pi)
    middle, reach = (length - 1) / 2, length / 2
    x, y = reach * math.cos(way), reach * math.sin(way)
    cv2.line(
        kernel, (round(middle - x), round(middle - y)), (round(middle + x), round(middle + y)), 1.0
    )
    return np.asarray(cv2.filter2D(picture, -1, kernel / max(1.0, kernel.sum())), np.uint8)
