"""Figures of found faces against oracles that count one by one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_api.vision.boxes import iou
from training.localizer.metrics import localization, rowwise_iou

corner_lists = st.lists(st.tuples(*[st.integers(0, 12)] * 4), max_size=8)


def boxes(corners):
    """Ordered float32 boxes (N, 4) of any corners, empty ones among them."""
    array = np.array(corners, np.float32).reshape(-1, 4)
    return np.concatenate([array.reshape(-1, 2, 2).min(1), array.reshape(-1, 2, 2).max(1)], axis=1)


def counted_iou(a, b):
    """IoU by counting the unit squares in either box and in both."""

    def cells(box):
        left, top, right, bottom = map(int, box)
        return set(product(range(left, right), range(top, bottom)))

    union = cells(a) | cells(b)
    return len(cells(a) & cells(b)) / len(union) if union else 0.0


@given(corner_lists)
def test_iou_is_the_share_of_common_cells(corners):
    a = boxes(corners)
    b = a[::-1]

    ious = rowwise_iou(a, b)

    np.testing.assert_allclose(ious, [counted_iou(x, y) for x, y in zip(a, b, strict=True)],
                               atol=1e-6)  # fmt: skip
    np.testing.assert_allclose(ious, np.diag(iou(a, b)), atol=1e-6)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1), st.floats(0, 1)), min_size=1))
def test_localization_counts_faces_found_and_photos_called_right(photos):
    is_face, probability, ious = (np.array(column) for column in zip(*photos, strict=True))

    result = localization(is_face=is_face, face_probability=probability, ious=ious)

    faces = [photo for photo in photos if photo[0]]
    right = sum((p >= 0.5) == face for face, p, _ in photos)
    assert result.accuracy == pytest.approx(right / len(photos))
    if faces:
        found = sum(p >= 0.5 and i >= 0.5 for _, p, i in faces)
        assert result.recall == pytest.approx(found / len(faces))
        assert result.mean_iou == pytest.approx(sum(i for _, _, i in faces) / len(faces))
    else:
        assert np.isnan(result.recall)
        assert np.isnan(result.mean_iou)


def test_the_threshold_decides_what_is_called_a_face():
    arguments = {
        "is_face": np.array([True, True]),
        "face_probability": np.array([0.3, 0.7]),
        "ious": np.array([0.9, 0.9]),
    }

    assert [localization(**arguments, threshold=t).recall for t in (0.2, 0.5, 0.8)] == [1, 0.5, 0]
