"""Which files of a folder somebody means: not what systems and tools leave there."""

import os
from collections.abc import Iterator
from pathlib import Path

_TOOLS = "."  # .ipynb_checkpoints, .thumbnails, and ._photo.jpg, which is no photo, of macOS
_NOT_MEANT = frozenset(["@eadir", "__macosx", "#recycle", "$recycle.bin", "lost+found"])


def files_in(folder: Path) -> Iterator[Path]:
    """The files in `folder` and below, behind links to folders too, each real folder once."""
    seen = set()
    for where, folders, files in os.walk(folder, followlinks=True):
        status = Path(where).stat()
        place = status.st_dev, status.st_ino
        folders[:] = [] if place in seen else sorted(filter(_is_meant, folders))
        if place not in seen:
            seen.add(place)
            yield from (Path(where) / name for name in files if _is_meant(name))


def _is_meant(name: str) -> bool:
    return not name.startswith(_TOOLS) and name.lower() not in _NOT_MEANT
