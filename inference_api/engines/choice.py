"""Which engine runs the networks: the fastest that is installed, exported and true enough.

An engine is a runtime and a number format. How far a format agrees with float32 was measured
when the artifact was exported and stands in its spec, so nothing is measured at the start.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Self

from inference_api.errors import NoEngineError
from inference_api.vision.spec import ArtifactSpec, FormatName, NumberFormat

MAX_IOU_LOSS = 0.01
MIN_LABEL_AGREEMENT = 0.99

CPU_INFO = Path("/proc/cpuinfo")  # Linux; elsewhere bfloat16 is not looked for
BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})

RuntimeName = Literal["litert", "savedmodel"]
MODULES: dict[RuntimeName, str] = {"litert": "ai_edge_litert", "savedmodel": "tensorflow"}
"""What each runtime is imported as."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A runtime with the artifact in a number format; float32 is the SavedModel as it is."""

    runtime: RuntimeName
    number_format: FormatName | Literal["float32"]

    def __str__(self) -> str:
        return f"{self.runtime} {self.number_format}"


# The fastest first (docs/performance.md).
ENGINES = (
    Engine("litert", "int8"),
    Engine("savedmodel", "bfloat16"),
    Engine("litert", "float16"),
    Engine("savedmodel", "float32"),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """What engines need of a machine.

    modules: those that can be imported. bfloat16: whether the processor multiplies such numbers.
    """

    modules: frozenset[str]
    bfloat16: bool

    @classmethod
    def here(cls) -> Self:
        """The machine that this runs on; nothing is imported to find out."""
        flags = CPU_INFO.read_text("utf-8").split() if CPU_INFO.exists() else []
        return cls(
            modules=frozenset(module for module in MODULES.values() if find_spec(module)),
            bfloat16=not BFLOAT16_FLAGS.isdisjoint(flags),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """An engine, and what speaks against it if anything does."""

    engine: Engine
    objection: str | None


def judge(specs: Sequence[ArtifactSpec], setting: str, machine: Machine) -> list[Verdict]:
    """A verdict on each engine that `setting` (a runtime or `auto`) allows, the fastest first."""
    allowed = (engine for engine in ENGINES if setting in ("auto", engine.runtime))
    return [Verdict(engine, next(_objections(engine, specs, machine), None)) for engine in allowed]


def choose(verdicts: Iterable[Verdict], setting: str) -> Engine:
    """The first engine that nothing speaks against; raises NoEngineError when there is none."""
    for verdict in (verdicts := [*verdicts]):
        if verdict.objection is None:
            return verdict.engine
    objections = {str(verdict.engine): str(verdict.objection) for verdict in verdicts}
    raise NoEngineError(setting=setting, objections=objections)


def _objections(engine: Engine, specs: Sequence[ArtifactSpec], machine: Machine) -> Iterator[str]:
    module = MODULES[engine.runtime]
    if module not in machine.modules:
        yield f"{module} is not installed"
    if engine.number_format == "bfloat16" and not machine.bfloat16:
        yield "the processor does not multiply bfloat16"
    if engine.number_format == "float32":
        return
    for spec in specs:
        found = spec.formats.get(engine.number_format)
        if found is None:
            yield f"{spec.name} was not measured so"
        elif problem := _shortcoming(found):
            yield f"{spec.name} {problem}"


def _shortcoming(found: NumberFormat) -> str | None:
    """Where the format leaves the tolerance."""
    if found.mean_iou_loss > MAX_IOU_LOSS:
        return f"loses {found.mean_iou_loss:.4f} of its mean IoU, {MAX_IOU_LOSS} is the most"
    if found.label_agreement < MIN_LABEL_AGREEMENT:
        return (
            f"decides as in float32 for {found.label_agreement:.2%} of the photos, "
            f"{MIN_LABEL_AGREEMENT:.0%} is the least"
        )
    return None
