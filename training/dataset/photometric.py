"""Random changes to what the camera saw, which every network is to see past."""

import albumentations as A


def photometric_pipeline(*, strength: float = 1.0, seed: int | None = None) -> A.Compose:
    """Changes of light, color, sharpness and compression that leave every pixel in its place."""
    s = strength
    return A.Compose(
        [
            A.RandomBrightnessContrast(0.3 * s, 0.3 * s, p=0.5),
            A.RandomGamma((int(100 - 30 * s), int(100 + 40 * s)), p=0.3),
            A.HueSaturationValue(int(12 * s), int(30 * s), int(15 * s), p=0.3),
            A.RGBShift(int(20 * s), int(20 * s), int(20 * s), p=0.2),
            A.ToGray(p=0.05 * s),
            A.OneOf(
                [A.GaussianBlur((3, 5)), A.MotionBlur((3, 5)), A.Downscale((0.5, 0.8))], p=0.15
            ),
            A.GaussNoise((0.02, 0.08), p=0.1),
            A.ImageCompression(quality_range=(40, 95), p=0.3),
        ],
        seed=seed,
    )
