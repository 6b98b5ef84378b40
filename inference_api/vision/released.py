"""What the released artifacts are called, for those who make them and those who run them."""

from collections.abc import Mapping
from typing import Literal

SIGNATURE = "serving_default"  # of each network, in every number format
PairName = Literal["original", "compact"]
PAIRS: Mapping[PairName, tuple[str, str]] = {
    "original": ("face_localizer", "attractiveness_classifier"),
    "compact": ("compact_detector", "compact_classifier"),
}
"""Folders of localizer and classifier by the name of the pair."""
