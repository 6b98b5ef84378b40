"""What the parts cost beside each other: each module is a command that prints ratios."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
