"""SavedModels in half precision say what the Keras networks say."""

import numpy as np
import pytest
import tensorflow as tf

from inference_api.vision.released import SIGNATURE
from training.classifier.original import build_classifier
from training.localizer.network import NARROW_CHANNELS, build_localizer
from training.release.saved_model import SignatureFunction, save_half_precision

TOLERANCE = 1e-2


def small_weights(model, rng):
    """Weights that keep the outputs away from 0 and 1, where any two networks agree."""
    for layer in model.layers:
        weights = [rng.normal(0, 0.7 / np.sqrt(np.prod(w.shape[:-1]) or 1), w.shape)
                   for w in layer.get_weights()]  # fmt: skip
        layer.set_weights(weights)
    return model


@pytest.fixture(params=["localizer", "classifier"], scope="module")
def pair(request, tmp_path_factory):
    rng = np.random.default_rng(0)
    build = {"localizer": lambda: build_localizer(channels=NARROW_CHANNELS),
             "classifier": build_classifier}  # fmt: skip
    model = small_weights(build[request.param](), rng)
    folder = tmp_path_factory.mktemp("artifact")
    save_half_precision(model, folder)
    return model, folder


@pytest.mark.parametrize("count", [1, 3, 40])
def test_outputs_agree_with_keras(pair, count):
    model, folder = pair
    images = np.random.default_rng(count).integers(0, 256, (count, 120, 120, 3), np.uint8)
    said = SignatureFunction(folder)(images)
    expected = model.predict({"image": images}, verbose=0)
    assert said.keys() == expected.keys()
    for name, values in said.items():
        assert values.dtype == np.float32
        assert values.shape == expected[name].shape
        np.testing.assert_allclose(values, expected[name], atol=TOLERANCE)
        assert 0.001 < values.mean() < 0.999  # else agreement would mean nothing


def test_each_weight_is_stored_once_in_half_precision(pair):
    model, folder = pair
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size < 2 * model.count_params() * 1.05 + 200_000


def test_weights_are_single_precision_once_loaded(pair):
    _, folder = pair
    signature = tf.saved_model.load(str(folder)).signatures[SIGNATURE]
    convolutions = [op for op in _operations(signature.graph) if op.type in ("Conv2D", "MatMul")]
    assert convolutions
    assert {tensor.dtype for op in convolutions for tensor in op.inputs} == {tf.float32}


def _operations(graph):
    yield from graph.get_operations()
    for name in graph._functions:
        yield from graph._functions[name].graph.get_operations()
