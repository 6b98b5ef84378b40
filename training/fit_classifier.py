"""Fit a classifier's heads: linear ones, in closed form, on a network that stays as it is.

    python -m training.fit_classifier --prepared data/faces --run runs/compact \
        --faceres PATH/faceres-deep.json
    python -m training.fit_classifier --prepared data/prepared --run runs/original \
        --network runs/classifier/best.keras

The first command fits the compact pair's on a face recognition network
(`training.classifier.faceres`), the second the last layer of an original one that was trained
before (`training.train_classifier`). The photos must have been prepared at the network's size and
margin (for the compact one `training.prepare --crop-size 160 --crop-margin 0`), with faces of known
gender, ethnicity and age among them that nobody rated.

Nothing is trained step by step: the heads come out of equations (`training.classifier.heads`), in a
few minutes on two cores. The run's folder then holds the network, `best.keras`, and for the compact
one `rules.json`, the thresholds that the training photos led to.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import keras

from training.classifier.compact import FEATURES, build_compact_classifier, fill_convolutions
from training.classifier.faceres import read_faceres
from training.classifier.fitting import Looker, fit_rating, fit_rules
from training.classifier.original import HIDDEN
from training.dataset.prepared import read_split

parser = argparse.ArgumentParser(description="Fit a classifier's heads in closed form.")
parser.add_argument("--prepared", type=Path, required=True, help="what training.prepare wrote")
parser.add_argument("--run", type=Path, required=True, help="the run's folder")
parser.add_argument("--faceres", type=Path, help="faceres-deep.json; a random network without it")
parser.add_argument("--network", type=Path, help="a trained original network, its best.keras")
parser.add_argument("--rating-only", action="store_true", help="no ages, no unclear faces")
parser.add_argument("--upper", default="Sexy", help="the class folder of the upper category")
parser.add_argument("--views", type=int, default=8, help="of each face, a little changed")
parser.add_argument("--seed", type=int, default=0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, unless the run was finished before."""
    options = parser.parse_args(arguments)
    if (options.run / "best.keras").exists():
        print(f"{options.run} is finished")
        return
    began = time.perf_counter()
    keras.utils.set_random_seed(options.seed)
    train = read_split(options.prepared, "train")
    if not len(train.references):
        sys.exit(f"{options.prepared}: no faces of known gender, ethnicity and age, unrated")
    model = start(options)
    features = model.get_layer(HIDDEN if options.network else FEATURES).output
    extractor = keras.Model(model.inputs, features)
    found = Looker(extractor, train, count=options.views, seed=options.seed)
    fit_rating(model, found, train, upper=options.upper)
    options.run.mkdir(parents=True, exist_ok=True)
    if not (options.rating_only or options.network):
        rules = dataclasses.asdict(fit_rules(model, found, train))
        print(rules)
        text = json.dumps(rules, indent=2) + "\n"
        (options.run / "rules.json").write_text(text, encoding="utf-8")
    model.save(options.run / "best.keras")
    print(f"{options.run}: fitted in {time.perf_counter() - began:.0f} s")


def start(options: argparse.Namespace) -> keras.Model:
    """The network whose heads are fitted."""
    if options.network:
        return keras.models.load_model(options.network, compile=False)
    size = read_split(options.prepared, "validation").crops.shape[1]
    model = build_compact_classifier(size=size)
    if options.faceres:
        filled = fill_convolutions(model, read_faceres(options.faceres))
        print(f"{len(filled)} layers are those of {options.faceres.name}")
    return model


if __name__ == "__main__":
    main()
