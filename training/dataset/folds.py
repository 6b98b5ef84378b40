"""Which photo goes to which split: photos of one person never part.

Photos of one identity stay together, and so do near duplicates (perceptual hash, Hamming distance
at most 6 of 64), so that a resized copy of a training photo cannot sit in the validation split.
"""

import hashlib
from collections.abc import Sequence

import imagehash
import numpy as np
from PIL import Image as PillowImage
from scipy.sparse import lil_array
from scipy.sparse.csgraph import connected_components

from inference_api.vision.letterbox import Image
from training.dataset.sources import Photo

N_FOLDS = 5
DUPLICATE_DISTANCE = 6  # bits of 64


def perceptual_hash(image: Image) -> int:
    """64-bit DCT hash of a uint8 RGB image, as imagehash's `phash` computes it."""
    bits = imagehash.phash(PillowImage.fromarray(image)).hash.ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def assign_folds(photos: Sequence[Photo], hashes: Sequence[int], *, seed: int = 0) -> list[int]:
    """A fold 0-4 for each photo: its own where given, else that of its group.

    A group is named by what its photos share, so a fold depends neither on the photos' order
    nor on the machine.
    """
    groups = _groups(photos, hashes)
    names: dict[int, str] = {}
    given: dict[int, int] = {}
    for photo, word, group in zip(photos, hashes, groups, strict=True):
        name = photo.identity or f"{word:016x}"
        names[group] = min(names.get(group, name), name)
        if photo.fold is not None:
            given[group] = min(given.get(group, photo.fold), photo.fold)
    folds = {group: given.get(group, _fold_of(name, seed)) for group, name in names.items()}
    return [
        folds[group] if photo.fold is None else photo.fold
        for photo, group in zip(photos, groups, strict=True)
    ]


def _groups(photos: Sequence[Photo], hashes: Sequence[int]) -> list[int]:
    """A number for each photo, the same for all that one identity or duplicates link."""
    words = np.array(hashes, np.uint64)
    graph = lil_array((len(photos), len(photos)), dtype=np.bool_)
    first: dict[str, int] = {}
    for row, photo in enumerate(photos):
        graph[row, first.setdefault(photo.identity or f"photo {row}", row)] = True
        distances = np.bitwise_count(words[:row] ^ words[row])
        graph[row, np.flatnonzero(distances <= DUPLICATE_DISTANCE)] = True
    return list(connected_components(graph, directed=False)[1].tolist())


def _fold_of(group: str, seed: int) -> int:
    digest = hashlib.sha256(f"{seed}:{group}".encode()).digest()
    return int.from_bytes(digest) % N_FOLDS
