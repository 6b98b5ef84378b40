"""Which photo goes to which split: photos of one person never part.

Known identities stay together; photos without one are grouped with their near duplicates
(perceptual hash, Hamming distance at most 6 of 64), so that a resized copy of a training photo
cannot sit in the validation split.
"""

import hashlib
from collections.abc import Sequence

import imagehash
import numpy as np
from PIL import Image as PillowImage

from inference_api.vision.letterbox import Image
from training.sources import Photo

N_FOLDS = 5
DUPLICATE_DISTANCE = 6  # bits of 64


def perceptual_hash(image: Image) -> int:
    """64-bit DCT hash of a uint8 RGB image, as imagehash's `phash` computes it."""
    bits = imagehash.phash(PillowImage.fromarray(image)).hash.ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def assign_folds(photos: Sequence[Photo], hashes: Sequence[int], *, seed: int = 0) -> list[int]:
    """A fold 0-4 for each photo: its own where given, else by identity or duplicate group."""
    groups = _duplicate_groups(hashes)
    return [
        photo.fold if photo.fold is not None else _fold_of(photo.identity or groups[i], seed)
        for i, photo in enumerate(photos)
    ]


def _duplicate_groups(hashes: Sequence[int]) -> list[str]:
    """Name each photo by the first photo it duplicates, itself if none; transitive."""
    words = np.array(hashes, np.uint64)
    names = list(range(len(words)))
    for i in range(len(words)):
        distances = np.bitwise_count(words[:i] ^ words[i])
        near = np.flatnonzero(distances <= DUPLICATE_DISTANCE)
        if len(near):
            root = min(names[j] for j in near)
            joined = {names[j] for j in near}
            names = (
                [root if name in joined else name for name in names[:i]] + [root] + names[i + 1 :]
            )
    return [f"{hashes[name]:016x}" for name in names]


def _fold_of(group: str, seed: int) -> int:
    digest = hashlib.sha256(f"{seed}:{group}".encode()).digest()
    return digest[0] % N_FOLDS
