"""Weights from elsewhere expect other colors: ours are fed RGB, VGG's learned from BGR."""

import keras
import numpy as np
import pytest

from training.fitting.backbones import load_backbone
from training.localizer.network import build_localizer

WIDTHS = (4, 4, 4, 4, 4)
RNG = np.random.default_rng(0)
KERNEL, BIAS = RNG.normal(size=(3, 3, 3, 4)).astype(np.float32), RNG.normal(size=4)
BGR_MEAN = (103.939, 116.779, 123.68)


def read_as_bgr(photo):
    """What VGG's first layer makes of a photo: BGR without the mean, by hand at one pixel."""
    bgr = photo[..., ::-1].astype(np.float32) - BGR_MEAN
    patch = bgr[4:7, 4:7]
    return np.maximum(np.einsum("hwc,hwco->o", patch, KERNEL) + BIAS, 0)


@pytest.fixture
def vgg_file(tmp_path):
    arrays = {"block1_conv1/kernel": KERNEL, "block1_conv1/bias": BIAS}
    np.savez(tmp_path / "vgg.npz", **arrays)
    return str(tmp_path / "vgg.npz")


@pytest.fixture
def imagenet(monkeypatch):
    """Keras' VGG16 as if it were downloaded: its first layer only."""
    vgg = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="block1_conv1")])
    vgg.layers[0].set_weights([KERNEL, BIAS])
    monkeypatch.setattr(keras.applications, "VGG16", lambda **_: vgg)
    return "imagenet"


@pytest.mark.parametrize("weights", ["vgg_file", "imagenet"])
def test_a_photo_is_seen_in_the_colors_that_the_weights_learned_from(weights, request):
    model = build_localizer(channels=WIDTHS)
    assert load_backbone(model, request.getfixturevalue(weights)) == ["block1_conv1"]
    photo = np.random.default_rng(1).integers(0, 256, (1, 120, 120, 3), np.uint8)
    first = keras.Model(model.input, model.get_layer("block1_conv1_relu").output)
    seen = keras.ops.convert_to_numpy(first({"image": photo}))[0, 5, 5]
    np.testing.assert_allclose(seen, read_as_bgr(photo[0]), rtol=1e-4, atol=1e-2)


def test_without_weights_nothing_is_filled():
    model = build_localizer(channels=WIDTHS)
    before = model.get_weights()
    assert load_backbone(model, "none") == []
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
