"""Figures as Markdown, with the machine that they are from, put into a page of the docs."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import packages_distributions, version
from pathlib import Path

import psutil

from benchmarks import ROOT
from inference_api import __version__
from inference_api.engines.choice import CPU_INFO, Machine

PAGE = ROOT / "docs" / "performance.md"
ARITHMETIC = "avx2", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8"
LIBRARIES = ("tensorflow", "keras", "numpy", "cv2", "PIL", "fastapi", "uvicorn")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; figures are given as strings, rounded.

    >>> print(table(["photos", "ms"], [[1, "9.5"]]))
    | photos | ms |
    | --- | --- |
    | 1 | 9.5 |
    """
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def significant(value: float) -> str:
    """Three digits, as much as such figures are worth, and never an exponent.

    >>> [significant(value) for value in (0, 0.01234, 12.345, 1234.5)]
    ['0', '0.0123', '12.3', '1234']
    """
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> str:
    """Processor and its instructions, memory, versions, other load and the date, one a line."""
    cores, memory_gb = os.cpu_count(), psutil.virtual_memory().total / 1e9
    facts = {
        "Processor": f"{_processor()}, {cores} cores, {memory_gb:.0f} GB",
        "Instructions": ", ".join(_instructions()) or "not known",
        "System": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "Versions": ", ".join(f"{name} {number}" for name, number in _versions().items()),
        "Load average before": f"{psutil.getloadavg()[0]:.2f}",
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def write_section(page: Path, name: str, text: str) -> None:
    """Replace what stands in `page` between `<!-- NAME -->` and `<!-- end of NAME -->`.

    Raises ValueError when the page lacks them.
    """
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, found_start, rest = page.read_text(encoding="utf-8").partition(start)
    _, found_end, after = rest.partition(end)
    if not (found_start and found_end):
        raise ValueError(f"{page} has no {start} followed by {end}")
    page.write_text(f"{before}{start}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def picture_of(section: str) -> Path:
    """Where a section's picture lies.

    >>> picture_of("serving, bfloat16").name
    'serving_bfloat16.svg'
    """
    return PAGE.parent / "pictures" / f"{section.replace(', ', '_')}.svg"


def section_of(name: str) -> str:
    """The section for figures of this kind of machine: with bfloat16 they are others altogether."""
    return f"{name}, bfloat16" if Machine.here().bfloat16 else name


def _processor() -> str:
    """Linux's own word first: Python's there is `x86_64`."""
    return _of_cpu("model name") or platform.processor() or platform.machine()


def _instructions() -> list[str]:
    flags = _of_cpu("flags").split()
    return [name for name in ARITHMETIC if name in flags]


def _of_cpu(name: str) -> str:
    """What the system says of the first processor under this name; empty if nothing."""
    lines = CPU_INFO.read_text("utf-8").splitlines() if CPU_INFO.exists() else []
    values = (line.partition(":")[2].strip() for line in lines if line.startswith(name))
    return next(values, "")


def _versions() -> Mapping[str, str]:
    distributions = packages_distributions()
    named = {distributions[module][0] for module in LIBRARIES}
    return {"photo-appeal": __version__, **{name: version(name) for name in sorted(named)}}
