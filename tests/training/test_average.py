"""The average of checkpoints of one network."""

import keras
import numpy as np
import pytest

from training.average import main


def checkpoint(path, values, *, units=2):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units)])
    model.set_weights([np.full((3, units), values[0]), np.full(units, values[1])])
    model.save(path)
    return str(path)


def test_each_weight_is_the_mean_of_that_of_the_checkpoints(tmp_path):
    paths = [
        checkpoint(tmp_path / f"{n}.keras", values)
        for n, values in enumerate([(1, 10), (2, 20), (6, 60)])
    ]
    main([*paths, "--run", str(tmp_path / "runs" / "averaged")])
    made = keras.models.load_model(tmp_path / "runs" / "averaged" / "best.keras")
    kernel, bias = made.get_weights()
    assert (kernel.tolist(), bias.tolist()) == ([[3, 3]] * 3, [30, 30])


def test_checkpoints_of_other_networks_are_refused(tmp_path):
    paths = [checkpoint(tmp_path / f"{n}.keras", (1, 1), units=n) for n in (1, 2)]
    with pytest.raises(ValueError, match="shape"):
        main([*paths, "--run", str(tmp_path / "averaged")])
    assert not (tmp_path / "averaged").exists()
