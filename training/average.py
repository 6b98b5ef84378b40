"""Average the weights of several checkpoints of one training into one network.

    python -m training.average runs/a/best.keras runs/a/checkpoint.keras --run runs/averaged

Points near the end of a training lie around a better one (Izmailov et al. 2018,
arXiv:1803.05407). The run folder gets a best.keras that every other command takes.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

import training.detector.network  # noqa: F401  (registers its layers, so that they can be loaded)

parser = argparse.ArgumentParser(description="Average checkpoints.")
parser.add_argument("checkpoints", nargs="+", type=Path, help=".keras files of one network")
parser.add_argument("--run", type=Path, required=True, help="the run's folder")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the average of the checkpoints, which must have the same layers."""
    options = parser.parse_args(arguments)
    models = [keras.models.load_model(path, compile=False) for path in options.checkpoints]
    weights = zip(*(model.get_weights() for model in models), strict=True)
    models[0].set_weights([np.mean(values, axis=0) for values in weights])
    options.run.mkdir(parents=True, exist_ok=True)
    models[0].save(options.run / "best.keras")
    print(f"{options.run}: the average of {len(models)} checkpoints")


if __name__ == "__main__":
    main()
