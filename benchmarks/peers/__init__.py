"""Face detectors to compare ours with, each run by the Python of its own environment."""
