"""Whatever is done to a photo, the box stays on the face: a painted one is found again."""

import albumentations as A
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_api.vision.boxes import Box
from tests.training.painted import FACE_RGB, face_pixels, ground, painted
from training.localizer.augment import (
    MAX_CUT,
    P_AS_SERVED,
    P_COMPOSED,
    CompositeSampler,
    OriginalSampler,
    original_pipeline,
)

SIZE = 120
PLACES = {  # in 150 x 120 pixels
    "middle": Box(50, 30, 100, 90),
    "top left": Box(8, 8, 40, 44),
    "bottom right": Box(118, 84, 142, 112),
    "filling": Box(20, 6, 130, 114),
}


def geometric_only(sampler):
    """The sampler without what changes colors, so that the painted face keeps its own."""
    sampler._photometric = A.Compose([])
    return sampler


def samplers(face, backgrounds):
    return {
        "default": CompositeSampler([face], backgrounds, size=SIZE),
        "original": OriginalSampler([face], backgrounds, size=SIZE),
    }


@pytest.mark.parametrize("name", ["default", "original"])
@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    size_wh=st.tuples(st.integers(48, 192), st.integers(48, 192)),
    corners=st.tuples(*[st.floats(0, 1)] * 4),
)
def test_a_sample_is_a_picture_of_the_size_with_no_box_or_one_inside(name, seed, size_wh, corners):
    width, height = size_wh
    left, top = (corners[0] * 0.9 * width, corners[1] * 0.9 * height)
    right = left + max(3, corners[2] * (width - left))
    bottom = top + max(3, corners[3] * (height - top))
    image = ground(seed % 100, size_wh=size_wh)
    sampler = samplers((image, Box(left, top, right, bottom)), [ground(1), ground(2)])[name]
    rng = np.random.default_rng(seed)

    for _ in range(4):
        sample = sampler.sample(rng, 0)

        assert sample.image.shape == (SIZE, SIZE, 3)
        assert sample.image.dtype == np.uint8
        if sample.box is not None:
            assert 0 <= sample.box.left < sample.box.right <= SIZE
            assert 0 <= sample.box.top < sample.box.bottom <= SIZE


@pytest.mark.parametrize("name", ["default", "original"])
@pytest.mark.parametrize("place", PLACES)
def test_the_box_is_where_the_face_is_found_again(name, place):
    image = painted(PLACES[place], size_wh=(150, 120))
    sampler = samplers((image, PLACES[place]), [ground(1), ground(2, size_wh=(90, 160))])[name]
    if name == "default":
        geometric_only(sampler)
    rng = np.random.default_rng(0)
    off = []
    for _ in range(80):
        sample = sampler.sample(rng, 0)
        found = face_pixels(sample.image)
        if sample.box is not None:
            off.append(np.abs(found - sample.box.as_array()).max())
    assert len(off) > 30
    # A corner of the face may be cut away together with an edge that the box still has.
    assert np.mean(np.array(off) <= 3) > 0.9
    assert max(off) <= MAX_CUT * SIZE


def test_a_sample_called_faceless_shows_no_face():
    image = painted(PLACES["middle"], size_wh=(150, 120))
    sampler = geometric_only(CompositeSampler([(image, PLACES["middle"])], [ground(1)], size=SIZE))
    rng = np.random.default_rng(0)

    faceless = [sample for _ in range(200) if (sample := sampler.sample(rng, 0)).box is None]

    assert len(faceless) / 200 == pytest.approx(1 - P_AS_SERVED - P_COMPOSED, abs=0.12)
    # The very color: a ground of one random color may be near it.
    assert not any((sample.image == FACE_RGB).all(axis=2).any() for sample in faceless)


def test_faces_come_small_and_large_and_everywhere():
    image = painted(PLACES["middle"], size_wh=(150, 120))
    sampler = CompositeSampler([(image, PLACES["middle"])], [ground(1)], size=SIZE)
    rng = np.random.default_rng(0)
    boxes = [s.box for _ in range(400) if (s := sampler.sample(rng, 0)).box is not None]

    sides = [max(box.width, box.height) / SIZE for box in boxes]
    assert min(sides) < 0.12
    assert max(sides) > 0.85
    centers = np.array([(b.left + b.right, b.top + b.bottom) for b in boxes]) / 2 / SIZE
    assert (centers.min(axis=0) < 0.15).all()
    assert (centers.max(axis=0) > 0.85).all()


@pytest.mark.parametrize("name", ["default", "original"])
def test_samples_repeat_with_the_randomness(name):
    face = painted(PLACES["middle"], size_wh=(150, 120)), PLACES["middle"]

    def draw(seed):
        sampler = samplers(face, [ground(1), ground(2)])[name]
        rng = np.random.default_rng(seed)
        return [sampler.sample(rng, 0) for _ in range(8)]

    for one, other in zip(draw(5), draw(5), strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        assert one.box == other.box
    assert any(
        not np.array_equal(one.image, other.image)
        for one, other in zip(draw(5), draw(6), strict=True)
    )


def test_the_original_pipeline_is_the_known_one():
    assert [type(step).__name__ for step in original_pipeline(size=SIZE).transforms] == [
        "RandomCrop", "HorizontalFlip", "RandomBrightnessContrast", "RandomGamma", "RGBShift",
        "VerticalFlip", "Resize",
    ]  # fmt: skip


@pytest.mark.parametrize("step", ["HorizontalFlip", "VerticalFlip"])
def test_a_flip_of_the_original_pipeline_takes_the_box_along(step):
    box = Box(10, 20, 40, 60)
    flip = next(t for t in original_pipeline(size=SIZE).transforms if type(t).__name__ == step)
    flip.p = 1.0
    rel = (box.as_array() / SIZE).tolist()
    flipped = A.Compose([flip], bbox_params=A.BboxParams("albumentations", label_fields=["x"]))(
        image=painted(box, size_wh=(SIZE, SIZE)), bboxes=[rel], x=[0]
    )

    found = face_pixels(flipped["image"])
    np.testing.assert_allclose(found, np.array(flipped["bboxes"][0][:4]) * SIZE, atol=1)
    mirrored = {"HorizontalFlip": (80, 20, 110, 60), "VerticalFlip": (10, 60, 40, 100)}[step]
    np.testing.assert_allclose(found, mirrored, atol=1)


def test_the_painted_face_is_found_where_it_was_painted():
    box = PLACES["middle"]

    found = face_pixels(painted(box, size_wh=(150, 120)))

    np.testing.assert_allclose(found, box.as_array(), atol=1)
    assert face_pixels(ground(1)) is None
    assert FACE_RGB[1] == 0
