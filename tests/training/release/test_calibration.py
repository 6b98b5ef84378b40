"""Calibrated probabilities are those that were observed."""

import keras
import numpy as np
import pytest

from training.release.plain import calibrate


def network():
    """Dark pictures have a logit of -1, bright ones of 2, with a bias of their own."""
    image = keras.Input((4, 4, 3), dtype="uint8", name="image")
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(image))
    red = keras.layers.Lambda(lambda x: x[:, :1])(mean)
    probability = keras.layers.Dense(1, "sigmoid", name="probability")
    model = keras.Model({"image": image}, {"probability": probability(red)})
    probability.set_weights([np.array([[3.0]]), np.array([-1.0])])
    return model


def pictures(dark, bright):
    return np.repeat([0, 255], [dark, bright]).astype(np.uint8)[:, None, None, None] + np.zeros(
        (1, 4, 4, 3), np.uint8
    )


def said(model):
    return model.predict({"image": pictures(1, 1)}, verbose=0)["probability"][:, 0]


@pytest.mark.parametrize(("dark", "bright"), [(0.2, 0.6), (0.5, 0.9), (0.1, 0.3)])
def test_what_was_observed_of_each_kind_is_said_of_it(dark, bright):
    """Two kinds of pictures fix both the slope and the offset of the logit."""
    model, n = network(), 100
    outcomes = np.concatenate([np.arange(n) < dark * n, np.arange(n) < bright * n])
    calibrate(model, pictures(n, n), outcomes)
    np.testing.assert_allclose(said(model), [dark, bright], atol=0.002)


@pytest.mark.parametrize(
    ("n", "outcomes"),
    [(24, "mixed"), (100, "none"), (100, "all")],
)
def test_too_little_to_learn_from_leaves_the_network_as_it_is(n, outcomes):
    model = network()
    before = said(model)
    happened = {"mixed": np.arange(2 * n) % 3 == 0, "none": np.zeros(2 * n, bool)}
    calibrate(model, pictures(n, n), happened.get(outcomes, np.ones(2 * n, bool)))
    np.testing.assert_array_equal(said(model), before)
