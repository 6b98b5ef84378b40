"""A run folder: what was asked for, what came out, and enough to go on after a cut.

`config.json` is what was asked for, `log.jsonl` one line an epoch, `checkpoint.keras` the state
after the last epoch, `best.keras` the network of the epoch with the highest score.
"""

import json
import math
from argparse import Namespace
from pathlib import Path
from typing import Any

import keras
import numpy as np

WARMUP_EPOCHS = 2
WARMUP_SHARE = 0.03


class Run:
    """One training's folder; made when it is missing, gone on with when it is there."""

    def __init__(self, folder: Path, options: Namespace) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.best_path = folder / "best.keras"
        self.checkpoint_path = folder / "checkpoint.keras"
        self._log_path = folder / "log.jsonl"
        self.history: list[dict[str, float]] = []
        if self.checkpoint_path.exists():
            lines = self._log_path.read_text(encoding="utf-8").splitlines()
            self.history = [json.loads(line) for line in lines]
        else:
            config = {name: str(value) for name, value in vars(options).items()}
            config |= {"keras": keras.version(), "backend": keras.backend.backend()}
            (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
            self._log_path.write_text("", "utf-8")

    def record(
        self,
        model: keras.Model,
        row: dict[str, Any],
        *,
        score: float | None,
        measured: keras.Model | None = None,
    ) -> None:
        """Keep the epoch's figures and the network; the log comes last, so it never runs ahead.

        score: None when nothing was measured. measured: what was, if not the model itself.
        """
        best = max((past["score"] for past in self.history if "score" in past), default=-math.inf)
        row = {"epoch": len(self.history), **row}
        if score is not None:
            row |= {"score": score}
            if score > best:
                _save(measured or model, self.best_path)
        _save(model, self.checkpoint_path)
        self.history.append(row)
        with self._log_path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        print({name: round(float(value), 4) for name, value in row.items()}, flush=True)


def _save(model: keras.Model, path: Path) -> None:
    """Save so that a kill meanwhile leaves the last good file."""
    unfinished = path.with_stem(f"{path.stem}.unfinished")
    model.save(unfinished)
    unfinished.replace(path)


def reseed_dropout(model: keras.Model, *, seed: int, epoch: int) -> None:
    """Make what dropout draws depend on seed and epoch alone: checkpoints lose its state."""
    dropouts = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    for number, layer in enumerate(dropouts):
        state = np.random.SeedSequence([seed, epoch, number]).generate_state(2)
        layer.seed_generator.state.assign(state % 2**31)  # PyTorch's is signed


def warmup_cosine(epoch: int, *, epochs: int, peak: float) -> float:
    """Learning rate of an epoch: up in a line, then half a cosine down to a hundredth."""
    if epoch < WARMUP_EPOCHS:
        return peak * (epoch + 1) / (WARMUP_EPOCHS + 1)
    progress = (epoch - WARMUP_EPOCHS) / max(1, epochs - WARMUP_EPOCHS)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


def share_cosine(share: float, *, peak: float) -> float:
    """Learning rate when `share` of a training is over: as `warmup_cosine`, by steps or time."""
    if share < WARMUP_SHARE:
        return peak * max(0.05, share / WARMUP_SHARE)
    progress = (share - WARMUP_SHARE) / (1 - WARMUP_SHARE)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
