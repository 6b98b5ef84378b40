"""What detectors found, as a picture for the docs."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.accuracy.faces import Figures
from benchmarks.report.pictures import save


def draw_curves(by_name: Mapping[str, Figures], path: Path) -> None:
    """Precision over recall at every threshold, one curve a detector, for photos of several faces.

    A dot lies at a detector's own threshold. Nothing is written when there is no such photo.
    """
    curves = {
        name: each.several[[*each.several][-1]] for name, each in by_name.items() if each.several
    }
    if not curves:
        return
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    for number, (name, each) in enumerate(curves.items()):
        right = np.cumsum(each.matches.ious > 0)
        recall = right / max(1, each.matches.n_faces)
        precision = right / np.arange(1, len(right) + 1)
        axes.plot(recall, precision, color=f"C{number}", linewidth=1.2, label=name)
        axes.plot(each.recall, each.precision, "o", color=f"C{number}", markersize=5)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left", fontsize="small")
    save(figure, path)
