"""Measure the released artifacts on the validation split, and write their model cards.

    python -m training.evaluate --prepared data/prepared --models models
    python -m training.evaluate --prepared data/prepared --models models --write-cards
    python -m training.evaluate --prepared data/large --models models --pair compact

The photos must have been prepared at the size that the pair's localizer takes. What is measured
is what is served: the SavedModels, through their signatures. The tables are Markdown; with
`--write-cards` they replace the figures in each MODEL_CARD.md.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from inference_api.vision.released import PAIRS
from inference_api.vision.spec import ClassifierSpec, read_spec
from training.classifier.targets import Panel, ScoreScale, score_scales
from training.dataset.prepared import Split, read_split
from training.release.cards import Table, write_figures
from training.release.classifier_answers import measure
from training.release.classifier_tables import classifier_tables
from training.release.detector_tables import detector_tables
from training.release.localizer_tables import localizer_tables
from training.release.saved_model import SignatureFunction

parser = argparse.ArgumentParser(description="Measure the released artifacts.")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--models", type=Path, default=Path("models"), help="folder of the artifacts")
parser.add_argument("--pair", choices=PAIRS, default="original")
parser.add_argument("--faces", type=Path, help="prepared at the classifier's size, if another")
parser.add_argument("--write-cards", action="store_true", help="put the tables into the cards")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every table; write the cards when asked to."""
    options = parser.parse_args(arguments)
    train, validation = (read_split(options.prepared, split) for split in ("train", "validation"))
    scales = score_scales(train.rated)
    localizer, classifier = PAIRS[options.pair]
    tables_of = detector_tables if options.pair == "compact" else localizer_tables
    for name, tables in (
        (localizer, tables_of(options.models / localizer, validation)),
        (classifier, _classifier_tables(options, options.models / classifier, validation, scales)),
    ):
        print(f"\n# {name}\n")
        made = list(tables)
        for table in made:
            print(table.markdown())
        if options.write_cards:
            write_figures(options.models / name / "MODEL_CARD.md", made)


def _classifier_tables(
    options: argparse.Namespace,
    artifact: Path,
    validation: Split,
    scales: Mapping[Panel, ScoreScale],
) -> Iterator[Table]:
    """The tables of the released network, on the split that it was never trained on."""
    spec = read_spec(artifact)
    assert isinstance(spec, ClassifierSpec)  # noqa: S101  (narrows the type; the folder says so)
    faces = read_split(options.faces, "validation") if options.faces else validation
    made, needed = (faces.crops.shape[1], faces.crop_margin), (spec.input_size, spec.crop_margin)
    if made != needed:
        sys.exit(f"crops of (pixels, margin) {made} were prepared; {spec.name} takes {needed}")
    yield from classifier_tables(measure(SignatureFunction(artifact), spec, faces, scales))


if __name__ == "__main__":
    main()
