"""`python -m tests.mutants`: what share of the mutants that mutmut tried were caught, by file."""

import json
import sys
from collections import Counter
from pathlib import Path

MUTANTS = Path("mutants")
ENDINGS = {0: "survived", 5: "untested", 33: "untested", None: "not tried"}
"""By exit status; every other one, a failed test or the time limit, is a catch."""


def row(name: str, counts: Counter[str]) -> str:
    """One line of the table; mutants that were not tried count for nothing."""
    tried = sum(counts.values()) - counts["not tried"]
    share = f"{counts['caught'] / tried:.0%}" if tried else "–"
    cells = (counts["caught"], counts["survived"], counts["untested"], counts["not tried"], share)
    return f"| {name} | {' | '.join(map(str, cells))} |"


def main() -> None:
    """Print a Markdown table, all files together in its last row."""
    lines = ["| | caught | survived | untested | not tried | share |", "|---" + "|---:" * 5 + "|"]
    together: Counter[str] = Counter()
    for path in sorted(MUTANTS.rglob("*.meta")):
        statuses = json.loads(path.read_text("utf-8"))["exit_code_by_key"].values()
        counts = Counter(ENDINGS.get(status, "caught") for status in statuses)
        name = path.relative_to(MUTANTS).as_posix().removesuffix(".meta")
        lines += [row(f"`{name}`", counts)] if counts else []
        together += counts
    sys.stdout.write("\n".join([*lines, row("together", together)]) + "\n")


if __name__ == "__main__":
    main()
