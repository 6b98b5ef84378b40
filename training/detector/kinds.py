"""Which kind of photo a prepared one is, by its record and its data set's, whatever its name.

Of the photos whose boxes can be trusted, those that people boxed in a data set with several faces
to a photo are the crowds: there every face has its box. A data set that shows one face in each
photo gives the single faces.
"""

from typing import Any

from training.dataset.prepared import Split

CUT_TO_FACE = 0.5  # of a picture's area: one whose face fills more shows little else


def crowd_rows(split: Split) -> list[int]:
    """Rows of the photos of crowds in which somebody has a box."""
    crowds = _crowd_sets(split)
    return [
        row for row, record in enumerate(split.records)
        if record["boxes_rel_xyxy"] and record["dataset"] in crowds and _trusted(record)
    ]  # fmt: skip


def single_rows(split: Split) -> list[int]:
    """Rows of the photos of one face, but for those of crowds."""
    crowds = _crowd_sets(split)
    return [
        int(row) for row in split.rows(faces=1)
        if split.records[row]["dataset"] not in crowds and _trusted(split.records[row])
    ]  # fmt: skip


def is_cut_to_face(record: dict[str, Any]) -> bool:
    """Whether the picture shows little but its one face."""
    width, height = record["size_wh"]
    ((left, top, right, bottom),) = record["boxes_rel_xyxy"]
    square = max(width, height) ** 2  # what the box is a fraction of
    return bool((right - left) * (bottom - top) * square > CUT_TO_FACE * width * height)


def boxed_by_people(record: dict[str, Any]) -> bool:
    """Whether people drew the boxes; else a detector did, which leaves out small faces."""
    return bool(record["box_source"] == "human")


def _trusted(record: dict[str, Any]) -> bool:
    return not record.get("loose_boxes", False)


def _crowd_sets(split: Split) -> set[str]:
    return {
        record["dataset"] for record in split.records
        if boxed_by_people(record) and len(record["boxes_rel_xyxy"] or ()) > 1
    }  # fmt: skip
