"""The whole chain on drawn faces: what it leaves behind can be served."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inference_api.engines import load_pipeline
from inference_api.vision.boxes import Box
from tests.training.painted import ground
from training.dataset.drawn import draw_face, draw_ground
from training.quickstart import main, steps
from training.release.plain import plain_classifier, plain_localizer
from training.release.saved_model import SignatureFunction

ROOT = Path(__file__).parents[2]
PHOTOS = np.stack([ground(seed, size_wh=(120, 120)) for seed in range(4)])


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The folder after the chain has run, and what it printed."""
    folder = tmp_path_factory.mktemp("quickstart")
    main(["--out", str(folder)])
    return folder


@pytest.mark.slow
def test_every_run_leaves_its_log_curves_and_networks(out):
    for run in ("narrow", "localizer", "classifier"):
        files = {"config.json", "log.jsonl", "curves.png", "best.keras", "checkpoint.keras"}
        files |= {"contact_sheet.png"} if run != "classifier" else set()
        assert {path.name for path in (out / run).iterdir()} == files
        rows = [json.loads(line) for line in (out / run / "log.jsonl").read_text().splitlines()]
        assert all(np.isfinite(list(row.values())).all() for row in rows)


@pytest.mark.slow
def test_the_classifier_has_learned_which_drawn_faces_are_cheerful(out):
    rows = [json.loads(line) for line in (out / "classifier/log.jsonl").read_text().splitlines()]

    assert max(row["val_rated_auc"] for row in rows) > 0.8
    assert rows[-1]["loss"] < rows[0]["loss"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "run", "plain"),
    [
        ("face_localizer", "localizer", plain_localizer),
        ("attractiveness_classifier", "classifier", plain_classifier),
    ],
)
def test_the_artifacts_answer_as_the_trained_networks_do(out, name, run, plain):
    served = SignatureFunction(out / "models" / name)(PHOTOS)
    trained = plain(out / run).predict({"image": PHOTOS}, verbose=0)

    assert set(served) == set(trained)
    for output, value in trained.items():
        np.testing.assert_allclose(served[output], value, atol=1e-2)


@pytest.mark.slow
def test_the_artifacts_can_be_served(out):
    pipeline = load_pipeline(out / "models", pair="original")
    drawing = draw_face(np.random.default_rng(0))

    (prediction,) = pipeline.predict([pipeline.prepare(drawing.image)])

    height, width = drawing.image.shape[:2]
    assert prediction.size_wh == (width, height)
    assert {model.name for model in prediction.models} == {
        "face_localizer", "attractiveness_classifier",
    }  # fmt: skip


@pytest.mark.slow
def test_the_cards_have_the_figures(out):
    for name in ("face_localizer", "attractiveness_classifier"):
        assert "| rated |" in (out / "models" / name / "MODEL_CARD.md").read_text()


def test_every_step_is_a_command_for_real_data(tmp_path):
    names = [module.__name__.removeprefix("training.") for module, _ in steps(tmp_path, seed=0)]

    assert names == [
        "prepare", "train_localizer", "train_localizer", "train_classifier", "export", "evaluate",
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_a_drawn_face_fills_its_box_inside_the_picture(seed):
    rng = np.random.default_rng(seed)
    drawing = draw_face(rng)
    height, width = drawing.image.shape[:2]
    box = Box(*drawing.box_xyxy)

    assert box.clip((width, height)) == box
    assert 0.39 * min(width, height) - 2 <= box.height <= 0.8 * min(width, height)
    assert 0 <= drawing.cheer <= 1
    # Without the face the same picture would be a ground: only the box differs from it.
    same = draw_ground(np.random.default_rng(seed))
    rows, columns = np.nonzero((drawing.image != same).any(axis=2))
    found = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(found, box.as_array(), atol=2)


def test_nothing_asks_the_network_when_training_is_imported():
    code = (
        "import socket\n"
        "def refuse(*_, **__): raise SystemExit('asked the network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "import training.localizer.augment"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=False)  # fmt: skip

    assert done.returncode == 0, done.stderr
