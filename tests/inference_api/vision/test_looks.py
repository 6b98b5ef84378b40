"""When a photo is looked at again, at which tiles, and that every face is found once."""

from dataclasses import dataclass, field

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings

from inference_api.pipeline import Photo
from inference_api.vision.letterbox import letterbox
from inference_api.vision.looks import (
    SQUARES_A_RUN,
    Detections,
    FaceFinder,
    deserves_another,
    turn,
    turn_back,
)
from inference_api.vision.spec import Detection, LocalizerSpec, LookAgain
from inference_api.vision.tiles import EDGE, Tiling

SIZE = 96
LOOK = LookAgain(long_side=200, overlap=32, small_face=0.2, many_faces=3)
SPEC = LocalizerSpec(
    kind="localizer", name="drawn", version="1", architecture="none", input_size=SIZE,
    pad_color=(128, 128, 128), resize_filter="area", threshold=0.5, libraries={}, data_id="",
    git_commit="", sha256={}, box_format="rel_xyxy",
    detection=Detection(strides=(8,), max_iou=0.45, max_faces=50, look_again=LOOK),
)  # fmt: skip
LEAST = 4  # pixels of a square: what is smaller is not seen


def spec(**changes):
    look = LOOK.model_copy(update=changes)
    detection = SPEC.detection.model_copy(update={"look_again": look})
    return SPEC.model_copy(update={"detection": detection})


@dataclass
class Drawn:
    """Finds bright rectangles of at least LEAST pixels, those that stand upright if told to."""

    upright_only: bool = False
    runs: list[int] = field(default_factory=list)

    def __call__(self, squares):
        self.runs.append(len(squares))
        return [self._one(square) for square in squares]

    def _one(self, square):
        mask = (square[..., 0] > 190).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        faces = [row[:4] for row in stats[1:] if min(row[2:4]) >= LEAST]
        if self.upright_only:  # the brow is white, the chin is not
            faces = [row for row in faces if _has_its_brow_above(square[..., 2], *row)]
        boxes = np.array(faces, np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
        return boxes / SIZE, 0.6 + 0.3 * sides / SIZE  # surer of what it sees larger


def _has_its_brow_above(blue, left, top, width, height):
    return all(blue[top + height // 4, left + part * width // 4] > 190 for part in (1, 3))


def photo_of(image) -> Photo:
    square, transform = letterbox(image, size=SIZE)
    return Photo(image, square, transform)


def drawn(width, height, *faces):
    """A dark photo with bright faces (left, top, side)."""
    image = np.full((height, width, 3), 20, np.uint8)
    for left, top, side in faces:
        image[top : top + side, left : left + side] = 255
    return photo_of(image)


def find(*photos, localize=None, **changes):
    """The faces of each photo, and how many squares each run had."""
    localize = localize or Drawn()
    finder = FaceFinder(localize, spec(**changes))
    first = finder.look(photos)
    second = finder.look_again(photos, first)
    return [second.get(index, one) for index, one in enumerate(first)], localize.runs


def assert_found(seen, *faces, tolerance):
    expected = np.array([(x, y, x + side, y + side) for x, y, side in faces], np.float32)
    order = np.lexsort(seen.boxes_xyxy.T[:2].round())
    expected = expected[np.lexsort(expected.T[:2])]
    assert len(seen.boxes_xyxy) == len(faces)
    np.testing.assert_allclose(seen.boxes_xyxy[order], expected, atol=tolerance)


sizes = st.tuples(st.integers(16, 9000), st.integers(16, 9000))


@given(sizes)
@example((8000, 500))
@example((16, 9000))
@example((200, 200))
def test_the_tiles_cover_the_photo_overlap_and_are_few(size_wh):
    tiling = Tiling.fit(size_wh, LOOK, size=SIZE)
    assert max(tiling.scaled_size_wh) == LOOK.long_side
    assert len(set(tiling.corners)) == len(tiling.corners) <= 3**2
    for axis, side in enumerate(tiling.scaled_size_wh):
        starts = sorted({corner[axis] for corner in tiling.corners})
        steps = np.diff(starts)
        assert starts[0] == 0
        assert starts[-1] == max(0, side - SIZE)
        assert (steps <= SIZE - LOOK.overlap).all()


@given(st.integers(1, 96), st.data())
def test_no_spec_asks_for_many_tiles(size, data):
    long_side = data.draw(st.integers(size + 1, 4 * size))
    overlap = data.draw(st.integers(0, size // 2))
    look = LookAgain(long_side=long_side, overlap=overlap, small_face=0, many_faces=1)
    tiling = Tiling.fit(data.draw(sizes), look, size=size)
    assert len(tiling.corners) <= 49


@given(sizes, st.data())
def test_a_face_smaller_than_the_overlap_is_whole_in_some_tile(size_wh, data):
    tiling = Tiling.fit(size_wh, LOOK, size=SIZE)
    sides = np.array(tiling.scaled_size_wh)
    least, most = 1, int(min(LOOK.overlap - 2 * EDGE, *sides))
    side = data.draw(st.integers(least, max(least, most)))
    left, top = (data.draw(st.integers(0, max(0, int(each) - side))) for each in sides)
    face = np.float32([left, top, left + side, top + side])

    def shown(corner):
        """The face as a network finds it in a tile: cut where the tile ends, if it is there."""
        box = (face - np.tile(np.float32(corner), 2)).clip(0, SIZE)
        visible = (box[2:] > box[:2]).all()
        boxes = box[None, :].repeat(int(visible), axis=0) / SIZE
        return boxes, np.ones(len(boxes), np.float32)

    boxes, probabilities = tiling.gather(shown(corner) for corner in tiling.corners)

    in_photo = face * np.tile(np.float32(size_wh) / np.float32(sides), 2)
    assert len(boxes) == len(probabilities) >= 1
    tolerance = 1e-3 * max(size_wh)
    np.testing.assert_allclose(boxes, np.tile(in_photo, (len(boxes), 1)), atol=tolerance)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 380), st.integers(0, 280))
def test_a_small_face_is_found_once_wherever_it_is(left, top):
    face = left, top, 20  # 5 pixels of the first look's square, 10 of a tile
    (seen,), _ = find(drawn(400, 300, face))
    assert_found(seen, face, tolerance=2.1)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 200), st.integers(0, 100))
def test_a_large_face_is_found_once_beside_a_small_one(left, top):
    faces = [(left, top, 180), (380, 280, 20)]
    (seen,), _ = find(drawn(400, 300, *faces))
    assert_found(seen, *faces, tolerance=5)


def test_faces_that_the_first_look_cannot_see_are_found_at_the_second():
    faces = [(x, y, 14) for x in (10, 150, 300) for y in (10, 130, 240)]
    (seen,), runs = find(drawn(400, 300, *faces))
    assert runs == [1, 6]
    assert_found(seen, *faces, tolerance=2.1)


def test_a_portrait_keeps_its_one_small_pass():
    (seen,), runs = find(drawn(400, 300, (100, 60, 150)))
    assert runs == [1]
    assert_found(seen, (100, 60, 150), tolerance=5)


def test_an_empty_photo_has_no_face_however_it_is_looked_at():
    (seen,), runs = find(drawn(400, 400), turns=(90, 180, 270))
    assert len(seen.boxes_xyxy) == len(seen.face_probabilities) == 0
    assert runs == [1, SQUARES_A_RUN, 1, 3]  # 9 tiles, then three turns


def test_photos_of_a_batch_keep_their_own_faces():
    portrait, crowd, empty = (100, 60, 150), [(10, 20, 20), (370, 270, 20)], []
    photos = [
        drawn(400, 300, *crowd), drawn(400, 300, portrait), drawn(400, 300, *empty),
        drawn(300, 400, (20, 350, 14)), drawn(50, 50, (10, 10, 30)),
    ]  # fmt: skip
    seen, runs = find(*photos)
    assert runs == [5, 8, 8, 2]  # three photos of six tiles
    for one, faces in zip(
        seen, (crowd, [portrait], [], [(20, 350, 14)], [(10, 10, 30)]), strict=True
    ):
        assert_found(one, *faces, tolerance=5) if faces else None
        assert len(one.boxes_xyxy) == len(faces)


@pytest.mark.parametrize("size_wh", [(90, 60), (300, 200), (201, 300)])
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_face_in_a_photo_that_is_not_upright_is_found_where_it_is(size_wh, degrees):
    width, height = size_wh
    image = np.full((height, width, 3), 20, np.uint8)
    side = min(size_wh) // 3
    image[side : 2 * side, 5 : 5 + side, :2] = 255
    image[side : side + side // 2, 5 : 5 + side, 2] = 255  # the brow
    lying = turn(image, 360 - degrees)
    place = np.array([5 / width, side / height, (5 + side) / width, 2 * side / height])
    height, width = lying.shape[:2]
    there = turn_back(place[None], 360 - degrees + 360 - 2 * (360 - degrees))[0]

    (seen,), _ = find(photo_of(lying), localize=Drawn(upright_only=True), turns=(90, 180, 270))

    assert seen.turned_by == degrees
    expected = there * [width, height, width, height]
    np.testing.assert_allclose(seen.boxes_xyxy, expected[None], atol=max(size_wh) / SIZE + 1)


@given(st.sampled_from([90, 180, 270]), st.tuples(*[st.integers(0, 64)] * 4))
def test_boxes_of_a_turned_square_come_back_exactly(degrees, corners):
    left, right = sorted(corners[:2])
    top, bottom = sorted(corners[2:])
    square = np.zeros((64, 64, 1), np.uint8)
    square[top : bottom + 1, left : right + 1] = 1
    rows, columns, _ = np.nonzero(turn(square, degrees))
    if not len(rows):
        return
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    back = turn_back(np.array([box], np.float32) / 64, degrees) * 64
    assert back.tolist() == [[left, top, min(right + 1, 64), min(bottom + 1, 64)]]


def faces(*sides):
    boxes = np.float32([(0, 0, side, side) for side in sides]).reshape(-1, 4)
    return Detections(boxes, np.full(len(boxes), 0.9, np.float32))


@pytest.mark.parametrize(
    ("first", "size_wh", "again"),
    [
        (faces(), (96, 96), False),  # nothing is left out of a photo that fits the square
        (faces(), (97, 20), True),
        (faces(1), (96, 96), False),
        (faces(100), (500, 300), False),  # a fifth of the square, just not small
        (faces(99), (500, 300), True),
        (faces(200, 99), (500, 300), True),
        (faces(200, 201), (500, 300), False),
        (faces(200, 201, 202), (500, 300), True),
    ],
)
def test_small_faces_many_or_none_ask_for_another_look(first, size_wh, again):
    assert deserves_another(first, size_wh, SPEC) is again


def test_without_a_word_in_the_spec_one_look_is_all():
    detection = SPEC.detection.model_copy(update={"look_again": None})
    localize = Drawn()
    finder = FaceFinder(localize, SPEC.model_copy(update={"detection": detection}))
    photo = drawn(400, 300)
    assert finder.look_again([photo], finder.look([photo])) == {}
    assert localize.runs == [1]


@settings(deadline=None, max_examples=30)
@given(
    st.tuples(st.integers(16, 700), st.integers(16, 700)),
    st.lists(st.tuples(*[st.floats(-1, 2, width=32)] * 4), max_size=5),
)
def test_boxes_never_leave_the_photo(size_wh, boxes):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    everywhere = lambda squares: [(boxes, np.full(len(boxes), 0.9, np.float32))] * len(squares)  # noqa: E731
    (seen,), _ = find(drawn(*size_wh), localize=_Noting(everywhere), turns=(90,))
    assert (seen.boxes_xyxy >= 0).all()
    assert (seen.boxes_xyxy <= np.tile(size_wh, 2)).all()
    assert (seen.boxes_xyxy[:, 2:] > seen.boxes_xyxy[:, :2]).all()


@dataclass
class _Noting:
    inner: object
    runs: list[int] = field(default_factory=list)

    def __call__(self, squares):
        return self.inner(squares)


def test_of_a_crowd_in_tiles_the_surest_are_kept():
    crowd = [(x, y, 14) for x in range(5, 400, 40) for y in range(5, 300, 40)]
    (seen,), _ = find(drawn(400, 300, *crowd))
    assert len(crowd) == 80
    assert len(seen.boxes_xyxy) == SPEC.max_faces == 50
