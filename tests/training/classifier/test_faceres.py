"""The face network: read from its file, and rebuilt so that it says what the original says."""

import json
import os
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.signal import correlate

from inference_api.vision.boxes import Box
from inference_api.vision.images import decode
from inference_api.vision.letterbox import crop_square
from training.classifier.compact import (
    BLOCK_CHANNELS,
    FEATURES,
    STEM_CHANNELS,
    build_compact_classifier,
    fill_convolutions,
)
from training.classifier.faceres import read_faceres

PHOTOS = Path(__file__).parents[2] / "photos"
MEAN_BGR = np.array([103.9, 116.8, 123.7])
# TensorFlow.js 4.22 running the original graph on this crop: the first six averages of the last
# map, the first three of the eleventh block's, and the sums of both.
CROP = ("london_smiling_034_08.jpg", (150.3, 150.0, 298.2, 347.6))
LAST, ELEVENTH = [0.0, 0.18028, 0.0, 0.62835, 0.0, 0.19209], [0.07151, 0.29374, 0.18405]
SUMS = 367.91092, 287.15408


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A file of the original's layout with random weights, in two parts; the weights by name."""
    rng, weights, inputs = np.random.default_rng(0), {}, STEM_CHANNELS

    def add(name, shape, scale=1.0):
        weights[name] = (scale * rng.normal(0, 1, shape)).astype(np.float32)

    add("age_pred/kernel", (4, 3))
    add("conv1/convolution/merged_input", (3, 3, 3, inputs), 0.002)
    add("conv1_bn/batchnorm_1/sub", (inputs,))
    for block, channels in enumerate(BLOCK_CHANNELS, start=1):
        add(f"conv_dw_{block}/depthwise_kernel", (3, 3, inputs, 1), 0.3)
        add(f"conv_dw_{block}_bn/batchnorm_1/mul", (inputs,))
        add(f"conv_dw_{block}_bn/batchnorm_1/sub", (inputs,))
        add(f"conv_pw_{block}/convolution/merged_input", (1, 1, inputs, channels), inputs**-0.5)
        add(f"conv_pw_{block}_bn/batchnorm_1/sub", (channels,))
        inputs = channels
    weights["indices"] = np.array([1, 2], np.int32)
    folder = tmp_path_factory.mktemp("faceres")
    data = b"".join(each.tobytes() for each in weights.values())
    (folder / "one.bin").write_bytes(data[:1000])
    (folder / "two.bin").write_bytes(data[1000:])
    listed = [
        {"name": name, "shape": [*each.shape], "dtype": each.dtype.name}
        for name, each in weights.items()
    ]
    manifest = [{"paths": ["one.bin", "two.bin"], "weights": listed}]
    path = folder / "model.json"
    path.write_text(json.dumps({"weightsManifest": manifest}), encoding="utf-8")
    return path, weights


def convolved(x, kernel, stride):
    """TensorFlow's `same` convolution of an even square (H, W, in), by SciPy."""
    before = 0 if stride == 2 else 1
    padded = np.pad(x, ((before, 1), (before, 1), (0, 0)))
    maps = [
        sum(correlate(padded[..., i], kernel[..., i, o], "valid") for i in range(x.shape[-1]))
        for o in range(kernel.shape[-1])
    ]
    return np.stack(maps, axis=-1)[::stride, ::stride]


def depthwise(x, kernel, stride):
    maps = [
        convolved(x[..., i : i + 1], kernel[:, :, i : i + 1], stride) for i in range(x.shape[-1])
    ]
    return np.concatenate(maps, axis=-1)


def test_the_first_blocks_compute_what_the_graph_says(drawn):
    """BGR less the mean, normalization as operations of its own, values cut at 0 and 6."""
    path, w = drawn
    model = build_compact_classifier(size=32)
    assert len(fill_convolutions(model, read_faceres(path))) == 1 + 2 * len(BLOCK_CHANNELS)
    image = np.random.default_rng(1).integers(0, 256, (32, 32, 3), np.uint8)

    x = image[:, :, ::-1] - MEAN_BGR
    x = convolved(x, w["conv1/convolution/merged_input"], 2) + w["conv1_bn/batchnorm_1/sub"]
    x = np.clip(x, 0, 6)
    for block, stride in ((1, 1), (2, 2)):
        name = f"conv_dw_{block}"
        x = depthwise(x, w[f"{name}/depthwise_kernel"], stride)
        x = np.clip(x * w[f"{name}_bn/batchnorm_1/mul"] + w[f"{name}_bn/batchnorm_1/sub"], 0, 6)
        name = f"conv_pw_{block}"
        x = x @ w[f"{name}/convolution/merged_input"][0, 0] + w[f"{name}_bn/batchnorm_1/sub"]
        x = np.clip(x, 0, 6)

    part = keras.Model(model.inputs, model.get_layer("conv_pw_2_relu").output)
    ours = np.asarray(part.predict({"image": image[None]}, verbose=0))[0]
    assert x.std() > 0.5
    np.testing.assert_allclose(ours, x, atol=1e-3)


def test_a_file_cut_short_is_refused(drawn, tmp_path):
    path, _ = drawn
    for name in ("one.bin", "model.json"):
        (tmp_path / name).write_bytes((path.parent / name).read_bytes())
    (tmp_path / "two.bin").write_bytes((path.parent / "two.bin").read_bytes()[:-4])
    with pytest.raises(ValueError, match=r"model\.json"):
        read_faceres(tmp_path / "model.json")


@pytest.mark.skipif("FACERES" not in os.environ, reason="FACERES=…/faceres-deep.json is not set")
def test_the_network_says_what_the_original_says():
    model = build_compact_classifier()
    fill_convolutions(model, read_faceres(Path(os.environ["FACERES"])))
    name, corners = CROP
    crop = crop_square(decode((PHOTOS / name).read_bytes()), Box(*corners), margin=0, size=160)
    extractor = keras.Model(model.inputs, model.get_layer(FEATURES).output)

    seen = np.asarray(extractor.predict({"image": crop[None]}, verbose=0))[0]

    np.testing.assert_allclose(seen[:6], LAST, atol=2e-5)
    np.testing.assert_allclose(seen[1024:1027], ELEVENTH, atol=2e-5)
    assert (seen[:1024].sum(), seen[1024:].sum()) == pytest.approx(SUMS, abs=2e-3)
