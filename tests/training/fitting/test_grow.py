"""Folding and widening change a network's shape, not its answers."""

import keras
import numpy as np
import pytest

from training.classifier.original import build_classifier
from training.detector.network import build_detector
from training.fitting.grow import fold_batch_normalization, widen
from training.localizer.network import build_localizer

NARROW, WIDE = (2, 2, 4, 4, 4), (4, 6, 8, 4, 12)
PHOTOS = np.random.default_rng(0).integers(0, 256, (4, 120, 120, 3), np.uint8)


def answers(model):
    said = model({"image": PHOTOS}, training=False)
    return {name: keras.ops.convert_to_numpy(value) for name, value in said.items()}


def excite(model, *, seed):
    """Weights as after a training: no normalization is the identity, no bias zero."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            width = layer.gamma.shape[0]
            layer.set_weights([
                rng.uniform(0.5, 1.5, width), rng.normal(0, 0.3, width),
                rng.normal(0, 0.3, width), rng.uniform(0.5, 2, width),
            ])  # fmt: skip
        elif layer.weights:
            kernel, *bias = layer.get_weights()
            deviation = (2 / np.prod(kernel.shape[:-1])) ** 0.5
            if layer.name in {"block1_conv1", "hidden"}:
                deviation /= 64  # pixels are that large: no answer shall be all yes or no
            layer.set_weights([
                rng.normal(0, deviation, kernel.shape),
                *(rng.normal(0, 0.3, each.shape) for each in bias),
            ])  # fmt: skip
    return model


def assert_same_answers(one, other):
    for name, value in answers(one).items():
        assert np.ptp(value) > 1e-3  # an answer that depends on the photo
        np.testing.assert_allclose(answers(other)[name], value, atol=1e-4)


@pytest.mark.parametrize("blocks", [(), (3, 4, 5), (1, 2, 3, 4, 5)])
def test_a_localizer_answers_the_same_without_its_normalization(blocks):
    trained = excite(build_localizer(channels=NARROW, normalized_blocks=blocks), seed=1)
    plain = build_localizer(channels=NARROW)

    fold_batch_normalization(trained, plain)

    assert not any("norm" in layer.name for layer in plain.layers)
    assert_same_answers(trained, plain)


def test_a_detector_answers_the_same_without_its_normalization():
    photos = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    trained = excite(build_detector(size=64), seed=1)
    plain = build_detector(size=64, normalized=False)

    fold_batch_normalization(trained, plain)

    assert not any(layer.name.endswith("_norm") for layer in plain.layers)
    said, again = (model.predict({"image": photos}, verbose=0) for model in (trained, plain))
    for name, value in said.items():
        assert np.ptp(value) > 1e-3
        np.testing.assert_allclose(again[name], value, atol=1e-3)


def test_a_classifier_answers_the_same_without_normalization_and_dropout():
    trained = excite(build_classifier(normalized=True, dropout=0.5), seed=1)
    plain = build_classifier()

    fold_batch_normalization(trained, plain)

    assert_same_answers(plain, trained)


def test_a_widened_network_answers_the_same():
    narrow = excite(build_localizer(channels=NARROW), seed=2)
    wide = build_localizer(channels=WIDE)

    widen(narrow, wide, noise=0, seed=0)

    assert wide.count_params() > narrow.count_params()
    assert_same_answers(narrow, wide)


def test_noise_parts_the_copies_a_little_and_by_seed():
    narrow = excite(build_localizer(channels=NARROW), seed=2)
    grown = [build_localizer(channels=WIDE) for _ in range(3)]
    for model, seed in zip(grown, (0, 0, 1), strict=True):
        widen(narrow, model, noise=0.05, seed=seed)

    kernel, again, other = (model.get_layer("block1_conv1").get_weights()[0] for model in grown)
    np.testing.assert_array_equal(kernel, again)
    assert not np.array_equal(kernel, other)
    copies = kernel[..., :2], kernel[..., 2:]
    assert not np.array_equal(*copies)
    np.testing.assert_allclose(*copies, atol=0.5 * kernel.std())


def test_widths_that_are_no_multiple_are_refused():
    narrow, wide = (build_localizer(channels=c) for c in (NARROW, (3, 4, 4, 4, 4)))

    with pytest.raises(ValueError, match="3 channels are no multiple of 2"):
        widen(narrow, wide, noise=0, seed=0)
