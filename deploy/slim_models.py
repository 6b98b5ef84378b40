"""Reduce artifacts to the files that LiteRT runs: `python slim_models.py models`."""
# ruff: noqa: INP001 - a script of the image's build, no package

import json
import sys
from pathlib import Path


def slim(artifact: Path) -> None:
    """Remove the SavedModel, unless there is nothing else; the spec then names what is left."""
    path = artifact / "spec.json"
    spec = json.loads(path.read_text("utf-8"))
    kept = {name: digest for name, digest in spec["sha256"].items() if name.endswith(".tflite")}
    if kept:
        for name in spec["sha256"].keys() - kept:
            (artifact / name).unlink()
        path.write_text(json.dumps({**spec, "sha256": kept}, indent=2, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    for found in sorted(Path(sys.argv[1]).glob("*/spec.json")):
        slim(found.parent)
