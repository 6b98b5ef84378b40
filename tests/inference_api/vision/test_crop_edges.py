"""Which pixels a crop takes: to the nearest edge of a pixel on every side, one at the least."""

import numpy as np
import pytest

from inference_api.vision.boxes import Box
from inference_api.vision.letterbox import crop_square

# Each pixel says where it is.
ROWS, COLUMNS = np.mgrid[0:60, 0:80].astype(np.uint8)
PHOTO = np.stack([COLUMNS, ROWS, np.zeros_like(ROWS)], axis=2)


@pytest.mark.parametrize(
    ("box", "size", "columns", "rows"),
    [
        (Box(10, 20, 30, 40), 20, (10, 30), (20, 40)),
        (Box(10, 20, 30.6, 40.6), 21, (10, 31), (20, 41)),
        (Box(10, 20, 30.4, 40.4), 20, (10, 30), (20, 40)),
        (Box(10.7, 20.7, 30, 40), 20, (10, 30), (20, 40)),
        (Box(70, 50, 80, 60), 10, (70, 80), (50, 60)),  # up to the photo's own edge
        (Box(79.2, 59.2, 79.4, 59.4), 1, (79, 80), (59, 60)),  # within the last pixel
        (Box(500, 500, 510, 510), 1, (79, 80), (59, 60)),  # outside: the nearest one
        (Box(-20, -20, -10, -10), 1, (0, 1), (0, 1)),
    ],
)
def test_a_crop_of_its_own_size_is_those_pixels(box, size, columns, rows):
    crop = crop_square(PHOTO, box, margin=0, size=size)
    np.testing.assert_array_equal(crop, PHOTO[slice(*rows), slice(*columns)])
