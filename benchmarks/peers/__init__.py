"""Face detectors to compare ours with, each run by the Python of its own environment."""

from benchmarks import ROOT

PEERS_DIR = ROOT / ".peers"  # their environments
