"""Runs artifacts: the only folder of the service that touches model runtimes, one file for each.

An artifact is held to its spec when it is loaded (files, signature names, dtypes, shapes), so
that a wrong one stops the start and not a photo.
"""

import logging
from pathlib import Path
from typing import TypeVar

from inference_api.engines.choice import Engine, Machine, Verdict, choose, judge
from inference_api.engines.litert import LiteLoader
from inference_api.engines.network import Loader, NetworkClassifier, NetworkLocalizer
from inference_api.engines.savedmodel import SavedModelLoader
from inference_api.errors import SpecMismatchError
from inference_api.pipeline import Pipeline
from inference_api.vision.released import PAIRS, PairName
from inference_api.vision.spec import SPEC_FILE, ClassifierSpec, LocalizerSpec, read_spec

_LOG = logging.getLogger(__name__)
_Spec = TypeVar("_Spec", LocalizerSpec, ClassifierSpec)


def survey(
    models_dir: Path, *, pair: PairName, engine: str = "savedmodel", machine: Machine | None = None
) -> list[Verdict]:
    """A verdict on each engine that is allowed for the pair, the fastest first.

    engine: a runtime, or `auto` for every one.
    machine: this one when left out. Raises ModelUnusableError.
    """
    specs = [spec for _, spec in _artifacts(models_dir, pair)]
    return judge(specs, engine, machine or Machine.here())


def load_pipeline(
    models_dir: Path,
    *,
    pair: PairName,
    engine: str = "savedmodel",
    threads: int = 0,
    machine: Machine | None = None,
) -> Pipeline:
    """Load the pair of artifacts called `pair` (a key of PAIRS) from `models_dir`.

    engine: a runtime, or `auto` for the fastest engine that is fit. threads: how many the
    runtime may use, 0 for one a core; TensorFlow takes another number only before its first use
    in a process. machine: this one when left out. Raises ModelUnusableError naming the file
    and the field that is wrong, or what speaks against each engine.
    """
    (localizer, localizer_spec), (classifier, classifier_spec) = _artifacts(models_dir, pair)
    verdicts = judge([localizer_spec, classifier_spec], engine, machine or Machine.here())
    chosen = choose(verdicts, engine)
    _LOG.info("the networks are run by %s", chosen)
    loader = _loader(chosen, threads)
    boxes = loader.load(localizer, localizer_spec, {"face_probability": 1, "box_rel_xyxy": 4})
    labels = loader.load(classifier, classifier_spec, classifier_spec.outputs)
    return Pipeline(
        NetworkLocalizer(boxes, localizer_spec),
        NetworkClassifier(labels, classifier_spec),
        slow_first_runs=loader.slow_first_runs,
    )


def _artifacts(
    models_dir: Path, pair: PairName
) -> tuple[tuple[Path, LocalizerSpec], tuple[Path, ClassifierSpec]]:
    localizer, classifier = (models_dir / folder for folder in PAIRS[pair])
    return (
        (localizer, _spec_of(localizer, LocalizerSpec)),
        (classifier, _spec_of(classifier, ClassifierSpec)),
    )


def _spec_of(artifact: Path, kind: type[_Spec]) -> _Spec:
    spec = read_spec(artifact)
    if not isinstance(spec, kind):
        problem = f"{spec.kind!r} in the place of {kind.model_fields['kind'].annotation}"
        raise SpecMismatchError(path=artifact / SPEC_FILE, field="kind", problem=problem)
    return spec


def _loader(engine: Engine, threads: int) -> Loader:
    if engine.number_format == "float32":
        return SavedModelLoader(threads=threads)
    if engine.number_format == "bfloat16":
        return SavedModelLoader(threads=threads, bfloat16=True)
    return LiteLoader(engine.number_format, threads=threads)
