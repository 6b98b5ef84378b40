"""Export artifacts in other number formats, and measure how far these agree with float32.

    python -m training.formats models/face_localizer models/attractiveness_classifier \
        --prepared data/prepared

What is measured on the validation photos goes into spec.json, where the service reads whether it
may use a format. int8, the fast one, is a .tflite file beside the SavedModel. So is float16, the
same weights as in the SavedModel for machines without TensorFlow. bfloat16 is the SavedModel
itself, on processors that have such arithmetic.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from inference_api.vision.spec import FormatName, read_spec
from training.dataset.prepared import read_split
from training.release.formats import calibration_images, compared_photos, export

DEFAULT: list[FormatName] = ["int8", "bfloat16"]

parser = argparse.ArgumentParser(description="Export artifacts in other number formats.")
parser.add_argument("artifacts", type=Path, nargs="+", metavar="ARTIFACT")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--formats", nargs="+", choices=get_args(FormatName), default=DEFAULT)
parser.add_argument(
    "--calibration-photos", type=int, default=500, help="of int8; 0 calibrates nothing"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files and the specs, and print what was measured."""
    options = parser.parse_args(arguments)
    train, validation = (read_split(options.prepared, split) for split in ("train", "validation"))
    for artifact in options.artifacts:
        spec = read_spec(artifact)
        calibration = calibration_images(train, spec, count=options.calibration_photos)
        compared = compared_photos(validation, spec)
        for number_format in options.formats:
            spec = export(artifact, number_format, calibration=calibration, compared=compared)
            measured = spec.formats.get(number_format, "cannot be measured on this processor")
            print(f"{artifact} {number_format}: {measured}")


if __name__ == "__main__":
    main()
