"""Five trainings, each measured on people it never saw."""

import json

import numpy as np
import pytest

from training.cross_validate import main
from training.dataset.drawn import write_dataset
from training.dataset.prepared import read_split

TRAINING = ["--epochs=1", "--steps=2", "--batch-size=8"]


@pytest.mark.slow
def test_each_fold_is_measured_by_a_network_that_never_saw_it(tmp_path, capsys):
    write_dataset(tmp_path / "photos", seed=0)
    words = [
        str(tmp_path / "photos" / "rated"), "--prepared", str(tmp_path / "folds"),
        "--out", str(tmp_path / "runs"), "--train", *TRAINING,
    ]  # fmt: skip

    main(words)

    rows = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if "|" in line]
    header, _, *folds, mean = ([cell.strip() for cell in row] for row in rows[-8:])
    assert header == ["fold", "rated_auc", "rated_pearson"]
    assert [fold[0] for fold in folds] == [*map(str, range(5))]
    figures = np.array([fold[1:] for fold in folds], float)
    np.testing.assert_allclose(np.array(mean[1:], float), figures.mean(axis=0), atol=1.1e-3)

    validated = []
    for fold in range(5):
        train, validation = (
            read_split(tmp_path / "folds" / str(fold), split) for split in ("train", "validation")
        )
        identities = [{r["identity"] for r in split.records} for split in (train, validation)]
        assert identities[0].isdisjoint(identities[1])
        validated += [record["source"] for record in validation.records]
    assert len(validated) == len(set(validated)) == len(train.records) + len(validation.records)

    main(words)  # as after a cut: nothing is trained again

    for fold in range(5):
        log = (tmp_path / "runs" / str(fold) / "log.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line)["epoch"] for line in log] == [0]
