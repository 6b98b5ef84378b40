"""The compact pair's detector: every face in a photo."""
