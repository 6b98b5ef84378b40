"""Where photos and their labels come from: one `Photo` each, whatever the folder's layout.

Three layouts are read:

- a JSON-lines index: `index.jsonl`, one object a line with `image` and `boxes_xyxy`, and where
  known `fold`, `score`, `group`, `duplicate_group`, `licence`;
- labelme: photos with a JSON of the same name beside each, as labelme saves it;
- class folders: two subfolders named like the categories, for the classifier alone.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PHOTO_SUFFIXES = frozenset(
    [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".heif"]
)
INDEX_FILE = "index.jsonl"


class BadLabelError(ValueError):
    """An annotation that cannot be used; the text says why, for the summary."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo and what people said of it.

    boxes_xyxy: faces, pixels of the oriented photo; empty = no face. identity: photos of one
    identity never part. fold: 0-4 where the data set gives it. score: mean human rating on the
    data set's own scale. category: the class folder's name. group: gender, ethnicity, age.
    """

    path: Path
    dataset: str
    boxes_xyxy: tuple[tuple[float, float, float, float], ...] | None
    identity: str | None = None
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


def read_source(folder: Path, *, categories: tuple[str, str]) -> Iterator[Photo | Rejected]:
    """Everything in `folder`, in a fixed order; what cannot be used comes back as `Rejected`."""
    if (folder / INDEX_FILE).is_file():
        yield from _read_index(folder)
    elif all((folder / category).is_dir() for category in categories):
        for category in categories:
            yield from _read_class_folder(folder / category, category)
    else:
        yield from _read_labelme_folder(folder)


def parse_labelme(text: str) -> tuple[tuple[float, float, float, float], ...]:
    """Boxes of a labelme annotation, corners in any order; empty when it has no shapes.

    Raises BadLabelError for anything that is not labelme's JSON with rectangles.

    >>> parse_labelme('{"shapes": [{"shape_type": "rectangle", "points": [[9, 1], [3, 7]]}]}')
    ((3.0, 1.0, 9.0, 7.0),)
    """
    try:
        shapes = json.loads(text)["shapes"]
        return tuple(_bounds(shape) for shape in shapes)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, BadLabelError):
            raise
        raise BadLabelError(f"not a labelme annotation: {error!r}") from error


def _bounds(shape: dict[str, object]) -> tuple[float, float, float, float]:
    points = shape["points"]
    if not isinstance(points, list) or len(points) < 2:
        raise BadLabelError(f"a {shape.get('shape_type', 'shape')} with less than two corners")
    xs, ys = [float(x) for x, _ in points], [float(y) for _, y in points]
    if min(xs) == max(xs) or min(ys) == max(ys):
        raise BadLabelError("a box without an area")
    return min(xs), min(ys), max(xs), max(ys)


def _read_index(folder: Path) -> Iterator[Photo | Rejected]:
    index = folder / INDEX_FILE
    for number, line in enumerate(index.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield _index_row(json.loads(line), folder)
        except (KeyError, TypeError, ValueError) as error:
            yield Rejected(index, f"line {number}: {error!r}")


def _index_row(row: dict[str, object], folder: Path) -> Photo:
    group = {str(key): str(value) for key, value in dict(row.get("group") or {}).items()}  # type: ignore[call-overload]
    score = row.get("score")
    fold = row.get("fold")
    return Photo(
        path=folder / str(row["image"]),
        dataset=folder.name,
        boxes_xyxy=tuple(_four(box) for box in row["boxes_xyxy"]),  # type: ignore[attr-defined]
        identity=group.pop("subject", None) or _text(row.get("duplicate_group")),
        fold=None if fold is None else int(str(fold)),
        score=None if score is None else float(str(score)),
        group=group,
        box_source=str(row.get("box_source", "human")),
        licence=str(row.get("licence", "unknown")),
    )


def _four(box: object) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in box)  # type: ignore[attr-defined]
    return left, top, right, bottom


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _read_labelme_folder(folder: Path) -> Iterator[Photo | Rejected]:
    for path in _photos(folder):
        annotation = path.with_suffix(".json")
        if not annotation.is_file():
            yield Rejected(path, f"no {annotation.name} beside it")
            continue
        try:
            boxes = parse_labelme(annotation.read_text(encoding="utf-8"))
        except (BadLabelError, UnicodeDecodeError) as error:
            yield Rejected(annotation, str(error))
        else:
            yield Photo(path, folder.name, boxes)


def _read_class_folder(folder: Path, category: str) -> Iterator[Photo | Rejected]:
    for path in _photos(folder):
        annotation = path.with_suffix(".json")
        try:
            boxes = parse_labelme(annotation.read_text("utf-8")) if annotation.is_file() else None
        except (BadLabelError, UnicodeDecodeError) as error:
            yield Rejected(annotation, str(error))
        else:
            yield Photo(path, folder.parent.name, boxes, category=category)


def _photos(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in PHOTO_SUFFIXES)
