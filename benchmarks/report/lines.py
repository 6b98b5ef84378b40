"""Lines that must be reached, each with what was measured."""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.report.pages import significant, table


class Line(NamedTuple):
    """What must be reached, and whether it is."""

    what: str
    target: str
    measured: float
    reached: bool


def at_least(what: str, least: float, measured: float) -> Line:
    """A line that a larger figure is better for."""
    return Line(what, f"≥ {least:g}", measured, measured >= least)


def above(what: str, limit: float, measured: float) -> Line:
    """A line that must come out larger than another figure that was measured."""
    return Line(what, f"> {significant(limit)}", measured, measured > limit)


def at_most(what: str, most: float, measured: float) -> Line:
    """A line that a smaller figure is better for."""
    return Line(what, f"≤ {most:g}", measured, measured <= most)


def as_table(lines: Sequence[Line]) -> str:
    """All lines, those that are not reached as plain as the others."""
    rows = [
        [line.what, line.target, significant(line.measured), "yes" if line.reached else "**no**"]
        for line in lines
    ]
    return table(["must reach", "target", "measured", "reached"], rows)
