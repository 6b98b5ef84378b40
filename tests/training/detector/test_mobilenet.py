"""The trunk against the same network written down again with TensorFlow's own operations."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from training.detector.mobilenet import FROZEN, MEAN_RGB, STD_RGB, trunk
from training.detector.mobilenet_weights import load_trunk

# torchvision's table for width 1: expansion, channels, blocks, stride of the first.
BLOCKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1)]


class Oracle:
    """Random weights under torchvision's names, made as they are met, and what they compute."""

    def __init__(self):
        self.rng = np.random.default_rng(0)
        self.weights = {}

    def convolution(self, x, width, kernel, stride, names, *, groups=1, active=True):
        conv, norm = names
        channels = x.shape[-1]
        shape = (width, channels // groups, kernel, kernel)
        weight = self.rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape).astype(np.float32)
        gamma, beta = self.rng.uniform(0.5, 1.5, width), self.rng.normal(0, 0.1, width)
        mean, variance = self.rng.normal(0, 0.1, width), self.rng.uniform(0.5, 1.5, width)
        values = (weight, gamma, beta, mean, variance)
        fields = [f"{conv}.weight", *(f"{norm}.{part}" for part in
                  ("weight", "bias", "running_mean", "running_var"))]  # fmt: skip
        self.weights |= {k: np.float32(v) for k, v in zip(fields, values, strict=True)}
        pad = kernel // 2
        x = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
        parts = [
            tf.nn.conv2d(x[..., :, g::groups] if groups > 1 else x,
                         weight[g::groups].transpose(2, 3, 1, 0), stride, "VALID").numpy()
            for g in range(groups)
        ]  # fmt: skip
        y = np.concatenate(parts, axis=-1)
        y = (y - mean) / np.sqrt(variance + 1e-5) * gamma + beta
        return np.float32(y.clip(0, 6) if active else y)

    def features(self, image):
        x = np.float32((image / 255 - np.array(MEAN_RGB)) / np.array(STD_RGB))
        x = self.convolution(x, 32, 3, 2, ("features.0.0", "features.0.1"))
        number, eight = 1, None
        for expansion, width, blocks, first in BLOCKS:
            for block in range(blocks):
                stride, y, name, at = (1 if block else first), x, f"features.{number}.conv", 0
                if expansion > 1:
                    names = f"{name}.0.0", f"{name}.0.1"
                    y, at = self.convolution(y, 6 * x.shape[-1], 1, 1, names), 1
                eight = y if number == 7 else eight
                wide, names = y.shape[-1], (f"{name}.{at}.0", f"{name}.{at}.1")
                y = self.convolution(y, wide, 3, stride, names, groups=wide)
                names = f"{name}.{at + 1}", f"{name}.{at + 2}"
                y = self.convolution(y, width, 1, 1, names, active=False)
                x = x + y if stride == 1 and x.shape[-1] == width else y
                number += 1
        return eight, x


@pytest.fixture(scope="module")
def model():
    image = keras.Input((32, 32, 3), dtype="uint8")
    return keras.Model(image, trunk(image))


def test_the_trunk_computes_what_torchvisions_does(model):
    image = np.random.default_rng(1).integers(0, 256, (1, 32, 32, 3), np.uint8)
    oracle = Oracle()
    expected = oracle.features(image)
    load_trunk(model, oracle.weights)

    for found, wanted in zip(model.predict_on_batch(image), expected, strict=True):
        assert found.shape == wanted.shape
        assert np.ptp(wanted) > 1
        np.testing.assert_allclose(found, wanted, atol=1e-3 * np.abs(wanted).max())


def test_what_is_frozen_ends_at_a_stride_of_8(model):
    frozen = [layer for layer in model.layers if layer.name.startswith(FROZEN)]

    assert {layer.name.split("_")[0] for layer in frozen} == {
        "stem1", *(f"features{number}" for number in range(1, 7)),
    }  # fmt: skip
    assert frozen[-1].output.shape[1:] == (4, 4, 32)
