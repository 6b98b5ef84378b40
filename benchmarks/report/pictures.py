"""Pictures for the docs: SVG, the same file for the same figures."""

from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure


def save(figure: Figure, path: Path) -> None:
    """Write the figure as SVG, without a date and with the same names in it each time."""
    with rc_context({"svg.hashsalt": "photo-appeal"}):
        figure.savefig(path, metadata={"Date": None})
