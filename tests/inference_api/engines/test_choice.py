"""Which engine is taken: the fastest that the machine has and that is true enough."""

import pytest

from inference_api.engines.choice import ENGINES, MODULES, Engine, Machine, choose, judge
from inference_api.errors import NoEngineError
from tests.inference_api.engines.conftest import agreeing

ALL = Machine(frozenset(MODULES.values()), bfloat16=True)
INT8, FLOAT16 = Engine("litert", "int8"), Engine("litert", "float16")
SAVEDMODEL = Engine("savedmodel", "float32")
BFLOAT16 = Engine("savedmodel", "bfloat16")
EVERY = {"int8": agreeing(), "bfloat16": agreeing(), "float16": agreeing()}


@pytest.fixture
def chosen(localizer_spec, classifier_spec):
    """The engine for specs with these formats; raises NoEngineError when there is none."""

    def chosen(*, localizer=EVERY, classifier=EVERY, setting="auto", machine=ALL):
        specs = [
            localizer_spec.model_copy(update={"formats": localizer}),
            classifier_spec.model_copy(update={"formats": classifier}),
        ]
        return choose(judge(specs, setting, machine), setting)

    return chosen


@pytest.mark.parametrize(
    ("setting", "engine"), [("auto", INT8), ("litert", INT8), ("savedmodel", BFLOAT16)]
)
def test_the_fastest_engine_that_is_allowed_is_taken(chosen, setting, engine):
    assert chosen(setting=setting) == engine


@pytest.mark.parametrize(
    ("fields", "engine"),
    [
        ({"mean_iou_loss": 0.01}, INT8),
        ({"mean_iou_loss": -0.02}, INT8),  # better than float32
        ({"mean_iou_loss": 0.0101}, BFLOAT16),
        ({"label_agreement": 0.99}, INT8),
        ({"label_agreement": 0.9899}, BFLOAT16),
    ],
)
@pytest.mark.parametrize("network", ["localizer", "classifier"])
def test_a_format_beyond_the_tolerance_is_passed_over(chosen, network, fields, engine):
    assert chosen(**{network: {**EVERY, "int8": agreeing(**fields)}}) == engine


def test_both_networks_must_have_the_format(chosen):
    assert chosen(classifier={"float16": agreeing()}) == FLOAT16
    assert chosen(localizer={}) == SAVEDMODEL


@pytest.mark.parametrize(("module", "engine"), [("tensorflow", INT8), ("ai_edge_litert", BFLOAT16)])
def test_a_runtime_that_is_not_installed_is_passed_over(chosen, module, engine):
    assert chosen(machine=Machine(ALL.modules - {module}, bfloat16=True)) == engine


def test_a_processor_without_bfloat16_is_not_asked_for_it(chosen):
    assert chosen(setting="savedmodel", machine=Machine(ALL.modules, bfloat16=False)) == SAVEDMODEL


def test_when_nothing_is_fit_each_engine_is_named_with_its_reason(chosen):
    wrong = {"int8": agreeing(label_agreement=0.5)}
    with pytest.raises(NoEngineError) as caught:
        chosen(localizer=wrong, setting="litert")
    assert "bright_localizer decides as in float32 for 50.00%" in caught.value.objections[str(INT8)]
    assert "bright_localizer was not measured so" in caught.value.objections[str(FLOAT16)]
    assert all(reason in str(caught.value) for reason in caught.value.objections.values())


def test_nothing_installed_is_no_engine(chosen):
    with pytest.raises(NoEngineError, match="tensorflow is not installed"):
        chosen(machine=Machine(frozenset(), bfloat16=True))


def test_the_machine_here_has_what_can_be_imported():
    """Both runtimes belong to the development environment."""
    assert Machine.here().modules == set(MODULES.values())
    assert {engine.runtime for engine in ENGINES} == set(MODULES)
