"""Tables as Markdown, and their place in a model card."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from training.release.bootstrap import Rows, interval

FEWEST = 20  # photos in a group; fewer are not worth a figure
GROUPS = ("gender", "ethnicity", "age")
BEGIN, END = "<!-- figures: written by training.evaluate -->", "<!-- end of figures -->"


@dataclass(slots=True)
class Table:
    """A titled table, filled row by row."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """One more row; raises ValueError unless it has a cell for each column."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells for {len(self.columns)} columns")
        self.rows.append(tuple(str(cell) for cell in cells))

    def markdown(self) -> str:
        """Title and table; the first column is left-aligned, the others right."""
        rule = ("---", *("---:" for _ in self.columns[1:]))
        lines = [self.columns, rule, *self.rows]
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"### {self.title}\n\n{body}\n"


def write_figures(card: Path, tables: Sequence[Table]) -> None:
    """Put the tables between the card's two markers; a card that is missing is begun."""
    text = card.read_text(encoding="utf-8") if card.exists() else f"{BEGIN}\n{END}\n"
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"{card} has no place for figures: {BEGIN} … {END}")
    body = "\n".join(table.markdown() for table in tables)
    card.write_text(f"{before}{BEGIN}\n\n{body}\n{END}{after}", encoding="utf-8")


def group_table(
    title: str,
    records: Sequence[dict[str, Any]],
    figures: Mapping[str, Callable[[Rows], float]],
) -> Table:
    """Each figure for each group with its interval; `figures` are functions of row numbers."""
    table = Table(title, ("group", "n", *figures))
    for kind in GROUPS:
        values = sorted({record["group"].get(kind) for record in records} - {None}, key=str)
        for value in values:
            rows = np.array([i for i, r in enumerate(records) if r["group"].get(kind) == value])
            if len(rows) >= FEWEST:
                cells = (_with_interval(figure, rows) for figure in figures.values())
                table.add(f"{kind}: {value}", len(rows), *cells)
    return table


def _with_interval(figure: Any, rows: Rows) -> str:
    low, high = interval(lambda drawn: float(figure(rows[drawn])), len(rows))
    return f"{figure(rows):.3f} ({low:.3f}–{high:.3f})"
