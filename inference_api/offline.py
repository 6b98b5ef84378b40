"""Predictions without a server: photo files in, JSON and annotated copies out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference_api.annotation import annotate
from inference_api.errors import ImageRejectedError
from inference_api.pipeline import Pipeline, Prediction
from inference_api.vision.images import DEFAULT_LIMITS, ImageLimits, decode, encode


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: a prediction, or the reason that there is none."""

    path: Path
    prediction: Prediction | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class OfflineOptions:
    """annotated_dir: where annotated JPEGs go; none are made without it."""

    annotated_dir: Path | None = None
    limits: ImageLimits = DEFAULT_LIMITS


def predict_files(
    pipeline: Pipeline, paths: Sequence[Path], options: OfflineOptions
) -> Iterator[Outcome]:
    """The outcome of each file, in their order and as soon as it is known.

    A file that cannot be read, or is no usable photo, is an outcome with a problem.
    """
    for path in paths:
        try:
            yield Outcome(path, prediction=_predict_file(pipeline, path, options))
        except (OSError, ImageRejectedError) as error:
            yield Outcome(path, problem=str(error))


def _predict_file(pipeline: Pipeline, path: Path, options: OfflineOptions) -> Prediction:
    image = decode(path.read_bytes(), limits=options.limits)
    (prediction,) = pipeline.predict([pipeline.prepare(image)])
    if options.annotated_dir:
        picture = encode(annotate(image, prediction), image_format="JPEG")
        (options.annotated_dir / f"{path.stem}.jpg").write_bytes(picture)
    return prediction
