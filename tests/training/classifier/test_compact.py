"""The compact classifier: what it costs, what it starts from, what training may change."""

import struct

import keras
import numpy as np
import pytest

from tests.training.arithmetic import multiplications
from training.classifier.compact import build_compact_classifier
from training.classifier.dlib_weights import STAGE_BLOCKS, read_dlib_weights
from training.fitting.backbones import load_backbone

CHANNELS = (32, 64, 128, 256, 256)  # of dlib's stages


def integer(value):
    """As dlib writes it: a byte with the sign and the number of bytes, then those bytes."""
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def tensor(values, *, version=2):
    header = b"".join(map(integer, (version, values.size, 1, 1, 1)))
    return header + struct.pack(f"<{values.size}f", *values.ravel().tolist())


@pytest.fixture(scope="module")
def convolutions():
    """(kernel (out, in, H, W), bias, gamma, beta) of each convolution of a network like dlib's."""
    rng = np.random.default_rng(0)
    shapes = [(32, 3, 7)]
    for width, before, blocks in zip(CHANNELS, (32, *CHANNELS), STAGE_BLOCKS, strict=False):
        shapes += [(width, before, 3), *[(width, width, 3)] * (2 * blocks - 1)]
    return [
        tuple(
            rng.normal(0, 0.05, shape).astype(np.float32)
            for shape in ((out, inputs, side, side), (out,), (out,), (out,))
        )
        for out, inputs, side in shapes
    ]


@pytest.fixture(scope="module")
def path(convolutions, tmp_path_factory):
    path = tmp_path_factory.mktemp("dlib") / "network.dat"
    path.write_bytes(
        b"".join(
            b"\1\5con_4" + tensor(np.concatenate([kernel.ravel(), bias])) + integer(-3)
            + b"\1\7affine_" + tensor(np.concatenate([gamma, beta]))
            for kernel, bias, gamma, beta in convolutions
        )
        + b"\1\4fc_2"
    )  # fmt: skip
    return path


def test_it_stays_within_its_budget():
    model = build_compact_classifier()

    assert 2 * multiplications(model) <= 0.5e9
    assert model.count_params() <= 3_000_000


def test_pixels_go_in_and_a_probability_comes_out():
    model = build_compact_classifier()

    assert model.input["image"].dtype == "uint8"
    assert model.input["image"].shape == (None, 150, 150, 3)
    assert {name: output.shape for name, output in model.output.items()} == {
        "probability": (None, 1)
    }
    said = model.predict({"image": np.zeros((2, 150, 150, 3), np.uint8)}, verbose=0)
    assert said["probability"].tolist() == [[0.5], [0.5]]  # it knows nothing yet


def test_every_convolution_starts_from_the_one_of_its_name(path, convolutions):
    model = build_compact_classifier(size=96)

    filled = load_backbone(model, str(path))

    kept = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert filled == kept
    kernel, bias, gamma, beta = convolutions[1 + 2 * sum(STAGE_BLOCKS[:2])]
    found_kernel, found_bias = model.get_layer("stage3_block1_conv1").get_weights()
    np.testing.assert_allclose(found_bias, bias * gamma + beta, rtol=1e-6)
    np.testing.assert_allclose(found_kernel[1, 2, 5, 7], kernel[7, 5, 1, 2] * gamma[7], rtol=1e-6)


def test_a_normalization_is_folded_into_its_convolution(path, convolutions):
    """Against Keras' own convolution and the normalization as dlib applies it."""
    kernel, bias, gamma, beta = convolutions[0]
    image = np.random.default_rng(1).normal(size=(1, 9, 9, 3)).astype(np.float32)

    folded, offset = read_dlib_weights(path)["stem"]

    plain = np.asarray(keras.ops.conv(image, kernel.transpose(2, 3, 1, 0))) + bias
    found = np.asarray(keras.ops.conv(image, folded)) + offset
    np.testing.assert_allclose(found, plain * gamma + beta, atol=1e-5)


def test_another_network_is_refused(tmp_path, convolutions):
    kernel, bias, *_ = convolutions[1]
    (tmp_path / "small.dat").write_bytes(b"con_4" + tensor(np.concatenate([kernel.ravel(), bias])))

    with pytest.raises(ValueError, match=r"small\.dat"):
        read_dlib_weights(tmp_path / "small.dat")


def test_another_version_of_the_format_is_refused(tmp_path):
    (tmp_path / "new.dat").write_bytes(b"con_4" + tensor(np.ones(3, np.float32), version=3))

    with pytest.raises(ValueError, match="version 3"):
        read_dlib_weights(tmp_path / "new.dat")


def test_it_says_what_the_panel_would_whose_photos_these_are_like():
    """Against the same arithmetic in NumPy."""
    model = build_compact_classifier(size=96, panels=3, in_training=True, dropout=0.5)
    rng = np.random.default_rng(0)
    kernel, bias = model.get_layer("opinions").get_weights()
    model.get_layer("opinions").set_weights([rng.normal(size=kernel.shape), bias])
    photos = rng.integers(0, 256, (4, 96, 96, 3), np.uint8)

    said = model.predict({"image": photos}, verbose=0)

    np.testing.assert_allclose(said["panel"].sum(axis=1), 1, rtol=1e-5)
    logits = (said["panel"] * said["opinions"]).sum(axis=1, keepdims=True)
    assert np.ptp(logits) > 0.01
    np.testing.assert_allclose(said["probability"], 1 / (1 + np.exp(-logits)), rtol=1e-5)


def test_frozen_stages_are_not_trained():
    model = build_compact_classifier(size=96, frozen_stages=2)

    names = {layer.name for layer in model.layers if layer.trainable_weights}
    assert "stage3_block1_conv1" in names
    assert not [name for name in names if name.startswith(("stem", "stage1", "stage2"))]
