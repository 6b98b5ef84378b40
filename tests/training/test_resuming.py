"""A training that was cut off and repeated ends where an uninterrupted one does."""

from functools import partial

import numpy as np
import pytest

from training import train_classifier, train_detector, train_localizer
from training.dataset.drawn import write_dataset
from training.detector import mobilenet, network
from training.localizer import validation
from training.prepare import main as prepare

KNOBS = ["--epochs=2", "--steps=3", "--batch-size=4", "--seed=5"]


class CutOffError(Exception):
    pass


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    write_dataset(folder, seed=3)
    faces, rated, grounds = (str(folder / name) for name in ("faces", "rated", "grounds"))
    for name, size in (("prepared", "120"), ("for_detector", "128")):
        out = str(folder / name)
        sizes = ["--validation-size", size]
        assert prepare([faces, rated, "--negatives", grounds, "--out", out, *sizes]) == 0
    return folder


@pytest.fixture(autouse=True)
def smallest(monkeypatch):
    """Networks of few channels and layers: what is tested is the training, not the network."""
    monkeypatch.setattr(train_localizer, "NARROW_CHANNELS", (2, 2, 2, 2, 2))
    monkeypatch.setattr(validation, "VALIDATION_PHOTOS", 4)
    stages = ((1, 4, 1, 1), (2, 4, 1, 2), (2, 4, 1, 2), (2, 8, 1, 2), (2, 8, 1, 1))
    monkeypatch.setattr(mobilenet, "STAGES", stages)
    monkeypatch.setattr(network, "NECK_CHANNELS", 8)
    monkeypatch.setattr(network, "COARSE_CHANNELS", 8)
    build = partial(network.build_detector, size=128)  # as the photos were prepared
    monkeypatch.setattr(train_detector, "build_detector", build)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "photos", "options"),
    [
        (train_localizer, "prepared", ["--narrow"]),
        (train_classifier, "prepared", []),
        (train_detector, "for_detector", ["--freeze-trunk"]),
        (train_detector, "for_detector", ["--processes=1"]),
    ],
)
def test_an_interrupted_training_equals_an_uninterrupted_one(  # noqa: PLR0917
    script, photos, options, prepared, tmp_path, monkeypatch
):
    def train(run):
        folders = ["--prepared", str(prepared / photos), "--run", str(tmp_path / run)]
        script.main([*folders, *KNOBS, *options])
        return script.keras.models.load_model(tmp_path / run / "checkpoint.keras")

    whole = train("whole")
    with monkeypatch.context() as patch:
        patch.setattr(script, "draw_curves", cut_off)
        with pytest.raises(CutOffError):
            train("cut")
    log = tmp_path / "cut/log.jsonl"
    assert len(log.read_text().splitlines()) == 1
    resumed = train("cut")

    assert len(log.read_text().splitlines()) == 2
    assert whole.optimizer.iterations == resumed.optimizer.iterations == 6
    for one, other in zip(whole.weights, resumed.weights, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), atol=1e-5, err_msg=one.path)
    for path in (tmp_path / "whole").glob("averaged-*.npz"):
        with np.load(path) as mean, np.load(tmp_path / "cut" / path.name) as again:
            for name in mean.files:
                np.testing.assert_allclose(mean[name], again[name], atol=1e-5)


def cut_off(*_):
    raise CutOffError
