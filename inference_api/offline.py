"""Predictions without a server: photo files in, JSON and annotated copies out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from inference_api.annotation import annotate
from inference_api.errors import FaceServiceError, ImageRejectedError
from inference_api.pipeline import Pipeline, Prediction
from inference_api.vision.drawing import DEFAULT_FONT
from inference_api.vision.images import DEFAULT_LIMITS, ImageLimits, decode, encode


class OriginalsAtRiskError(FaceServiceError):
    """Annotated copies are asked for in a folder that holds one of the photos."""

    def __init__(self, *, folder: Path, photo: Path) -> None:
        self.folder = folder
        self.photo = photo
        super().__init__(
            f"{folder} is where {photo} lies: name another folder for the annotated copies, "
            "so that no original is written over"
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: a prediction, or the reason that there is none.

    annotated: the copy that was written, if one was asked for.
    """

    path: Path
    prediction: Prediction | None = None
    problem: str | None = None
    annotated: Path | None = None


@dataclass(frozen=True, slots=True)
class OfflineOptions:
    """annotated_dir: where annotated JPEGs go; none are made without it."""

    annotated_dir: Path | None = None
    limits: ImageLimits = DEFAULT_LIMITS
    font_path: Path = DEFAULT_FONT


def plan_copies(paths: Sequence[Path], folder: Path) -> list[Path]:
    """Where the annotated copy of each photo goes: no two to one place, and none onto a photo.

    Photos of one name are numbered. Raises OriginalsAtRiskError.

    >>> [path.name for path in plan_copies([Path("a/1.jpg"), Path("b/1.heic")], Path("out"))]
    ['1.jpg', '1-2.jpg']
    """
    for path in paths:
        if path.resolve().parent == folder.resolve() or path.absolute().parent == folder.absolute():
            raise OriginalsAtRiskError(folder=folder, photo=path)
    taken: set[str] = set()  # in lower case, as some file systems know no other
    copies = []
    for path in paths:
        names = (f"{path.stem}{'' if n == 1 else f'-{n}'}.jpg" for n in count(1))
        name = next(name for name in names if name.casefold() not in taken)
        taken.add(name.casefold())
        copies.append(folder / name)
    return copies


def predict_files(
    pipeline: Pipeline, paths: Sequence[Path], options: OfflineOptions
) -> Iterator[Outcome]:
    """The outcome of each file, in their order and as soon as it is known.

    A file that cannot be read, or is no usable photo, is an outcome with a problem. Raises
    OriginalsAtRiskError, before anything is read.
    """
    copies: Sequence[Path | None] = [None] * len(paths)
    if options.annotated_dir:
        copies = plan_copies(paths, options.annotated_dir)
        options.annotated_dir.mkdir(parents=True, exist_ok=True)
    for path, copy in zip(paths, copies, strict=True):
        try:
            yield Outcome(path, _predict_file(pipeline, path, copy, options), annotated=copy)
        except (OSError, ImageRejectedError) as error:
            yield Outcome(path, problem=str(error))


def _predict_file(
    pipeline: Pipeline, path: Path, copy: Path | None, options: OfflineOptions
) -> Prediction:
    image = decode(path.read_bytes(), limits=options.limits)
    (prediction,) = pipeline.predict([pipeline.prepare(image)])
    if copy:
        marked = annotate(image, prediction, font_path=options.font_path)
        _write(copy, encode(marked, image_format="JPEG"))
    return prediction


def _write(copy: Path, picture: bytes) -> None:
    """Put the picture there at once; what a link of that name leads to is left as it is."""
    partial = copy.with_name(f"{copy.name}.partial")
    partial.write_bytes(picture)
    partial.replace(copy)
