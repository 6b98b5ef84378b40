"""The compact detector: what goes in and out, what it costs, where its points lie."""

import keras
import numpy as np
import pytest

from inference_api.vision.boxes import xyxy_to_rel_xyxy
from tests.training.arithmetic import multiplications
from training.detector.network import (
    PRIOR_PROBABILITY,
    PRIOR_SIDE,
    DecodeBoxes,
    build_detector,
    grid,
)


@pytest.fixture(scope="module")
def detector():
    return build_detector()


def test_the_detector_stays_within_its_budget(detector):
    assert 2 * multiplications(detector) <= 1e9
    assert detector.count_params() <= 1_000_000


def test_pixels_go_in_and_named_candidates_come_out(detector):
    assert detector.input["image"].dtype == "uint8"
    assert detector.input["image"].shape == (None, 320, 320, 3)
    assert {name: output.shape for name, output in detector.output.items()} == {
        "face_probability": (None, 2100, 1),
        "box_rel_xyxy": (None, 2100, 4),
    }


def test_an_untrained_detector_expects_a_face_almost_nowhere(detector):
    said = detector.predict({"image": np.zeros((1, 320, 320, 3), np.uint8)}, verbose=0)

    assert said["face_probability"] == pytest.approx(PRIOR_PROBABILITY, rel=0.5)


def test_any_size_of_whole_strides_can_be_built():
    small = build_detector(size=64)

    assert small.output["box_rel_xyxy"].shape == (None, len(grid(64)), 4)


def test_the_points_are_the_middles_of_their_cells_row_by_row():
    points = grid(64)

    assert points[:3].tolist() == [[4, 4, 8], [12, 4, 8], [20, 4, 8]]
    assert points[8].tolist() == [4, 12, 8]
    assert points[-4:].tolist() == [[16, 16, 32], [48, 16, 32], [16, 48, 32], [48, 48, 32]]
    assert len(points) == 64 + 16 + 4


def test_a_point_that_says_nothing_stands_for_its_prior():
    boxes = np.asarray(DecodeBoxes(64)(np.zeros((1, len(grid(64)), 4), np.float32)))[0]

    x, y, stride = grid(64)[0]
    half = PRIOR_SIDE * stride / 2
    expected = xyxy_to_rel_xyxy([[x - half, y - half, x + half, y + half]], size_wh=(64, 64))
    np.testing.assert_allclose(boxes[0], expected[0], atol=1e-6)


def test_what_a_point_says_moves_and_scales_its_box():
    said = np.zeros((1, len(grid(64)), 4), np.float32)
    said[0, 0] = [0.25, -0.5, np.log(2), np.log(0.5)]

    left, top, right, bottom = 64 * np.asarray(DecodeBoxes(64)(said))[0, 0]

    assert (left + right) / 2 == pytest.approx(4 + 0.25 * 32, abs=1e-4)
    assert (top + bottom) / 2 == pytest.approx(4 - 0.5 * 32, abs=1e-4)
    assert (right - left, bottom - top) == pytest.approx((64, 16), abs=1e-3)


def test_a_wild_answer_still_gives_finite_boxes():
    said = np.full((1, len(grid(64)), 4), 1e4, np.float32)

    assert np.isfinite(np.asarray(DecodeBoxes(64)(said))).all()


def test_the_detector_is_saved_and_comes_back(detector, tmp_path):
    detector.save(tmp_path / "detector.keras")
    again = keras.models.load_model(tmp_path / "detector.keras")
    image = np.random.default_rng(0).integers(0, 256, (1, 320, 320, 3), np.uint8)

    for name, values in detector.predict({"image": image}, verbose=0).items():
        np.testing.assert_allclose(again.predict({"image": image}, verbose=0)[name], values, 1e-5)
