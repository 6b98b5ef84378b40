"""What the parts cost beside each other: each module is a command that prints ratios."""
