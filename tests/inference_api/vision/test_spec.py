"""spec.json: written and read back; what is missing, wrong or altered is named."""

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from inference_api.errors import ArtifactMissingError, SpecMismatchError
from inference_api.vision.spec import (
    ClassifierSpec,
    LocalizerSpec,
    read_spec,
    sha256_of,
    write_spec,
)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
common = {
    "input_size": st.integers(1, 4096),
    "threshold": st.floats(0, 1),
    "libraries": st.dictionaries(words, words, max_size=3),
    "sha256": st.just({}),
}
specs = st.builds(LocalizerSpec, **common) | st.builds(
    ClassifierSpec, crop_margin=st.floats(0, 2), **common
)


@pytest.fixture
def artifact(tmp_path, localizer_spec):
    """An artifact with one file, and a spec that lists it."""
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"weights")
    listed = {"weights.bin": sha256_of(weights)}
    write_spec(localizer_spec.model_copy(update={"sha256": listed}), tmp_path)
    return tmp_path


def change(artifact, **fields) -> None:
    path = artifact / "spec.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


@given(spec=specs)
def test_a_spec_survives_being_written(tmp_path_factory, spec):
    folder = tmp_path_factory.mktemp("artifact")
    write_spec(spec, folder)
    assert read_spec(folder) == spec


def test_an_intact_artifact_is_read(artifact):
    assert read_spec(artifact).kind == "localizer"


@pytest.mark.parametrize("name", ["spec.json", "weights.bin"])
def test_a_missing_file_is_named(artifact, name):
    (artifact / name).unlink()
    with pytest.raises(ArtifactMissingError, match=name) as caught:
        read_spec(artifact)
    assert caught.value.path == artifact / name


def test_an_altered_file_is_named(artifact):
    (artifact / "weights.bin").write_bytes(b"Weights")
    with pytest.raises(SpecMismatchError, match=r"weights\.bin.*sha256"):
        read_spec(artifact)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"input_size": 0}, "input_size"),
        ({"threshold": 1.5}, "threshold"),
        ({"resize_filter": "lanczos"}, "resize_filter"),
        ({"box_format": "xywh"}, "box_format"),
        ({"surprise": 1}, "surprise"),
        ({"kind": "detector"}, "the whole file"),
    ],
)
def test_a_wrong_field_is_named(artifact, fields, named):
    change(artifact, **fields)
    with pytest.raises(SpecMismatchError, match=named):
        read_spec(artifact)


def test_a_spec_that_is_no_json_is_named(artifact):
    (artifact / "spec.json").write_text("{")
    with pytest.raises(SpecMismatchError, match=r"spec\.json"):
        read_spec(artifact)


LOOK = {"long_side": 150, "overlap": 16, "small_face": 0.16, "many_faces": 3, "turns": [90, 270]}
DETECTION = {"strides": [8], "max_iou": 0.45, "max_faces": 10}


def test_a_second_look_is_read_and_written(artifact):
    change(artifact, detection={**DETECTION, "look_again": LOOK})
    spec = read_spec(artifact)
    assert spec.look_again.turns == (90, 270)
    write_spec(spec, artifact)
    assert read_spec(artifact) == spec


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"long_side": 64}, "long_side"),  # no more than the first look sees
        ({"long_side": 257}, "long_side"),
        ({"overlap": 33}, "overlap"),
        ({"turns": [45]}, "turns"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_second_look_that_cannot_be_is_named(artifact, wrong, named):
    change(artifact, detection={**DETECTION, "look_again": {**LOOK, **wrong}})
    with pytest.raises(SpecMismatchError, match=named):
        read_spec(artifact)
