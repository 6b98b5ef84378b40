"""The released artifacts on photos in this repository, and on what is no photo of anyone."""

from pathlib import Path

import numpy as np
import pytest

from inference_api.engines import load_pipeline
from inference_api.vision.boxes import iou
from inference_api.vision.images import decode

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models"
# xyxy in pixels, by the data set's own detector, looked at by eye.
FACES = {
    "london_neutral_044_03.jpg": (155.7, 129.3, 289.7, 318.6),
    "london_smiling_022_08.jpg": (158.4, 142.5, 282.9, 318.9),
    "london_smiling_034_08.jpg": (150.3, 150.0, 298.2, 347.6),
}
MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def pipeline():
    return load_pipeline(MODELS, pair="original")


def faces_in(pipeline, image):
    [prediction] = pipeline.predict([pipeline.prepare(image)])
    return prediction.faces


@pytest.mark.parametrize(
    "image",
    [
        np.full((480, 640, 3), 128, np.uint8),
        np.zeros((300, 300, 3), np.uint8),
        np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (256, 1, 3)),
    ],
    ids=["grey", "black", "gradient"],
)
def test_no_face_is_an_answer(pipeline, image):
    assert faces_in(pipeline, image) == ()


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_face_is_framed_where_it_is(pipeline, name, mirrored):
    image = decode((ROOT / "tests/photos" / name).read_bytes())
    left, top, right, bottom = FACES[name]
    if mirrored:
        image = np.ascontiguousarray(image[:, ::-1])
        left, right = image.shape[1] - right, image.shape[1] - left
    [face] = faces_in(pipeline, image)
    assert iou([face.box.as_array()], [(left, top, right, bottom)])[0, 0] > 0.7
    assert face.face_probability > 0.9
    assert face.label in ("Sexy", "Ugly")
    assert 0.5 <= face.probability <= 1


def test_a_small_face_in_a_corner_is_found_there(pipeline):
    face = decode((ROOT / "tests/photos/london_smiling_034_08.jpg").read_bytes())[::2, ::2]
    height, width = face.shape[:2]
    ground = np.full((600, 600, 3), (70, 110, 60), np.uint8)
    ground[-height:, :width] = face
    [found] = faces_in(pipeline, ground)
    expected = np.array(FACES["london_smiling_034_08.jpg"]) / 2 + np.tile([0, 600 - height], 2)
    assert iou([found.box.as_array()], [expected])[0, 0] > 0.5


def test_the_artifacts_are_small_enough_to_be_kept_in_the_repository():
    sizes = [path.stat().st_size for path in MODELS.rglob("*") if path.is_file()]
    assert max(sizes) < 50 * MEBIBYTE
    assert sum(sizes) < 60 * MEBIBYTE


@pytest.mark.parametrize("name", ["face_localizer", "attractiveness_classifier"])
def test_the_card_has_its_figures(name):
    card = (MODELS / name / "MODEL_CARD.md").read_text("utf-8")
    assert "| n |" in card
    assert "non-commercial" in card.casefold()
