"""What our pairs find in photos beside detectors of others, on the same validation photos.

    python -m benchmarks.accuracy photos/mebeauty photos/mask_eden --write

Each detector is a process of its own, asked photo by photo. One that is not installed is skipped
with a word, one that fails is reported, and the others go on. What they answered is kept in
runs/peers, from where --reuse takes it while a detector is the same; times are always taken anew.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from benchmarks import ROOT
from benchmarks.accuracy.comparing import Compared, compare
from benchmarks.accuracy.detectors import candidates
from benchmarks.accuracy.faces import Validation, read_validation
from benchmarks.accuracy.localizers import localizers
from benchmarks.accuracy.pictures import draw_curves
from benchmarks.accuracy.sheets import false_faces, misses, write_sheet
from benchmarks.accuracy.tables import detector_mb, photos_line, sizes_line, sizes_mb, tables
from benchmarks.accuracy.targets import must_reach
from benchmarks.peers import PEERS_DIR
from benchmarks.report.lines import as_table
from benchmarks.report.pages import machine, picture_of, write_section
from inference_api.errors import ImageRejectedError
from inference_api.settings import Settings

PAGE = ROOT / "docs" / "accuracy.md"
PICTURE = picture_of("accuracy")
KEPT = ROOT / "runs" / "peers"
ENGINE = Settings.model_fields["engine"].default  # as the service runs them

parser = argparse.ArgumentParser(
    prog="python -m benchmarks.accuracy", description="Compare our detectors with those of others."
)
parser.add_argument("photos", nargs="+", type=Path, help="folders of labelled photos")
parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of the artifacts")
parser.add_argument("--fold", type=int, default=0, choices=range(5), help="of the photos; 0")
parser.add_argument("--engine", default=ENGINE, help=f"runs ours, as in API_ENGINE; {ENGINE}")
parser.add_argument("--peers", type=Path, default=PEERS_DIR, help="folder of their environments")
parser.add_argument("--without", nargs="+", default=[], metavar="NAME", help="leave detectors out")
parser.add_argument("--reuse", action="store_true", help="ask only what was not answered before")
parser.add_argument("--sheets", type=Path, help="a folder for pictures of each detector's mistakes")
parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.name}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare, print the tables, and write them with the curves if that is asked for."""
    options = parser.parse_args(arguments)
    validation = read_validation(options.photos, fold=options.fold)
    if not validation.paths:
        parser.error(f"no labelled photo of fold {options.fold} in these folders")
    here = machine()
    try:
        compared = _compare(options, validation)
    except ImageRejectedError as error:
        sys.exit(f"{type(error).__name__}: {error}")
    text = "\n\n".join([here, *_parts(options, validation, compared)])
    print(text)
    if options.sheets:
        _write_sheets(options.sheets, validation, compared)
    if options.write and compared.figures:
        write_section(PAGE, "accuracy", text)
        draw_curves(compared.figures, PICTURE)


def _compare(options: argparse.Namespace, validation: Validation) -> Compared:
    """Ends the command where a detector is to be left out that there is not."""
    known = candidates(options.models, engine=options.engine, peers_dir=options.peers)
    if strangers := set(options.without).difference(each.name for each in known):
        parser.error(f"no detector is called {' or '.join(sorted(strangers))}")
    everyone = [each for each in known if each.name not in options.without]
    alone = localizers(options.models)
    return compare(everyone, validation, kept=KEPT, reuse=options.reuse, timed_only=alone)


def _write_sheets(folder: Path, validation: Validation, compared: Compared) -> None:
    several = [*chain(*validation.several.values())]
    everything = [*validation.single, *several, *validation.negatives]
    for name, answers in compared.answers.items():
        stem = name.replace(", ", "-").replace(" ", "-")
        write_sheet(misses(answers, everything), answers, folder / f"{stem}-missed.jpg")
        write_sheet(false_faces(answers, everything), answers, folder / f"{stem}-false.jpg")
    print(f"{folder}: the worst mistakes of {len(compared.answers)} detectors")


def _parts(
    options: argparse.Namespace, validation: Validation, compared: Compared
) -> Iterator[str]:
    """The page from the photos to the detectors that were left out."""
    sizes = sizes_mb(options.models)
    yield photos_line(validation, fold=options.fold)
    yield sizes_line(sizes)
    lines = must_reach(compared, detector_mb=detector_mb(options.models))
    if lines:
        yield as_table(lines)
    yield from tables(compared)
    yield from (f"{name} was left out of this run." for name in options.without)


if __name__ == "__main__":
    main()
