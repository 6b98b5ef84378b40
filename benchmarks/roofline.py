"""How near the engines come to what the processor can do, and what share of the work is theirs.

    python -m benchmarks.roofline --write

Everything is counted in seconds of processor time, so that what else the machine does hardly
matters: operations a second of one core. What a format's peak is, `benchmarks.speed.peaks` says.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import ROOT
from benchmarks.report.lines import Line, as_table, at_least
from benchmarks.report.pages import PAGE, machine, section_of, significant, table, write_section
from benchmarks.speed.peaks import BATCH, cpu_s, peak
from benchmarks.speed.photos import photos_of
from inference_api.annotation import annotate
from inference_api.engines import load_pipeline
from inference_api.engines.choice import Engine, Machine
from inference_api.pipeline import Pipeline
from inference_api.vision.images import decode, encode

SIDE = 1280  # pixels of the photo
BFLOAT16 = Engine("savedmodel", "bfloat16")
ENGINES = (Engine("savedmodel", "float32"), BFLOAT16, Engine("litert", "int8"))
MIN_SHARE_OF_PEAK, MIN_SHARE_OF_JOB = 85, 60  # percent

parser = argparse.ArgumentParser(description="Hold the engines against the processor's peak.")
parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of the artifacts")
parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.name}")


def main() -> None:
    """Measure, print the tables, and write them if that is asked for."""
    options = parser.parse_args()
    text = "\n\n".join([machine(), *tables(measure(options.models))])
    print(text)
    if options.write:
        write_section(PAGE, section_of("roofline"), text)


@dataclass(frozen=True, slots=True)
class Share:
    """What an engine makes of the processor.

    peak, reached: operations a second of one core. parts_s: processor seconds of each part of one
    annotated photo.
    """

    engine: Engine
    peak: float
    reached: float
    parts_s: Mapping[str, float]

    @property
    def of_peak(self) -> float:
        """Percent."""
        return 100 * self.reached / self.peak

    @property
    def of_job(self) -> float:
        """Percent of the photo's processor time that the networks take."""
        return 100 * self.parts_s["networks"] / sum(self.parts_s.values())


def measure(models_dir: Path) -> list[Share]:
    """The share of each engine that this machine has, with the original pair."""
    here = Machine.here()
    engines = [each for each in ENGINES if here.bfloat16 or each != BFLOAT16]
    pipelines = [  # before all else: the loader tells TensorFlow how to run
        load_pipeline(
            models_dir,
            pair="original",
            engine=each.runtime,
            machine=replace(here, bfloat16=each == BFLOAT16),
        )
        for each in engines
    ]
    before, operations = [peak(each.number_format) for each in engines], trunk_operations()
    reached = [(operations / _localizer_s(each), _parts_s(each)) for each in pipelines]
    after = [peak(each.number_format) for each in engines]  # the machine's speed drifts
    peaks = map(max, before, after)
    return [
        Share(engine, most, *figures)
        for engine, most, figures in zip(engines, peaks, reached, strict=True)
    ]


def tables(shares: Sequence[Share]) -> Iterator[str]:
    """The must-reach lines, then the shares of the peak and of the job, as Markdown."""
    yield as_table([line for share in shares for line in _lines(share)])
    columns = ["engine", "peak, 10⁹/s", "localizer, 10⁹/s", "% of peak"]
    yield table(columns, [_row(share) for share in shares])
    rows = [
        [each.engine, *(significant(1000 * part) for part in each.parts_s.values())]
        for each in shares
    ]
    yield table(["engine", *(f"{part}, ms" for part in shares[0].parts_s)], rows)


def _row(share: Share) -> list[object]:
    speeds = share.peak / 1e9, share.reached / 1e9, share.of_peak
    return [share.engine, *map(significant, speeds)]


def _lines(share: Share) -> Iterator[Line]:
    what = f"{share.engine}: localizer, % of its format's peak"
    yield at_least(what, MIN_SHARE_OF_PEAK, share.of_peak)
    what = f"{share.engine}: networks, % of the processor time without HTTP"
    yield at_least(what, MIN_SHARE_OF_JOB, share.of_job)


def trunk_operations() -> int:
    """Multiplications and additions of the localizer's convolutions for one photo."""
    from training.localizer.network import build_localizer

    convolutions = [each for each in build_localizer().layers if "Conv2D" in type(each).__name__]
    return sum(
        2 * int(np.prod(each.kernel.shape)) * int(np.prod(each.output.shape[1:3]))
        for each in convolutions
    )


def _localizer_s(pipeline: Pipeline) -> float:
    """Processor seconds of the localizer a photo, in batches."""
    size = pipeline.localizer.spec.input_size
    squares = np.zeros((BATCH, size, size, 3), np.uint8)
    return cpu_s(lambda: pipeline.localizer.localize(squares)) / BATCH


def _parts_s(pipeline: Pipeline) -> dict[str, float]:
    """Processor seconds of each part of one annotated photo; the networks in batches."""
    data = photos_of(SIDE)[0]
    image = decode(data)
    photo = pipeline.prepare(image)
    (prediction,) = pipeline.predict([photo])
    return {
        "decode and letterbox": cpu_s(lambda: pipeline.prepare(decode(data))),
        "networks": cpu_s(lambda: pipeline.predict([photo] * BATCH)) / BATCH,
        "draw and encode": cpu_s(lambda: encode(annotate(image, prediction), image_format="JPEG")),
    }


if __name__ == "__main__":
    main()
