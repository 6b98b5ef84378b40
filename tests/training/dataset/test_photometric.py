"""Light and color change, places do not."""

import numpy as np

from training.dataset.photometric import photometric_pipeline

SIZE = 120


def test_light_and_color_leave_every_pixel_in_its_place():
    image = np.full((SIZE, SIZE, 3), 40, np.uint8)
    image[30:60, 20:70] = 220
    pipeline = photometric_pipeline(seed=0)

    for _ in range(60):
        changed = pipeline(image=image)["image"].mean(axis=2)
        bright = changed > (changed.min() + changed.max()) / 2
        assert changed.shape == (SIZE, SIZE)
        assert (bright == (image[..., 0] > 100)).mean() > 0.97
