"""A contract for import-linter: which libraries each room may know."""

import sys

import grimp
from importlinter import Contract, ContractCheck, fields, output


class Libraries(Contract):
    """Whatever is not listed is forbidden, so that a new room or a new library is a decision.

    libraries: `room: library library …` a line; the longest room that a module lies in counts.
    Python's own modules are not asked about.
    """

    type_name = "libraries"
    libraries = fields.ListField(subfield=fields.StringField())

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        lines = [line.split(":") for line in self.libraries]
        allowed = {room.strip(): set(names.split()) for room, names in lines}
        own = {room.partition(".")[0] for room in allowed}
        modules = [module for module in graph.modules if module.partition(".")[0] in own]
        illegal = sorted(
            f"{module} -> {library}"
            for module in modules
            for library in _libraries(graph, module, own)
            - allowed.get(_room(module, allowed), set())
        )
        return ContractCheck(kept=not illegal, metadata={"illegal": illegal})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["illegal"]:
            output.print_error(f"- {line}")


def _libraries(graph: grimp.ImportGraph, module: str, own: set[str]) -> set[str]:
    roots = {name.partition(".")[0] for name in graph.find_modules_directly_imported_by(module)}
    return roots - own - sys.stdlib_module_names


def _room(module: str, rooms: dict[str, set[str]]) -> str | None:
    parts = module.split(".")
    names = (".".join(parts[:depth]) for depth in range(len(parts), 0, -1))
    return next((name for name in names if name in rooms), None)
