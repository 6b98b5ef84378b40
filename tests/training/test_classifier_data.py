"""The classifier's batches: crops, what people said of them, what a teacher says."""

import numpy as np
import pytest

from training.augment import CropSampler
from training.classifier_data import ClassifierBatches, described_batches, rated_batches
from training.data import Draws, Split
from training.targets import ScoreScale

SIZE = 120


def split_of(*values, dataset="mine", score=None):
    """A split with one grey photo, all face, for each value."""
    records = [
        {
            "dataset": dataset, "source": f"{value}.jpg", "size_wh": [160, 160],
            "boxes_rel_xyxy": [[0, 0, 1, 1]], "score": score, "category": None, "crop": row,
        }
        for row, value in enumerate(values)
    ]  # fmt: skip
    crops = np.stack([np.full((160, 160, 3), value, np.uint8) for value in values])
    return Split(records, crops, crops)


@pytest.fixture
def teacher(tmp_path):
    names = ["mine/30.jpg", "mine/130.jpg", "others/230.jpg"]
    np.savez(
        tmp_path / "teacher.npz", names=names, descriptions=np.float32([[0, 5], [2, 5], [4, 8]])
    )
    return tmp_path / "teacher.npz"


def test_crops_come_with_their_targets_as_often_as_they_weigh():
    crops = np.stack([np.full((160, 160, 3), value, np.uint8) for value in (30, 130, 230)])
    windows = np.tile(np.array([0, 0, 1, 1], np.float32), (3, 1))
    sampler = CropSampler(crops, windows, size=SIZE)
    targets = {"probability": np.array([[0.1], [0.5], [0.9]], np.float32)}
    weights = np.array([1.0, 0.0, 3.0], np.float32)
    batches = ClassifierBatches(sampler, targets, weights, Draws(64, 2, 0))

    inputs, outputs, known = batches[0]

    assert len(batches) == 2
    assert known["probability"].tolist() == [1.0] * 64
    drawn = outputs["probability"][:, 0]
    assert set(drawn.tolist()) == {np.float32(0.1), np.float32(0.9)}
    assert 0.6 < (drawn > 0.5).mean() < 0.9
    middles = inputs["image"][:, 40:80, 40:80].mean(axis=(1, 2, 3))
    assert ((middles > 128) == (drawn > 0.5)).all()


def test_faces_nobody_rated_teach_only_their_description(teacher):
    rated, others = split_of(30, 130, 60, score=3.0), split_of(230, dataset="others")
    scales = {"mine": ScoreScale(median=3.0, deviation=1.0)}
    draws = Draws(64, 1, 0)

    batches = described_batches(
        rated_batches(rated, scales, upper="Sexy", draws=draws), [rated, others], teacher
    )
    inputs, targets, known = batches[0]

    middle = inputs["image"][:, 40:80, 40:80].mean(axis=(1, 2, 3))
    from_others = middle > 180
    assert 0 < from_others.sum() < 64
    assert not known["probability"][from_others].any()
    assert known["probability"][~from_others].all()
    np.testing.assert_allclose(targets["probability"][~from_others], 0.5)
    assert known["description"][from_others].all()
    assert set(known["description"][~from_others].tolist()) == {0.0, 1.0}  # 60.jpg is unknown


def test_descriptions_are_brought_to_mean_0_and_deviation_1(teacher):
    rated, others = split_of(30, 130, score=3.0), split_of(230, dataset="others")
    scales = {"mine": ScoreScale(median=3.0, deviation=1.0)}

    batches = described_batches(
        rated_batches(rated, scales, upper="Sexy", draws=Draws(1, 1, 0)), [rated, others], teacher
    )

    np.testing.assert_allclose(batches.targets["description"].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(batches.targets["description"].std(axis=0), 1, atol=1e-6)
