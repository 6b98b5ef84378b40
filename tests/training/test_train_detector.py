"""How long a training goes on."""

from argparse import Namespace

import pytest

from training.train_detector import parser, share_done


def history(*seconds):
    return [{"seconds": each} for each in seconds]


@pytest.mark.parametrize(
    ("epochs", "minutes", "seconds", "share"),
    [
        (4, None, [], 0),
        (4, None, [5.0, 7.0], 0.5),
        (4, None, [1.0] * 4, 1),
        (4, 1.0, [], 0),
        (4, 1.0, [10.0, 5.0], 0.25),
        (1, 1.0, [30.0, 20.0], 1),  # a third would end too late
        (1, 1.0, [30.0, 30.0], 1),
    ],
)
def test_a_training_is_over_after_its_epochs_or_before_its_time_is(epochs, minutes, seconds, share):
    options = Namespace(epochs=epochs, minutes=minutes)

    assert share_done(history(*seconds), options) == share


def test_epochs_and_minutes_exclude_each_other():
    with pytest.raises(SystemExit):
        parser.parse_args(["--prepared=x", "--run=y", "--epochs=1", "--minutes=1"])
