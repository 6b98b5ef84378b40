"""The photos that are sent: of the asked size, as heavy as a camera's, always the same."""

import pytest

from benchmarks.speed.photos import photos_of
from inference_api.vision.images import decode


@pytest.mark.parametrize("side", [640, 1280])
def test_photos_are_portraits_of_the_asked_height(side):
    assert {decode(photo).shape for photo in photos_of(side)} == {(side, side * 3 // 4, 3)}


def test_photos_are_always_the_same_and_differ_from_each_other():
    photos = photos_of(640)
    assert photos == photos_of(640)
    assert len(set(photos)) == len(photos) > 1


def test_photos_weigh_what_a_cameras_do():
    """Phones write 1.5 to 4 bits a pixel; enlarged without grain it would be a third of one."""
    bits = [len(photo) * 8 / (1280 * 960) for photo in photos_of(1280)]
    assert all(1.5 <= each <= 4 for each in bits), bits
