"""Artifacts are loaded, held to their specs, and run as the pipeline expects."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from inference_api.engines import load_pipeline
from inference_api.engines.choice import MODULES, Machine
from inference_api.errors import ArtifactMissingError, ModelUnusableError, SpecMismatchError
from inference_api.settings import Settings
from inference_api.vision.released import PAIRS
from inference_api.vision.spec import read_spec, sha256_of, write_spec
from tests.inference_api.tiny_models import write_classifier

LOCALIZER, CLASSIFIER = PAIRS["compact"]


GRAPHS = {"savedmodel": "saved_model.pb", "litert": "float16.tflite"}
PLAIN = replace(Machine.here(), bfloat16=False)


@pytest.fixture(params=GRAPHS)
def engine(request):
    return request.param


@pytest.fixture
def copy(engine_models_dir, tmp_path):
    """A copy of the tiny models, to damage."""
    return shutil.copytree(engine_models_dir, tmp_path / "models")


@pytest.fixture(scope="module", params=GRAPHS)
def loaded(request, engine_models_dir):
    return load_pipeline(engine_models_dir, pair="compact", engine=request.param, machine=PLAIN)


def test_every_engine_can_be_asked_for_in_the_settings():
    for engine in (*MODULES, "auto"):
        assert Settings(_env_file=None, engine=engine).engine == engine


def test_every_pair_can_be_asked_for_in_the_settings():
    for pair in PAIRS:
        assert Settings(_env_file=None, models=pair).models == pair


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_engine_answers_as_the_same_network_in_numpy(loaded, pipeline, count):
    squares = np.random.default_rng(count).integers(0, 256, (count, 64, 64, 3), np.uint8)
    squares[0] = 0  # nothing bright: no face
    for ours, theirs in zip(
        loaded.localizer.localize(squares), pipeline.localizer.localize(squares), strict=True
    ):
        assert ours.boxes_rel_xyxy.shape == (1, 4)
        np.testing.assert_allclose(ours.face_probabilities, theirs.face_probabilities)
        if theirs.face_probabilities[0]:
            np.testing.assert_allclose(ours.boxes_rel_xyxy, theirs.boxes_rel_xyxy, atol=1e-6)
    ours, theirs = (each.classifier.classify(squares) for each in (loaded, pipeline))
    assert [each.upper for each in ours] == pytest.approx([e.upper for e in theirs], abs=1e-5)
    assert {each[1:] for each in ours} <= {(None, None)}  # it says no more


def test_bfloat16_stays_with_those_that_ask_for_it(engine_models_dir):
    """TensorFlow's switch is one for the whole process."""
    squares = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    plain, rounded, again = (
        load_pipeline(
            engine_models_dir, pair="compact", machine=replace(PLAIN, bfloat16=bfloat16)
        ).classifier.classify(squares)
        for bfloat16 in (False, True, False)
    )
    assert again == plain
    assert [each.upper for each in rounded] == pytest.approx([e.upper for e in plain], abs=0.05)


def test_the_whole_way_finds_the_face_at_its_pixels(loaded, scene):
    (prediction,) = loaded.predict([loaded.prepare(scene.image)])
    (face,) = prediction.faces
    assert face.box.as_array() == pytest.approx(scene.box, abs=1.5 * 320 / 64)
    assert face.answer.label == scene.label


@pytest.mark.parametrize("folder", [LOCALIZER, CLASSIFIER])
@pytest.mark.parametrize("name", ["spec.json", *GRAPHS.values(), "variables/variables.index"])
def test_a_missing_file_is_named(copy, folder, name):
    (copy / folder / name).unlink()
    with pytest.raises(ArtifactMissingError) as caught:
        load_pipeline(copy, pair="compact")
    assert caught.value.path == copy / folder / name


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ArtifactMissingError, match=LOCALIZER):
        load_pipeline(tmp_path, pair="compact")


def test_an_altered_file_is_named(copy):
    path = next((copy / LOCALIZER / "variables").glob("*.data-*"))
    path.write_bytes(b"\0" + path.read_bytes()[1:] + b"\0")
    with pytest.raises(SpecMismatchError, match=path.name):
        load_pipeline(copy, pair="compact")


def test_models_in_each_other_s_place_are_refused(copy):
    (copy / LOCALIZER).rename(copy / "other")
    (copy / CLASSIFIER).rename(copy / LOCALIZER)
    (copy / "other").rename(copy / CLASSIFIER)
    with pytest.raises(SpecMismatchError, match="kind"):
        load_pipeline(copy, pair="compact")


def rewrite(artifact, **fields) -> None:
    write_spec(read_spec(artifact).model_copy(update=fields), artifact)


def test_an_input_size_that_the_network_does_not_take_is_refused(copy, engine):
    rewrite(copy / LOCALIZER, input_size=120)
    with pytest.raises(SpecMismatchError, match="image") as caught:
        load_pipeline(copy, pair="compact", engine=engine)
    assert caught.value.field == "image"


def test_a_spec_that_does_not_list_the_graph_is_refused(copy, engine):
    rewrite(copy / CLASSIFIER, sha256={})
    with pytest.raises(SpecMismatchError, match=f"does not list {GRAPHS[engine]}"):
        load_pipeline(copy, pair="compact", engine=engine)


def test_a_graph_that_is_none_is_refused(copy, engine):
    artifact = copy / LOCALIZER
    spec = read_spec(artifact)
    graph = artifact / GRAPHS[engine]
    graph.write_bytes(b"no graph")
    listed = {**spec.sha256, graph.name: sha256_of(graph)}
    write_spec(spec.model_copy(update={"sha256": listed}), artifact)
    with pytest.raises(ModelUnusableError, match=f"{graph.name}.*cannot be loaded"):
        load_pipeline(copy, pair="compact", engine=engine)


@pytest.mark.parametrize(
    ("dtype", "output", "named"),
    [("float32", "probability", "image"), ("uint8", "score", "probability")],
)
def test_a_signature_of_other_names_or_types_is_refused(
    copy, classifier_spec, dtype, output, named
):
    shutil.rmtree(copy / CLASSIFIER)
    write_classifier(copy / CLASSIFIER, classifier_spec, dtype=dtype, output=output)
    with pytest.raises(SpecMismatchError) as caught:
        load_pipeline(copy, pair="compact")
    assert caught.value.field == named
