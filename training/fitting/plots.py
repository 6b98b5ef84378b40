"""Pictures of a training: curves, and photos with true and predicted boxes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from inference_api.vision.boxes import Boxes
from inference_api.vision.letterbox import Image

TRUE_COLOR, PREDICTED_COLOR = "#2ca02c", "#d62728"
COLUMNS, CELLS = 12, 96


def draw_curves(history: Sequence[dict[str, float]], path: Path) -> None:
    """One panel a figure, over the epochs that have it: losses left, then what was validated."""
    every = dict.fromkeys(name for row in history for name in row)
    names = [name for name in every if name not in ("epoch", "seconds", "score")]
    columns = 4
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(4 * columns, 2.6 * lines))
    axes = figure.subplots(lines, columns, squeeze=False)
    for axis, name in zip(axes.flat, names, strict=False):
        rows = [row for row in history if name in row]
        axis.plot([row["epoch"] for row in rows], [row[name] for row in rows])
        axis.set(title=name, xlabel="epoch")
        axis.grid(alpha=0.3)
    for axis in axes.flat[len(names) :]:
        axis.axis("off")
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def draw_contact_sheet(
    images: Image,
    true_rel_xyxy: Boxes,
    predicted_rel_xyxy: Boxes,
    face_probability: npt.NDArray[np.float32],
    path: Path,
) -> None:
    """Photos spread evenly over `images`, the true box green, the predicted one red.

    images: (N, S, S, 3). A photo without a face has a true box of zeros; no predicted box is
    drawn where the face probability is below a half.
    """
    rows = np.linspace(0, len(images) - 1, min(CELLS, len(images))).astype(int)
    lines = -(-len(rows) // COLUMNS)
    figure = Figure(figsize=(COLUMNS, 1.15 * lines))
    axes = figure.subplots(lines, COLUMNS, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, row in zip(axes.flat, rows, strict=False):
        axis.imshow(images[row])
        axis.set_title(f"{face_probability[row]:.2f}", fontsize=6, pad=1)
        if true_rel_xyxy[row].any():
            _frame(axis, true_rel_xyxy[row], images.shape[1], TRUE_COLOR)
        if face_probability[row] >= 0.5:
            _frame(axis, predicted_rel_xyxy[row], images.shape[1], PREDICTED_COLOR)
    figure.tight_layout(pad=0.2)
    figure.savefig(path, dpi=120)


def _frame(axis: Axes, box_rel: npt.NDArray[np.float32], size: int, color: str) -> None:
    left, top, right, bottom = (float(v) * size - 0.5 for v in box_rel)
    axis.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, color=color))
