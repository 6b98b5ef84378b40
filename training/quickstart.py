"""The whole chain on drawn faces, from photos to artifacts that can be served, in minutes.

    python -m training.quickstart --out runs/quickstart

Each step is one of the commands for real data and is shown as it would be typed. What comes out
has hardly been trained: it shows that the chain works on this machine, and what its files look
like. Repeat the command to go on after a cut; steps that are done are not trained again.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from training import evaluate, export, prepare, train_classifier, train_localizer
from training.dataset.drawn import write_dataset

parser = argparse.ArgumentParser(description="Run the whole chain on drawn faces.")
parser.add_argument("--out", type=Path, default=Path("runs/quickstart"))
parser.add_argument("--seed", type=int, default=0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, prepare, train, export and evaluate."""
    options = parser.parse_args(arguments)
    out = options.out
    write_dataset(out / "photos", seed=options.seed)
    for module, words in steps(out, seed=options.seed):
        print(f"\n$ python -m {module.__name__} {shlex.join(words)}", flush=True)
        if status := module.main(words):
            sys.exit(status)
    print(f"\nServe them: API_MODELS_DIR={out / 'models'} python -m inference_api serve")


def steps(out: Path, *, seed: int) -> list[tuple[ModuleType, list[str]]]:
    """Each command's module and arguments, in their order."""
    photos, prepared, models = (str(out / name) for name in ("photos", "prepared", "models"))
    narrow, grown, classifier = (str(out / name) for name in ("narrow", "localizer", "classifier"))
    folders = [f"{photos}/{name}" for name in ("faces", "sorted", "rated")]
    given = ["--prepared", prepared]

    def training(run: str, *, epochs: int, steps: int, batch_size: int) -> list[str]:
        knobs = {"epochs": epochs, "steps": steps, "batch-size": batch_size, "seed": seed}
        return [*given, "--run", run, *(f"--{name}={value}" for name, value in knobs.items())]

    return [
        (prepare, [*folders, "--negatives", f"{photos}/grounds", "--out", prepared]),
        (train_localizer, [*training(narrow, epochs=2, steps=5, batch_size=16), "--narrow"]),
        (train_localizer,  # what was grown is not to be thrown away by its first large steps
         [*training(grown, epochs=1, steps=2, batch_size=4),
          "--start-from", narrow, "--learning-rate=0.0001"]),
        (train_classifier, training(classifier, epochs=2, steps=12, batch_size=32)),
        (export, ["--localizer", grown, "--classifier", classifier, *given, "--out", models]),
        (evaluate, [*given, "--models", models, "--write-cards"]),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
