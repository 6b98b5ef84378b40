"""The released artifacts without what LiteRT does not run: the service takes them for whole."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inference_api.vision.spec import read_spec

ROOT = Path(__file__).parents[2]
ARTIFACTS = ["face_localizer", "attractiveness_classifier"]


def slimmed(models: Path) -> None:
    """Run the script on the folder."""
    subprocess.run([sys.executable, ROOT / "deploy" / "slim_models.py", models], check=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ARTIFACTS)
def test_what_litert_runs_is_left_and_intact(name: str, tmp_path: Path) -> None:
    artifact = tmp_path / name
    shutil.copytree(ROOT / "models" / name, artifact)

    slimmed(tmp_path)

    spec = read_spec(artifact)
    files = {each.file for each in spec.formats.values()}
    assert spec.sha256.keys() == {file for file in files if file.endswith(".tflite")}
    assert not list(artifact.rglob("*.pb")) + list(artifact.rglob("variables.*"))


@pytest.mark.parametrize("name", ARTIFACTS)
def test_an_artifact_that_litert_cannot_run_stays_as_it_is(name: str, tmp_path: Path) -> None:
    spec = json.loads((ROOT / "models" / name / "spec.json").read_bytes())
    kept = {path: digest for path, digest in spec["sha256"].items() if path.endswith(".pb")}
    artifact = tmp_path / name
    artifact.mkdir()
    for path in kept:
        shutil.copy(ROOT / "models" / name / path, artifact)
    (artifact / "spec.json").write_text(json.dumps({**spec, "sha256": kept}), "utf-8")
    before = contents(tmp_path)

    slimmed(tmp_path)

    assert contents(tmp_path) == before
