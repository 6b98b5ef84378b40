"""A released pair's localizer, run as the service runs it, but alone: nothing is classified."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.peers.answering import About, Detector, Pixels, Scored, answer
from inference_api.engines import load_pipeline, survey
from inference_api.engines.choice import choose
from inference_api.engines.network import NetworkLocalizer
from inference_api.errors import ModelUnusableError
from inference_api.pipeline import ImageBatch, Pipeline
from inference_api.vision.labelling import Opinion
from inference_api.vision.released import PAIRS
from inference_api.vision.spec import SPEC_FILE, ClassifierSpec, sha256_of

MIN_PROBABILITY = 0.02  # of what counts for the precision-recall curve

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--pair", choices=PAIRS, required=True)
parser.add_argument("--models", type=Path, required=True, help="folder of the artifacts")
parser.add_argument("--engine", required=True, help="what runs it, as in API_ENGINE")
parser.add_argument("--every", action="store_true", help="improbable faces too")
parser.add_argument("--alone", action="store_true", help="time the localizer only, tell no faces")


@dataclass(frozen=True, slots=True)
class _NoClassifier:
    """Stands in the classifier's place and costs nothing."""

    spec: ClassifierSpec

    def classify(self, crops: ImageBatch) -> list[Opinion]:
        return [Opinion(0.0)] * len(crops)


def load(every: bool) -> Detector:
    """The pair that the command line names."""
    options = parser.parse_args()
    pair, engine = options.pair, options.engine
    loaded = load_pipeline(options.models, pair=pair, engine=engine)
    chosen = choose(survey(options.models, pair=pair, engine=engine), engine)
    localizer, spec = loaded.localizer, loaded.localizer.spec
    if every and isinstance(localizer, NetworkLocalizer):
        # The localizer's own: a detector drops what its spec calls improbable before it tells.
        localizer.spec = spec.model_copy(update={"threshold": MIN_PROBABILITY})
    pipeline = Pipeline(localizer, _NoClassifier(loaded.classifier.spec))
    # Not the version alone: a network may be trained anew before it is released.
    digest = sha256_of(options.models / PAIRS[pair][0] / SPEC_FILE)
    versions = {spec.name: f"{spec.version} ({digest[:8]})", chosen.runtime: chosen.number_format}
    about = About(versions, spec.threshold)
    return _alone(pipeline, about) if options.alone else _whole(pipeline, about)


def _whole(pipeline: Pipeline, about: About) -> Detector:
    """From the photo to its faces, as the peers are timed."""

    def detect(pixels: Pixels) -> Sequence[Scored]:
        (prediction,) = pipeline.predict([pipeline.prepare(pixels)])
        return [
            (face.box.left, face.box.top, face.box.right, face.box.bottom, face.face_probability)
            for face in prediction.faces
        ]

    return Detector(about, detect)


def _alone(pipeline: Pipeline, about: About) -> Detector:
    """From the square to the localizer's boxes, which are not told: the way back takes time.

    It has just run when the clock starts, as in a service at work: not the time since it ran last
    is measured, in which others filled the processor's caches.
    """

    def prepare(pixels: Pixels) -> ImageBatch:
        squares = np.stack([pipeline.prepare(pixels).square])
        pipeline.localizer.localize(squares)
        return squares

    def detect(squares: ImageBatch) -> Sequence[Scored]:
        pipeline.localizer.localize(squares)
        return []

    return Detector(about, detect, prepare)


if __name__ == "__main__":
    try:
        answer(load)
    except ModelUnusableError as error:  # its text says all; a traceback would fill the page
        sys.exit(str(error))
