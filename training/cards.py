"""Tables as Markdown, and their place in a model card."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

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
