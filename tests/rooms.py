"""`python -m tests.rooms`: counts the arrows between rooms, and draws them in the docs.

A room is a folder of a part, or one of the part's own files; those that are commands are one room
together. The floors are the rooms on the longest way down.
"""

import re
import sys
from functools import cache
from pathlib import Path

import grimp

PARTS = ["inference_api", "bot", "training", "benchmarks"]
PAGE = Path("docs/architecture.md")
COMMANDS = {"training", "benchmarks"}  # the parts whose own files are commands, all of them
Arrows = set[tuple[str, str]]


def arrows(graph: grimp.ImportGraph, part: str) -> Arrows:
    """Which room of the part knows which."""
    inside = sorted(graph.find_descendants(part))
    pairs = (
        (_room(graph, module), _room(graph, imported))
        for module in inside
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.startswith(f"{part}.")
    )
    return {(one, other) for one, other in pairs if one != other}


def floors(found: Arrows) -> int:
    """How many rooms the longest way down goes through; the arrows have no cycle."""
    below = _below(found)

    @cache
    def depth(room: str) -> int:
        return 1 + max(map(depth, below.get(room, ())), default=0)

    return max(map(depth, below), default=1)


def longest_ways(found: Arrows) -> Arrows:
    """The arrows that no longer way through other rooms implies."""
    below = _below(found)

    @cache
    def reached(room: str) -> frozenset[str]:
        direct = below.get(room, set())
        return frozenset(direct).union(*map(reached, direct))

    return {
        (one, other)
        for one, other in found
        if not any(other in reached(between) for between in below[one])
    }


def table(graph: grimp.ImportGraph) -> str:
    """A Markdown row for each part."""
    rows = [
        f"| `{part}` | {len(set().union(*found))} | {len(found)} | {floors(found)} |"
        for part in PARTS
        if (found := arrows(graph, part))
    ]
    head = ["| Part | rooms | arrows between them | floors |", "| --- | ---: | ---: | ---: |"]
    return "\n".join([*head, *rows])


def picture(graph: grimp.ImportGraph, part: str) -> str:
    """The part's rooms as a Mermaid chart."""
    shown = sorted(longest_ways(arrows(graph, part)))
    lines = [f"    {one} --> {other}" for one, other in shown]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```"])


def drawn(page: str, graph: grimp.ImportGraph) -> str:
    """The page with the table and the pictures as the code has them now."""
    pictures = (f"`{part}`:\n\n{picture(graph, part)}" for part in PARTS)
    text = "\n\n".join([table(graph), *pictures])
    marked = r"(<!-- make rooms -->\n).*(<!-- end -->)"
    return re.sub(marked, lambda match: f"{match[1]}\n{text}\n\n{match[2]}", page, flags=re.DOTALL)


def build() -> grimp.ImportGraph:
    """The imports of the packages in the working folder."""
    return grimp.build_graph(*PARTS, cache_dir=None)


def _below(found: Arrows) -> dict[str, set[str]]:
    below: dict[str, set[str]] = {}
    for one, other in found:
        below.setdefault(one, set()).add(other)
    return below


def _room(graph: grimp.ImportGraph, module: str) -> str:
    part, room = module.split(".")[:2]
    is_file = not graph.find_children(f"{part}.{room}")
    is_command = room == "__main__" or (part in COMMANDS and is_file)
    return "commands" if is_command else room


def main() -> None:
    """Print the table, and write it into the docs with the pictures."""
    sys.path.insert(0, "")
    graph = build()
    PAGE.write_text(drawn(PAGE.read_text("utf-8"), graph), "utf-8")
    sys.stdout.write(table(graph) + "\n")


if __name__ == "__main__":
    main()
