"""How fast servers answered and what memory they took, as pictures for the docs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.report.pages import significant
from benchmarks.report.pictures import save
from benchmarks.speed.load import Load
from benchmarks.speed.servers import ANSWERS
from benchmarks.speed.targets import Results

DRAWN_SIDE, DRAWN_CLIENTS = 1280, (1, 8)


def draw_speeds(results: Results, path: Path) -> None:
    """Photos a second of each server, for photos of 1280 pixels, alone and eight at once."""
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    plots = figure.subplots(1, len(DRAWN_CLIENTS), sharey=True, sharex=True)
    names: list[str] = [*dict.fromkeys(name for each in results.values() for name in each)]
    for axes, clients in zip(plots, DRAWN_CLIENTS, strict=True):
        for number, answer in enumerate(ANSWERS):
            by_name = results.get(Load(answer, DRAWN_SIDE, clients), {})
            rates = [by_name[name].photos_per_s if name in by_name else 0 for name in names]
            places = np.arange(len(names)) + 0.4 * number - 0.2
            bars = axes.barh(places, rates, 0.38, color=f"C{number}", label=answer)
            words = [significant(rate) if rate else "" for rate in rates]
            axes.bar_label(bars, words, padding=3, fontsize="small")
        axes.set(title=f"{clients} at once" if clients > 1 else "alone", xlabel="photos a second")
        axes.grid(axis="x", alpha=0.3)
        axes.margins(x=0.12)
    plots[0].set_yticks(range(len(names)), names)
    plots[0].invert_yaxis()
    plots[-1].legend(loc="lower right", fontsize="small")
    save(figure, path)


def draw_memory(samples: Sequence[tuple[int, float]], path: Path) -> None:
    """The resident size in MB over the photos answered."""
    photos, sizes_mb = zip(*samples, strict=True)
    figure = Figure(figsize=(7, 2.6), layout="constrained")
    axes = figure.add_subplot(xlabel="photos", ylabel="resident, MB")
    axes.plot(photos, sizes_mb, linewidth=1.2)
    axes.set(xlim=(0, max(photos)), ylim=(0, 1.2 * max(sizes_mb)))
    axes.grid(alpha=0.3)
    save(figure, path)
