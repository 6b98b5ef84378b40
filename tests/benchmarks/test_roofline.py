"""The share of the processor that an engine reaches, and the arithmetic it is counted in."""

import pytest

from benchmarks.roofline import BFLOAT16, Share, tables, trunk_operations


def test_the_trunk_has_the_operations_of_vgg16():
    """Of five blocks on 120, 60, 30, 15 and 7 pixels, counted by hand."""
    blocks = [
        (120, [(3, 64), (64, 64)]),
        (60, [(64, 128), (128, 128)]),
        (30, [(128, 256), (256, 256), (256, 256)]),
        (15, [(256, 512), (512, 512), (512, 512)]),
        (7, [(512, 512)] * 3),
    ]
    by_hand = sum(2 * 9 * side**2 * a * b for side, layers in blocks for a, b in layers)
    assert trunk_operations() == pytest.approx(by_hand, rel=0.01)


@pytest.mark.parametrize(
    ("reached", "networks_s", "missed"), [(85, 6, 0), (84, 6, 1), (85, 5, 1), (10, 1, 2)]
)
def test_a_share_below_its_target_is_said_plainly(reached, networks_s, missed):
    share = Share(BFLOAT16, 100, reached, {"decode": 2, "networks": networks_s, "encode": 2})
    lines, speeds, parts = tables([share])
    assert lines.count("**no**") == missed
    assert f"| {reached} |" in speeds
    assert "networks, ms" in parts
