"""Artifacts as .tflite files say what the SavedModels say, as far as their numbers allow."""

import re

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tests.training.release.test_saved_model import small_weights
from training.classifier.original import build_classifier
from training.detector.network import build_detector
from training.localizer.network import NARROW_CHANNELS, build_localizer
from training.release.lite import LiteFunction, convert
from training.release.saved_model import SignatureFunction, save_half_precision

TOLERANCE = {"float16": 2e-3, "int8": 0.06}
SIZES = {"float16": 2, "int8": 1}  # bytes a weight

# Calibration does what this warns of.
pytestmark = pytest.mark.filterwarnings("ignore:.*experimental_preserve_all_tensors")


def noise(count, *, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 120, 120, 3), np.uint8)


@pytest.fixture(params=["localizer", "classifier"], scope="module")
def artifact(request, tmp_path_factory):
    build = {"localizer": lambda: build_localizer(channels=NARROW_CHANNELS),
             "classifier": build_classifier}  # fmt: skip
    folder = tmp_path_factory.mktemp("artifact")
    model = small_weights(build[request.param](), np.random.default_rng(0))
    save_half_precision(model, folder)
    return folder, model.count_params()


@pytest.mark.parametrize(
    ("number_format", "calibrating"), [("float16", 0), ("int8", 4), ("int8", 0)]
)
def test_a_file_says_what_the_savedmodel_says(artifact, number_format, calibrating):
    folder, weights = artifact
    content = convert(folder, number_format, calibration=noise(calibrating))
    assert len(content) < SIZES[number_format] * weights * 1.1 + 100_000
    lite, saved = LiteFunction(content), SignatureFunction(folder)
    for count in (3, 1, 9):  # more and fewer than before
        images = noise(count, seed=count)
        said, expected = lite(images), saved(images)
        assert said.keys() == expected.keys()
        for name, values in said.items():
            assert (values.shape, values.dtype) == (expected[name].shape, np.float32)
            np.testing.assert_allclose(values, expected[name], atol=TOLERANCE[number_format])
            assert 0.001 < values.mean() < 0.999  # else agreement would mean nothing


def test_what_would_lose_time_in_8_bits_stays_in_float32(tmp_path):
    save_half_precision(build_detector(size=64, normalized=False), tmp_path)
    content = convert(tmp_path, "int8", calibration=noise(0))
    kernels = {
        tensor["name"]: tensor["dtype"]
        for tensor in Interpreter(model_content=content).get_tensor_details()
        if re.fullmatch(r"\w+/(convolution|depthwise)", tensor["name"])  # not what comes out
    }
    slow = {name for name in kernels if "stem" in name or "depthwise" in name}
    assert 1 < len(slow) < len(kernels) / 2
    assert {kernels[name] for name in slow} == {np.float32}
    assert {kernels[name] for name in kernels.keys() - slow} == {np.int8}
