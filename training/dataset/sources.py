"""Where photos and their labels come from: one `Photo` each, whatever the folder's layout.

Three layouts are read:

- a JSON-lines index: `index.jsonl`, one object a line with `image` and `boxes_xyxy`, and where
  known `fold`, `score`, `group`, `duplicate_group`, `licence`;
- labelme: photos with a JSON of the same name beside each, as labelme saves it;
- class folders: two subfolders named like the categories, for the classifier alone.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

PHOTO_SUFFIXES = frozenset(
    [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".heif"]
)
INDEX_FILE = "index.jsonl"
Corners = tuple[float, float, float, float]  # left, top, right, bottom


class BadLabelError(ValueError):
    """An annotation that cannot be used; the text says why, for the summary."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo and what people said of it.

    boxes_xyxy: faces, pixels of the oriented photo; empty = no face, None = nobody has looked.
    identity: photos of one identity never part. duplicate_group: near copies, each rated on its
    own. fold: 0-4 where the data set gives it. score: mean human rating on the data set's own
    scale. category: the class folder's name. group: gender, ethnicity, age.
    """

    path: Path
    dataset: str
    boxes_xyxy: tuple[Corners, ...] | None
    identity: str | None = None
    duplicate_group: str | None = None
    fold: int | None = None
    score: float | None = None
    category: str | None = None
    group: dict[str, str] = field(default_factory=dict)
    box_source: str = "human"
    licence: str = "own"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that is left out, and why."""

    path: Path
    reason: str


class _Shape(BaseModel):
    """Rectangles; of polygons and masks the bounds. labelme gives a circle by center and edge."""

    shape_type: Literal["rectangle", "polygon", "mask"] = "rectangle"
    points: Annotated[list[tuple[FiniteFloat, FiniteFloat]], Field(min_length=2)]


class _Annotation(BaseModel):
    shapes: list[_Shape]


class _IndexRow(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    image: str
    boxes_xyxy: list[tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]]
    box_source: str = "human"
    duplicate_group: str | None = None
    fold: Annotated[int, Field(ge=0, le=4)] | None = None
    score: FiniteFloat | None = None
    group: dict[str, str] | None = None
    licence: str = "unknown"


def read_source(folder: Path, *, categories: tuple[str, str]) -> Iterator[Photo | Rejected]:
    """Everything in `folder`, in a fixed order; what cannot be used comes back as `Rejected`."""
    if (folder / INDEX_FILE).is_file():
        yield from _read_index(folder)
    elif all((folder / category).is_dir() for category in categories):
        for category in categories:
            yield from _read_annotated(folder / category, dataset=folder.name, category=category)
        for path in photos_in(folder):
            if path.relative_to(folder).parts[0] not in categories:
                yield Rejected(path, f"in neither of the folders {' and '.join(categories)}")
    else:
        yield from _read_annotated(folder, dataset=folder.name)


def photos_in(folder: Path) -> list[Path]:
    """Every photo in `folder` and below, by its suffix, sorted."""
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in PHOTO_SUFFIXES)


def parse_labelme(text: str | bytes) -> tuple[Corners, ...]:
    """Boxes of a labelme annotation, corners in any order; empty when it has no shapes.

    Raises BadLabelError for anything that is not labelme's JSON with rectangles.

    >>> parse_labelme('{"shapes": [{"shape_type": "rectangle", "points": [[9, 1], [3, 7]]}]}')
    ((3.0, 1.0, 9.0, 7.0),)
    """
    try:
        shapes = _Annotation.model_validate_json(text).shapes
    except ValidationError as error:
        raise BadLabelError(f"not a labelme annotation: {_first_of(error)}") from error
    return tuple(_bounds(shape.points) for shape in shapes)


def _bounds(points: list[tuple[float, float]]) -> Corners:
    xs, ys = zip(*points, strict=True)
    if min(xs) == max(xs) or min(ys) == max(ys):
        raise BadLabelError("a box without an area")
    return min(xs), min(ys), max(xs), max(ys)


def _first_of(error: ValidationError) -> str:
    first = error.errors()[0]
    return ": ".join([*(str(part) for part in first["loc"]), first["msg"]])


def _read_index(folder: Path) -> Iterator[Photo | Rejected]:
    index = folder / INDEX_FILE
    for number, line in enumerate(index.read_bytes().splitlines(), start=1):
        try:
            yield _index_photo(_IndexRow.model_validate_json(line), folder)
        except ValidationError as error:
            yield Rejected(index, f"line {number}: {_first_of(error)}")
        except BadLabelError as error:
            yield Rejected(index, f"line {number}: {error}")


def _index_photo(row: _IndexRow, folder: Path) -> Photo:
    group = dict(row.group or {})
    duplicates = row.duplicate_group and f"{folder.name}:{row.duplicate_group}"
    return Photo(
        path=folder / row.image,
        dataset=folder.name,
        boxes_xyxy=tuple(_bounds([box[:2], box[2:]]) for box in row.boxes_xyxy),
        identity=group.pop("subject", None) or duplicates,
        duplicate_group=duplicates,
        fold=row.fold,
        score=row.score,
        group=group,
        box_source=row.box_source,
        licence=row.licence,
    )


def _read_annotated(
    folder: Path, *, dataset: str, category: str | None = None
) -> Iterator[Photo | Rejected]:
    """Photos with labelme's JSON beside each; without one a photo of a category is all face."""
    photos = photos_in(folder)
    sharing = Counter(path.with_suffix("") for path in photos)
    for path in photos:
        annotation = path.with_suffix(".json")
        if not annotation.is_file():
            missing = Rejected(path, f"no {annotation.name} beside it")
            yield Photo(path, dataset, None, category=category) if category else missing
        elif sharing[path.with_suffix("")] > 1:
            yield Rejected(path, f"shares {annotation.name} with another photo")
        else:
            yield _read_labelme(path, annotation, dataset=dataset, category=category)
    for annotation in sorted(folder.rglob("*.json")):
        if annotation.with_suffix("") not in sharing:
            yield Rejected(annotation, "no photo beside it")


def _read_labelme(
    path: Path, annotation: Path, *, dataset: str, category: str | None
) -> Photo | Rejected:
    try:
        boxes = parse_labelme(annotation.read_bytes())
    except (BadLabelError, OSError) as error:
        return Rejected(annotation, str(error))
    return Photo(path, dataset, boxes, category=category)
