"""Number formats: exported beside the SavedModel, and used only as far as they agree with it."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from inference_api.engines import load_pipeline, survey
from inference_api.engines.choice import Engine
from inference_api.errors import NoEngineError
from inference_api.vision.letterbox import GREY
from inference_api.vision.spec import ClassifierSpec, Labels, LocalizerSpec, read_spec, write_spec
from training.dataset.prepared import read_split
from training.formats import main
from training.release.formats import calibration_images, compared_photos
from training.release.saved_model import save_half_precision

SIZE, STORED = 32, 48
COMMON = {
    "version": "1", "architecture": "tiny", "input_size": SIZE, "pad_color": GREY,
    "resize_filter": "area", "threshold": 0.5, "libraries": {}, "data_id": "", "git_commit": "",
    "sha256": {},
}  # fmt: skip
INT8 = Engine("litert", "int8")

# Calibration does what this warns of.
pytestmark = pytest.mark.filterwarnings("ignore:.*experimental_preserve_all_tensors")


def network(slopes):
    """Convolved brightness → each output, with weights by hand: brighter than half means yes."""
    constant = keras.initializers.Constant
    image = keras.Input((SIZE, SIZE, 3), dtype="uint8", name="image")
    pixels = keras.layers.Rescaling(1 / 255)(image)
    convolution = keras.layers.Conv2D(4, 3, activation="relu", kernel_initializer=constant(1 / 27))
    mean = keras.layers.GlobalAveragePooling2D()(convolution(pixels))
    outputs = {}
    for name, (width, slope) in slopes.items():
        weights = {"kernel_initializer": constant(slope), "bias_initializer": constant(-2 * slope)}
        outputs[name] = keras.layers.Dense(width, "sigmoid", name=name, **weights)(mean)
    return keras.Model({"image": image}, outputs)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Artifacts of both kinds, which call bright photos a face and bright crops upper."""
    models = tmp_path_factory.mktemp("models")
    localizer = LocalizerSpec(
        kind="localizer", name="face_localizer", box_format="rel_xyxy", **COMMON
    )
    classifier = ClassifierSpec(
        kind="classifier",
        name="attractiveness_classifier",
        crop_margin=0.2,
        labels=Labels(lower="Dark", upper="Bright"),
        **COMMON,
    )
    for spec, slopes in (
        (localizer, {"face_probability": (1, 4), "box_rel_xyxy": (4, 0.1)}),
        (classifier, {"probability": (1, 4)}),
    ):
        save_half_precision(network(slopes), models / spec.name)
        write_spec(spec, models / spec.name)
    return models


def write_split(folder, *, dark):
    """Photos of even brightness with a face each, but one without; all of them dark if asked."""
    folder.mkdir(parents=True)
    levels = np.full(40, 4) if dark else np.linspace(5, 250, 40).round()
    photos = np.broadcast_to(levels.astype(np.uint8)[:, None, None, None], (40, STORED, STORED, 3))
    record = {
        "dataset": "mine",
        "size_wh": [90, 90],
        "boxes_rel_xyxy": [[0.1, 0.1, 0.9, 0.9]],
        "crop": 0,
    }
    records = [record | {"boxes_rel_xyxy": []}] + [record] * 39
    (folder / "records.jsonl").write_text("\n".join(map(json.dumps, records)))
    np.save(folder / "photos.npy", photos)
    np.save(folder / "crops.npy", photos)


def prepare(folder, *, wrongly):
    """What training.prepare would write; the training photos are wrong for calibration if asked."""
    write_split(folder / "train", dark=wrongly)
    write_split(folder / "validation", dark=False)
    (folder / "summary.json").write_text(json.dumps({"crop_margin": 0.2}))
    return folder


def artifacts(models):
    return [str(models / name) for name in ("face_localizer", "attractiveness_classifier")]


@pytest.mark.parametrize("wrongly", [False, True], ids=["well", "wrongly"])
def test_a_wrong_calibration_is_stored_and_refused(exported, tmp_path, wrongly):
    models = shutil.copytree(exported, tmp_path / "models")
    prepared = prepare(tmp_path / "prepared", wrongly=wrongly)
    main([*artifacts(models), "--prepared", str(prepared), "--calibration-photos", "30"])
    verdicts = survey(models, pair="original", engine="auto")
    assert verdicts[0].engine == INT8
    for name in artifacts(models):
        made = read_spec(Path(name)).formats["int8"]
        assert (made.calibration_photos, made.validation_photos) == (30, 40)
        assert (made.label_agreement >= 0.99) != wrongly
    if wrongly:
        assert "decides as in float32" in verdicts[0].objection
        with pytest.raises(NoEngineError, match="decides as in float32"):
            load_pipeline(models, pair="original", engine="litert")
    else:
        assert verdicts[0].objection is None
        loaded = load_pipeline(models, pair="original", engine="auto")
        crops = np.stack([np.full((SIZE, SIZE, 3), level, np.uint8) for level in (20, 230)])
        assert [each.upper >= 0.5 for each in loaded.classifier.classify(crops)] == [False, True]


def test_the_calibration_sees_what_the_service_sees(tmp_path, exported):
    split = read_split(prepare(tmp_path, wrongly=False), "train")
    for name in artifacts(exported):
        images = calibration_images(split, read_spec(Path(name)), count=7)
        assert (images.shape, images.dtype) == ((7, SIZE, SIZE, 3), np.uint8)
        assert len(np.unique(images[:, SIZE // 2, SIZE // 2])) == 7  # all kinds of photos
        again = calibration_images(split, read_spec(Path(name)), count=7)
        assert np.array_equal(images, again)


def test_photos_with_and_without_a_face_are_compared(tmp_path, exported):
    split = read_split(prepare(tmp_path, wrongly=False), "validation")
    localizer, classifier = (
        compared_photos(split, read_spec(Path(name))) for name in artifacts(exported)
    )
    assert (len(localizer.images), len(localizer.boxes_rel_xyxy)) == (40, 39)
    assert localizer.images[-1, 0, 0, 0] == 5  # the one without a face comes last
    assert (len(classifier.images), len(classifier.boxes_rel_xyxy)) == (40, 0)
