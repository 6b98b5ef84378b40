"""The released artifacts on photos in this repository, and on what is no photo of anyone."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference_api.engines import load_pipeline
from inference_api.engines.choice import MAX_IOU_LOSS, MIN_LABEL_AGREEMENT, Machine
from inference_api.vision.boxes import Box, iou
from inference_api.vision.images import decode, decode_reduced, encode
from inference_api.vision.letterbox import crop_square

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models"
# xyxy in pixels, by the data set's own detector, looked at by eye.
FACES = {
    "london_neutral_044_03.jpg": (155.7, 129.3, 289.7, 318.6),
    "london_smiling_022_08.jpg": (158.4, 142.5, 282.9, 318.9),
    "london_smiling_034_08.jpg": (150.3, 150.0, 298.2, 347.6),
}
MEBIBYTE = 2**20


PAIRS = ("original", "compact")
ENGINES = ("float32", "litert", *(["bfloat16"] if Machine.here().bfloat16 else []))


@pytest.fixture(scope="module")
def pipelines():
    """Each pair by every engine; without bfloat16 where the processor lacks it."""
    return {(pair, engine): load(pair, engine) for pair, engine in product(PAIRS, ENGINES)}


def load(pair, engine):
    if engine == "litert":
        return load_pipeline(MODELS, pair=pair, engine="litert")
    bfloat16 = engine == "bfloat16"
    machine = replace(Machine.here(), bfloat16=bfloat16)
    return load_pipeline(MODELS, pair=pair, engine="savedmodel", machine=machine)


@pytest.fixture(params=product(PAIRS, ENGINES), ids="-".join)
def pipeline(request, pipelines):
    return pipelines[request.param]


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
    assert face.face_probability > pipeline.localizer.spec.threshold + 0.1
    assert face.answer.label in ("Sexy", "Ugly", "not sure")
    assert 0.5 <= (face.answer.probability or 0.5) <= 1


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", FACES)
def test_a_reduced_decode_leaves_each_box_where_it_is(pipelines, pair, name):
    pipeline = pipelines[pair, "float32"]
    image = decode((ROOT / "tests/photos" / name).read_bytes())
    photo = encode(cv2.resize(image, (2560, 2560)), image_format="JPEG")
    reduced, size_wh = decode_reduced(photo, least_side=pipeline.enough_side)
    assert (reduced.shape, size_wh) == ((1280, 1280, 3), (2560, 2560))
    whole, smaller = pipeline.predict(
        [pipeline.prepare(decode(photo)), pipeline.prepare(reduced, size_wh=size_wh)]
    )
    [face], [found] = whole.faces, smaller.faces
    assert np.abs(face.box.as_array() - found.box.as_array()).max() <= 2  # pixels of 2560
    assert face.answer.label == found.answer.label


def test_a_small_face_in_a_corner_is_found_there(pipeline):
    face = decode((ROOT / "tests/photos/london_smiling_034_08.jpg").read_bytes())[::2, ::2]
    height, width = face.shape[:2]
    ground = np.full((600, 600, 3), (70, 110, 60), np.uint8)
    ground[-height:, :width] = face
    [found] = faces_in(pipeline, ground)
    expected = np.array(FACES["london_smiling_034_08.jpg"]) / 2 + np.tile([0, 600 - height], 2)
    assert iou([found.box.as_array()], [expected])[0, 0] > 0.5


def placements():
    """Each test photo at four sizes in nine places of a ground, with its face's box there."""
    for name, corners in FACES.items():
        image = decode((ROOT / "tests/photos" / name).read_bytes())
        for side in (140, 200, 280, 400):
            scale = side / image.shape[0]
            photo = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
            for left, top in product(np.linspace(0, 480 - side, 3, dtype=int), repeat=2):
                ground = np.full((480, 480, 3), (70, 110, 60), np.uint8)
                ground[top : top + side, left : left + side] = photo
                yield ground, np.array(corners) * scale + np.tile([left, top], 2)


@pytest.mark.parametrize(("pair", "engine"), [*product(PAIRS, ENGINES[1:])])
def test_the_engines_answer_alike_within_the_stored_tolerance(pipelines, pair, engine):
    exact, rounded = pipelines[pair, "float32"], pipelines[pair, engine]
    ious, crops = ([], []), []
    spec = exact.classifier.spec
    for image, expected in placements():
        face = Box(*map(float, expected))
        crops.append(crop_square(image, face, margin=spec.crop_margin, size=spec.input_size))
        for found_ious, pipeline in zip(ious, (exact, rounded), strict=True):
            found = [face.box.as_array() for face in faces_in(pipeline, image)]
            found_ious.append(iou(found, [expected]).max(initial=0))
    assert np.mean(ious[0]) - np.mean(ious[1]) <= MAX_IOU_LOSS
    ours, theirs = (each.classifier.classify(np.stack(crops)) for each in (exact, rounded))
    same = [
        (a.upper >= spec.threshold) == (b.upper >= spec.threshold)
        for a, b in zip(ours, theirs, strict=True)
    ]
    assert np.mean(same) >= MIN_LABEL_AGREEMENT


@pytest.mark.skipif(not Machine.here().bfloat16, reason="the processor does not multiply bfloat16")
def test_bfloat16_is_really_computed_in(pipelines):
    crops = np.random.default_rng(0).integers(0, 256, (8, 120, 120, 3), np.uint8)
    exact, rounded = (
        pipelines["original", engine].classifier.classify(crops)
        for engine in ("float32", "bfloat16")
    )
    assert exact != rounded


WITHOUT_TENSORFLOW = r"""
import re, sys
from pathlib import Path
from inference_api.__main__ import main
status = main(["predict", "--json", *sys.argv[1:]])
# Not ru_maxrss, which a process has from the one that forked it.
print(int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024)
sys.exit("TensorFlow was imported" if "tensorflow" in sys.modules else status)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in other units")
def test_litert_needs_neither_tensorflow_nor_much_memory(tmp_path):
    photos = [str(ROOT / "tests/photos" / name) for name in FACES]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, *photos],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT), "API_ENGINE": "litert", "API_MODELS_DIR": str(MODELS)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *answers, peak_mib = done.stdout.splitlines()
    assert [len(json.loads(answer)["faces"]) for answer in answers] == [1, 1, 1]
    assert float(peak_mib) * MEBIBYTE < 250e6


def test_the_artifacts_are_small_enough_to_be_kept_in_the_repository():
    sizes = [path.stat().st_size for path in MODELS.rglob("*") if path.is_file()]
    assert max(sizes) < 50 * MEBIBYTE
    assert sum(sizes) < 80 * MEBIBYTE


@pytest.mark.parametrize(
    "name",
    ["face_localizer", "attractiveness_classifier", "compact_detector", "compact_classifier"],
)
def test_the_card_has_its_figures(name):
    card = (MODELS / name / "MODEL_CARD.md").read_text("utf-8")
    assert "| n |" in card
    assert "non-commercial" in card.casefold()
