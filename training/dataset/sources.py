"""Where photos and their labels come from: one `Photo` each, whatever the folder's layout.

Three layouts are read:

- a JSON-lines index: `index.jsonl`, one object a line with `image` and `boxes_xyxy`, and where
  known `ignore_xyxy`, `fold`, `score`, `group`, `duplicate_group`, `licence`; single ratings may
  lie beside it (`training.dataset.ratings`);
- labelme: photos with a JSON of the same name beside each, as labelme saves it;
- class folders: two subfolders named like the categories, for the classifier alone.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from training.dataset.files import files_in
from training.dataset.ratings import UpperHalf, read_ratings, upper_halves

PHOTO_SUFFIXES = frozenset(
    [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".heif"]
)
INDEX_FILE = "index.jsonl"
FACE = "face"  # the label that `training.collect` tells people to give
Corners = tuple[float, float, float, float]  # left, top, right, bottom


class BadLabelError(ValueError):
    """An annotation that cannot be used; the text says why, for the summary."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo and what people said of it.

    boxes_xyxy: faces, pixels of the oriented photo; empty = no face, None = nobody has looked.
    ignored_xyxy: what is neither face nor background: not judged, or too small to use.
    identity: photos of one identity never part. duplicate_group: near copies, each rated on its
    own. loose_boxes: they show where faces are, not how large. fold: 0-4 where the data set gives
    it. score: mean human rating on the data set's own scale. category: the class folder's name.
    group: gender, ethnicity, age. upper_share: of the n_ratings single ratings those that put it
    into the upper half of its ethnic group. drawn_on_wh: size of the photo when its boxes were
    drawn. other_labels: of shapes that are no faces.
    """

    path: Path
    dataset: str
    boxes_xyxy: tuple[Corners, ...] | None
    identity: str | None = None
    duplicate_group: str | None = None
    fold: int | None = None
    score: float | None = None
    category: str | None = None
    upper_share: float | None = None
    n_ratings: int = 0
    group: dict[str, str] = field(default_factory=dict)
    box_source: str = "human"
    licence: str = "own"
    ignored_xyxy: tuple[Corners, ...] = ()
    drawn_on_wh: tuple[int, int] | None = None
    other_labels: tuple[str, ...] = ()
    loose_boxes: bool = False


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
    shapes: list[dict[str, object]]
    imageWidth: int | None = None  # noqa: N815 - labelme's own words
    imageHeight: int | None = None  # noqa: N815


class Annotation(NamedTuple):
    """labelme's JSON: the boxes that are faces, the labels that are not, the size of its photo."""

    boxes_xyxy: tuple[Corners, ...]
    other_labels: tuple[str, ...] = ()
    drawn_on_wh: tuple[int, int] | None = None


class _IndexRow(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    image: str
    boxes_xyxy: list[tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]]
    ignore_xyxy: list[tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]] = []
    box_source: str = "human"
    duplicate_group: str | None = None
    fold: Annotated[int, Field(ge=0, le=4)] | None = None
    score: FiniteFloat | None = None
    group: dict[str, str] | None = None
    licence: str = "unknown"


def read_source(
    folder: Path, *, categories: tuple[str, str], labels: Collection[str] = (FACE,)
) -> Iterator[Photo | Rejected]:
    """Everything in `folder`, in a fixed order; what cannot be used comes back as `Rejected`.

    labels: those that labelme's shapes of faces have.
    """
    if (folder / INDEX_FILE).is_file():
        yield from _read_index(folder)
    elif all((folder / category).is_dir() for category in categories):
        for category in categories:
            yield from _read_annotated(
                folder / category, dataset=folder.name, category=category, labels=labels
            )
        for path in photos_in(folder):
            if path.relative_to(folder).parts[0] not in categories:
                yield Rejected(path, f"in neither of the folders {' and '.join(categories)}")
    else:
        yield from _read_annotated(folder, dataset=folder.name, labels=labels)


def photos_in(folder: Path) -> list[Path]:
    """Every photo in `folder` and below, by its suffix, sorted."""
    return sorted(p for p in files_in(folder) if p.suffix.lower() in PHOTO_SUFFIXES)


def parse_labelme(text: str | bytes, *, labels: Collection[str] = (FACE,)) -> Annotation:
    """What a labelme annotation says; boxes have their corners in any order.

    A shape counts whose label is one of `labels`, in capitals or not, or that has none. Raises
    BadLabelError for anything that is not labelme's JSON with rectangles, and where there are
    shapes but none counts: a photo of faces by another name must not pass for one without.

    >>> parse_labelme('{"shapes": [{"label": "Face", "points": [[9, 1], [3, 7]]}]}').boxes_xyxy
    ((3.0, 1.0, 9.0, 7.0),)
    """
    wanted = {label.casefold() for label in labels}
    boxes, others = [], []
    try:
        annotation = _Annotation.model_validate_json(text)
        for shape in annotation.shapes:
            label = str(shape.get("label") or "").strip()
            if label and label.casefold() not in wanted:
                others.append(label)
                continue
            boxes.append(_bounds(_Shape.model_validate(shape).points))
    except ValidationError as error:
        place = [f"shapes: {len(boxes) + len(others)}: "] if error.title == _Shape.__name__ else []
        reason = "".join([*place, _first_of(error)])
        raise BadLabelError(f"not a labelme annotation: {reason}") from error
    if others and not boxes:
        named = ", ".join(sorted(set(others)))
        raise BadLabelError(f"no shape is labelled {' or '.join(labels)}, but {named}")
    size = annotation.imageWidth, annotation.imageHeight
    drawn_on_wh = (size[0], size[1]) if size[0] and size[1] else None
    return Annotation(tuple(boxes), tuple(others), drawn_on_wh)


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
    rows: dict[int, _IndexRow] = {}
    for number, line in enumerate(index.read_bytes().splitlines(), start=1):
        try:
            rows[number] = _IndexRow.model_validate_json(line)
        except ValidationError as error:
            yield Rejected(index, f"line {number}: {_first_of(error)}")
    groups = {row.image: row.group or {} for row in rows.values()}
    needed = {"ethnicity", "gender"}
    known = [each for each in read_ratings(folder) if needed <= groups.get(each.image, {}).keys()]
    halves = upper_halves(known, groups)
    for number, row in rows.items():
        try:
            yield _index_photo(row, folder, halves.get(row.image))
        except BadLabelError as error:
            yield Rejected(index, f"line {number}: {error}")


def _index_photo(row: _IndexRow, folder: Path, half: UpperHalf | None) -> Photo:
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
        upper_share=half.share if half else None,
        n_ratings=half.n_ratings if half else 0,
        group=group,
        box_source=row.box_source,
        licence=row.licence,
        ignored_xyxy=tuple(_bounds([box[:2], box[2:]]) for box in row.ignore_xyxy),
    )


def _read_annotated(
    folder: Path, *, dataset: str, labels: Collection[str], category: str | None = None
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
            yield _read_labelme(path, annotation, dataset=dataset, labels=labels, category=category)
    for annotation in sorted(path for path in files_in(folder) if path.suffix == ".json"):
        if annotation.with_suffix("") not in sharing:
            yield Rejected(annotation, "no photo beside it")


def _read_labelme(
    path: Path, annotation: Path, *, dataset: str, labels: Collection[str], category: str | None
) -> Photo | Rejected:
    try:
        said = parse_labelme(annotation.read_bytes(), labels=labels)
    except (BadLabelError, OSError) as error:
        return Rejected(annotation, str(error))
    return Photo(
        path,
        dataset,
        said.boxes_xyxy,
        category=category,
        drawn_on_wh=said.drawn_on_wh,
        other_labels=said.other_labels,
    )
