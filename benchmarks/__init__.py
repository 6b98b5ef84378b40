"""What the parts cost beside each other: each module prints ratios, run as `python -m benchmarks.X`."""
