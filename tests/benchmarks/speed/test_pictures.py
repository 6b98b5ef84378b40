"""Pictures of the figures: the same for the same ones, others for others."""

import pytest

from benchmarks.speed.load import Load, Measured
from benchmarks.speed.pictures import draw_memory, draw_speeds


def took(seconds: float) -> Measured:
    return Measured((seconds,), elapsed_s=seconds, cpu_s=1, health_s=(0.01,), rss_mb=1)


def speeds(ours_s: float):
    """Loads that are drawn and one that is not; the peer only gives JSON."""
    ours = {"naive": took(1), "ours": took(ours_s)}
    return {
        Load("predict", 1280, 1): {**ours, "peer": took(2)},
        Load("annotate", 1280, 1): ours,
        Load("annotate", 1280, 8): ours,
        Load("annotate", 640, 1): {"naive": took(0.01)},
    }


@pytest.mark.parametrize(
    ("draw", "figures", "others"),
    [
        (draw_speeds, speeds(0.1), speeds(0.2)),
        (draw_memory, [(20, 200.0), (40, 201.0)], [(20, 200.0), (40, 300.0)]),
    ],
)
def test_a_picture_shows_its_figures(tmp_path, draw, figures, others):
    paths = [tmp_path / f"{number}.svg" for number in range(3)]
    for path, drawn in zip(paths, (figures, figures, others), strict=True):
        draw(drawn, path)
    first, again, other = (path.read_text() for path in paths)
    assert first.lstrip().startswith("<?xml")
    assert first == again != other
