"""The tiny models in the forms that each engine runs."""

import shutil

import pytest

from inference_api.vision.released import PAIRS
from inference_api.vision.spec import NumberFormat, read_spec, sha256_of, write_spec


def agreeing(**fields) -> NumberFormat:
    """A number format that says what float32 says, but for `fields`."""
    same = {"mean_iou_loss": 0, "label_agreement": 1}
    return NumberFormat(
        **{"file": "any", "calibration_photos": 0, "validation_photos": 10, **same, **fields}
    )


@pytest.fixture(scope="session")
def engine_models_dir(models_dir, tmp_path_factory):
    """The tiny models with a .tflite file each, for every engine."""
    from training.release.lite import convert

    folder = shutil.copytree(models_dir, tmp_path_factory.mktemp("lite") / "models")
    for artifact in (folder / name for name in PAIRS["compact"]):
        spec = read_spec(artifact)
        path = artifact / "float16.tflite"
        path.write_bytes(convert(artifact, "float16", calibration=None))
        listed = {**spec.sha256, path.name: sha256_of(path)}
        formats = {"float16": agreeing(file=path.name), "bfloat16": agreeing()}
        write_spec(spec.model_copy(update={"sha256": listed, "formats": formats}), artifact)
    return folder
