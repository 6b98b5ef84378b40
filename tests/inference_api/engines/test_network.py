"""A detector's candidates become faces; its signature is held to what its spec promises."""

from pathlib import Path

import numpy as np
import pytest

from inference_api.engines.network import NetworkLocalizer, check_signature
from inference_api.errors import SpecMismatchError
from inference_api.vision.spec import Detection, LocalizerSpec

FACE, SHIFTED, OTHER = [0.1, 0.1, 0.3, 0.3], [0.11, 0.1, 0.31, 0.3], [0.6, 0.6, 0.9, 0.9]
WIDTHS = {"face_probability": 1, "box_rel_xyxy": 4}


def spec(**changes):
    detection = Detection(strides=(8, 16), max_iou=0.45, max_faces=2)
    return LocalizerSpec(
        kind="localizer", name="tiny", version="1", architecture="none", input_size=64,
        pad_color=(128, 128, 128), resize_filter="area", threshold=0.5, libraries={},
        data_id="", git_commit="", sha256={}, box_format="rel_xyxy", detection=detection,
    ).model_copy(update=changes)  # fmt: skip


def localize(*candidates, **changes):
    """What is found in one square, of these candidates (box, probability)."""
    boxes = np.array([[box for box, _ in candidates]], np.float32).reshape(1, -1, 4)
    probabilities = np.array([[p for _, p in candidates]], np.float32).reshape(1, -1, 1)
    outputs = {"box_rel_xyxy": boxes, "face_probability": probabilities}
    localizer = NetworkLocalizer(lambda _: outputs, spec(**changes))
    (found,) = localizer.localize(np.zeros((1, 64, 64, 3), np.uint8))
    return found.boxes_rel_xyxy.round(4).tolist(), found.face_probabilities.round(4).tolist()


@pytest.mark.parametrize(
    ("candidates", "boxes", "probabilities"),
    [
        ([(FACE, 0.1), (OTHER, 0.2)], [], []),
        ([(FACE, 0.9)], [FACE], [0.9]),
        ([(FACE, 0.7), (SHIFTED, 0.9)], [SHIFTED], [0.9]),  # one face, seen by two points
        ([(FACE, 0.6), (OTHER, 0.8)], [OTHER, FACE], [0.8, 0.6]),
    ],
)
def test_of_candidates_for_one_face_the_surest_is_kept(candidates, boxes, probabilities):
    found = localize(*candidates)

    np.testing.assert_allclose(np.reshape(found[0], (-1, 4)), np.reshape(boxes, (-1, 4)), atol=1e-4)
    assert found[1] == pytest.approx(probabilities, abs=1e-4)


def test_of_a_crowd_the_surest_are_kept():
    crowd = [([x / 10, 0.0, x / 10 + 0.05, 0.05], 0.5 + x / 20) for x in range(1, 9)]

    boxes, probabilities = localize(*crowd)

    assert probabilities == pytest.approx([0.9, 0.85], abs=1e-4)
    assert len(boxes) == spec().max_faces == 2


def test_a_network_with_one_box_gives_it_whatever_its_probability():
    assert localize((FACE, 0.01), detection=None)[1] == pytest.approx([0.01], abs=1e-4)
    assert spec(detection=None).max_faces == 1


def signature(candidates):
    image = {"image": ("uint8", (None, 64, 64, 3))}
    outputs = {name: ("float32", (None, *candidates, n)) for name, n in WIDTHS.items()}
    return {"inputs": image, "outputs": outputs}


def test_as_many_candidates_as_the_strides_say_are_accepted():
    check_signature(Path("graph"), spec(), WIDTHS, **signature((64 + 16,)))
    check_signature(Path("graph"), spec(detection=None), WIDTHS, **signature(()))


@pytest.mark.parametrize("candidates", [(), (64,), (80, 1)])
def test_another_number_of_candidates_is_refused(candidates):
    with pytest.raises(SpecMismatchError, match="80"):
        check_signature(Path("graph"), spec(), WIDTHS, **signature(candidates))
