"""From a trained network to an artifact with its figures and its card."""
