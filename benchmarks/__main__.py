"""`python -m benchmarks`: the short form of `benchmarks.serving`, with its options."""

import sys

from benchmarks.serving import main

main(["--short", *sys.argv[1:]])
