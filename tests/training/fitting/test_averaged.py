"""The running mean of weights, by hand, and after a cut."""

import keras
import numpy as np
import pytest

from training.fitting.averaged import Averaged


@pytest.fixture
def model():
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])


def set_to(model, value):
    model.set_weights([np.full((1, 1), value, np.float32)])
    return model


def test_early_epochs_weigh_less_and_the_mean_is_written_down(model, tmp_path):
    averaged = Averaged(tmp_path, model, epochs=0)
    expected = 0.0
    for n, value in enumerate([4.0, 8.0, 1.0, 5.0, 2.0, 7.0, 3.0, 9.0, 6.0, 1.0, 0.0, 4.0], 1):
        averaged.update(set_to(model, value))
        keep = min(0.8, 0.9 * (n - 1) / n)
        expected = keep * expected + (1 - keep) * value

        assert averaged.weights[0].item() == pytest.approx(expected)

    again = Averaged(tmp_path, set_to(model, 0), epochs=12)
    assert again.weights[0].item() == averaged.weights[0].item()


def test_after_a_cut_the_mean_is_that_of_the_last_epoch_that_was_logged(model, tmp_path):
    averaged = Averaged(tmp_path, model, epochs=0)
    averaged.update(set_to(model, 4.0))
    averaged.forget_earlier()
    averaged.update(set_to(model, 8.0))  # and then it was killed, before the checkpoint

    assert Averaged(tmp_path, model, epochs=1).weights[0].item() == 4.0

    averaged.forget_earlier()
    assert [path.name for path in tmp_path.iterdir()] == ["averaged-2.npz"]
