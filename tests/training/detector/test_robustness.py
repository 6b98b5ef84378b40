"""Photos made harder: the box stays on the face, and a repeat gives the same."""

import numpy as np
import pytest

from inference_api.vision.boxes import Box
from tests.training.painted import face_pixels, painted
from training.dataset.prepared import Split
from training.detector.robustness import CHANGES, robustness

SIZE_WH = (150, 120)
BOX = Box(60, 30, 110, 95)


def changed(name, seed=0):
    photo = painted(BOX, size_wh=SIZE_WH)
    return CHANGES[name](np.random.default_rng(seed), photo, BOX.as_array()[None])


@pytest.mark.parametrize("name", [n for n in CHANGES if n.split()[0] in ("tilted", "turned", "as")])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_box_of_a_turned_face_fits_it_and_the_canvas_holds_it_all(name, seed):
    image, boxes = changed(name, seed)

    np.testing.assert_allclose(boxes[0], face_pixels(image), atol=2.5)
    assert image.shape[0] * image.shape[1] >= SIZE_WH[0] * SIZE_WH[1]


def test_tilts_go_to_both_sides():
    lefts = {round(float(changed("tilted by 30°", seed)[1][0, 0])) for seed in range(8)}

    assert len(lefts) == 2


def test_the_lower_half_is_covered_and_the_upper_is_not():
    image, boxes = changed("lower half covered")

    np.testing.assert_array_equal(boxes[0], BOX.as_array())
    np.testing.assert_allclose(face_pixels(image)[[1, 3]], [30, 62], atol=1)


def test_dark_is_a_gamma_of_2_5():
    plain, _ = changed("as they are")
    image, _ = changed("dark (gamma 2.5)")

    np.testing.assert_allclose(image, (plain / 255) ** 2.5 * 255, atol=1)


def test_a_third_of_the_face_is_cut_off_at_either_side():
    seen = set()
    for seed in range(8):
        image, boxes = changed("cut by the edge, a third", seed)
        left, top, right, bottom = boxes[0]
        seen.add(left == 0)
        assert right - left == pytest.approx(50 * 2 / 3, abs=0.6)
        assert (top, bottom) == (30, 95)
        assert left == 0 or right == image.shape[1]
        np.testing.assert_allclose(face_pixels(image), boxes[0], atol=1.5)
    assert seen == {True, False}


def test_each_change_is_measured_on_the_rows_given():
    photo = painted(BOX, size_wh=(120, 120))
    box = (BOX.as_array() / 120).tolist()
    records = [{"boxes_rel_xyxy": [box], "size_wh": [120, 120]}] * 3
    photos = Split(records, np.stack([photo] * 3), np.zeros((0, 8, 8, 3), np.uint8))

    def predict(images):
        """Where the face's color is."""
        (image,) = images
        bounds = face_pixels(image)
        found = np.zeros(4) if bounds is None else bounds / 120
        return np.float32(found)[None, None], np.ones((1, 1), np.float32)

    measured = robustness(photos, [0, 2], predict)

    assert measured.keys() == CHANGES.keys()
    assert {matches.n_faces for matches in measured.values()} == {2}
    for name in ("as they are", "tilted by 30°", "turned by 90°", "cut by the edge, a third"):
        assert measured[name].precision_recall(threshold=0.5) == (1, 1), name
        assert measured[name].mean_iou(threshold=0.5) > 0.85
    assert measured["lower half covered"].precision_recall(threshold=0.5)[1] <= 1
