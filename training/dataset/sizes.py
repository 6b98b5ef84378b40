"""What is cut from each photo, in pixels: by default what the original pair takes."""

from dataclasses import dataclass

INPUT_SIZE = 120  # pixels; both original networks see 120x120
TRAIN_SIZE = 192  # pixels; 1.6 times the input leaves room to zoom in
CROP_MARGIN = 0.2  # of the box's sides: hair and chin are seen, little background is
TRAIN_CROP_EXTRA = 0.2  # more of them, so that augmentation can shift and turn the crop
TRAIN_CROP_SCALE = 4 / 3  # of the side, for the same reason
SPLITS = ("train", "validation")


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is cut from each photo: sides in pixels, the crop's margin as in the artifact's spec."""

    photo: int
    crop: int = INPUT_SIZE
    crop_margin: float = CROP_MARGIN

    def for_training(self, photo: int) -> "Sizes":
        """The larger sizes, of squares with `photo` pixels, that augmentation cuts from."""
        margin = self.crop_margin + TRAIN_CROP_EXTRA
        return Sizes(photo, round(self.crop * TRAIN_CROP_SCALE), margin)
