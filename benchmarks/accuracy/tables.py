"""The tables of `benchmarks.accuracy`, as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from math import inf, isnan, nan
from pathlib import Path

from benchmarks.accuracy.comparing import Compared
from benchmarks.accuracy.faces import EXACT_IOU, SIZES, TINIEST, Several, Validation
from benchmarks.accuracy.localizers import beside_each_other
from benchmarks.report.pages import significant, table
from inference_api.vision.released import PAIRS
from training.dataset.matching import MIN_CROWD_FACE
from training.dataset.sources import Photo

LOCALIZER_COLUMNS = (
    "engine",
    "number format of the original",
    "ms",
    "number format of the compact",
    "ms",
    "times",
)


def photos_line(validation: Validation, *, fold: int) -> str:
    """Which photos were shown, and how many of each kind."""
    kinds = {"one face": validation.single, "no face": validation.negatives}
    lines = [
        *(f"- {kind}: {len(photos)} photos ({_names(photos)})" for kind, photos in kinds.items()),
        *(f"- {name}: {_faces(photos)}" for name, photos in validation.several.items()),
    ]
    return "\n".join([f"Photos of fold {fold}:\n", *lines])


def sizes_mb(models_dir: Path) -> dict[str, float]:
    """What the folders of each pair that is there weigh, cards and other formats included."""
    sizes = {
        pair: sum(_size(models_dir / folder) for folder in folders) / 1e6
        for pair, folders in PAIRS.items()
    }
    return {pair: size for pair, size in sizes.items() if size}


def detector_mb(models_dir: Path) -> float:
    """Of the compact detector's artifact, all formats; nan where it is not there."""
    folder = models_dir / PAIRS["compact"][0]
    return _size(folder) / 1e6 if folder.is_dir() else nan


def sizes_line(sizes: Mapping[str, float]) -> str:
    """The megabytes of each pair, by its name, in a sentence."""
    known = (f"{pair} {significant(size)} MB" for pair, size in sizes.items())
    return f"Both artifacts of each pair, with all that their folders hold: {', '.join(known)}."


def tables(compared: Compared) -> Iterator[str]:
    """How fast ours are, what each detector is and finds, and who is not in the tables."""
    if rows := _localizers(compared):
        yield f"Our localizers alone, one photo at a time:\n\n{table(LOCALIZER_COLUMNS, rows)}"
    if compared.figures:
        yield _versions(compared)
        yield f"Photos of one face, and of none:\n\n{_single(compared)}"
        for dataset in next(iter(compared.figures.values())).several:
            yield f"Photos of several faces, {dataset}:\n\n{_several(compared, dataset)}"
    yield from compared.absent


def _localizers(compared: Compared) -> list[list[str]]:
    return [
        [
            pair.engine,
            pair.original_format,
            significant(pair.original.ms),
            pair.compact_format,
            significant(pair.compact.ms),
            significant(pair.times),
        ]
        for pair in beside_each_other(compared.timed)
    ]


def _versions(compared: Compared) -> str:
    rows = [
        [name, ", ".join(map(" ".join, about.versions.items())), f"{about.threshold:g}"]
        for name, about in ((name, each.about) for name, each in compared.answers.items())
    ]
    return table(["detector", "versions", "own threshold"], rows)


def _single(compared: Compared) -> str:
    columns = ["detector", "recall, %", "mean IoU", "false faces per 1,000", "ms"]
    rows = [
        [
            name,
            _rounded(100 * each.recall, 1),
            _rounded(each.mean_iou, 3),
            _rounded(each.false_per_1000, 1),
            significant(compared.timed[name].ms) if name in compared.timed else "–",
        ]
        for name, each in compared.figures.items()
    ]
    return table(columns, rows)


def _several(compared: Compared, dataset: str) -> str:
    columns = [
        "detector",
        "average precision",
        "95 % interval",
        f"from {TINIEST:g} px on",
        f"at IoU {EXACT_IOU:g}",
        "recall, %",
        *(f"{low:g}–{high:g} px" if high < inf else f"over {low:g} px" for low, high in SIZES),
        "precision, %",
    ]
    rows = [[name, *_cells(each.several[dataset])] for name, each in compared.figures.items()]
    return table(columns, rows)


def _cells(several: Several) -> list[str]:
    return [
        _rounded(several.matches.average_precision, 3),
        "–".join(_rounded(end, 3) for end in several.average_precision_interval),
        _rounded(several.average_precision_tiny, 3),
        _rounded(several.average_precision_exact, 3),
        _rounded(100 * several.recall, 1),
        *(_rounded(100 * recall, 1) for recall in several.recall_by_size),
        _rounded(100 * several.precision, 1),
    ]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _names(photos: Sequence[Photo]) -> str:
    return ", ".join(dict.fromkeys(photo.dataset for photo in photos))


def _faces(photos: Sequence[Photo]) -> str:
    boxes = [box for photo in photos for box in photo.boxes_xyxy or ()]
    sides = [min(right - left, bottom - top) for left, top, right, bottom in boxes]
    ignored = sum(side < MIN_CROWD_FACE for side in sides)
    text = f"{len(photos)} photos with {len(boxes) - ignored} faces of at least"
    return f"{text} {MIN_CROWD_FACE:g} pixels; {ignored} smaller ones neither count nor cost"


def _rounded(value: float, digits: int) -> str:
    return "–" if isnan(value) else f"{value:.{digits}f}"
