"""What belongs together stays together, whatever the order."""

import io
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from inference_api.vision.images import decode
from tests.training.scenes import scene
from training.dataset.folds import DUPLICATE_DISTANCE, assign_folds, perceptual_hash
from training.dataset.sources import Photo

FAR = [int(word) for word in np.random.default_rng(0).integers(0, 2**63, 200)]  # > 6 bits apart


def numbered(n, **fields):
    return [Photo(f"{i}.jpg", "mine", (), **fields) for i in range(n)]


def test_no_photos_have_no_folds():
    assert assign_folds([], []) == []


def test_unrelated_photos_spread_over_all_folds():
    folds = assign_folds(numbered(200), FAR)

    assert set(folds) == set(range(5))
    assert max(map(folds.count, range(5))) < 65  # 40 expected


def test_another_seed_splits_otherwise():
    photos = numbered(200)

    assert assign_folds(photos, FAR, seed=1) != assign_folds(photos, FAR, seed=2)


@settings(max_examples=40)
@given(st.data())
def test_neither_identities_nor_duplicates_part_and_order_means_nothing(data):
    groups = data.draw(st.lists(st.integers(0, 5), max_size=12))
    names = data.draw(st.lists(st.sampled_from([None, "a", "b"]),
                               min_size=len(groups), max_size=len(groups)))  # fmt: skip
    flips = data.draw(st.lists(st.integers(0, DUPLICATE_DISTANCE // 2),
                               min_size=len(groups), max_size=len(groups)))  # fmt: skip
    # Any two of a group differ by at most DUPLICATE_DISTANCE bits.
    hashes = [FAR[group] ^ ((1 << n) - 1) for group, n in zip(groups, flips, strict=True)]
    photos = [Photo(f"{i}.jpg", "mine", (), identity=name) for i, name in enumerate(names)]

    folds = assign_folds(photos, hashes)

    for keys in (groups, [name or i for i, name in enumerate(names)]):
        of_key = {}
        assert all(of_key.setdefault(k, f) == f for k, f in zip(keys, folds, strict=True))
    order = data.draw(st.permutations(range(len(photos))))
    shuffled = assign_folds([photos[i] for i in order], [hashes[i] for i in order])
    assert shuffled == [folds[i] for i in order]


def test_a_chain_of_likenesses_is_one_group():
    chain = [FAR[0] ^ ((1 << 5 * step) - 1) for step in range(8)]  # its ends differ by 35 bits
    photos, hashes = numbered(8), chain
    random.Random(1).shuffle(hashes)

    assert len(set(assign_folds(photos, hashes))) == 1


def test_a_given_fold_is_kept_and_draws_its_duplicates_along():
    photos = [*numbered(3, fold=3), *numbered(1), *numbered(1, fold=1)]

    assert assign_folds(photos, [FAR[0], FAR[1], FAR[2], FAR[1] ^ 1, FAR[3]]) == [3, 3, 3, 3, 1]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("scale", "encoding"),
    [(1, {"format": "JPEG", "quality": 50}), (0.5, {"format": "WEBP", "quality": 70})],
)
def test_a_copy_resized_and_encoded_anew_counts_as_a_duplicate(seed, scale, encoding):
    image = scene(seed, size_wh=(320, 240))
    buffer = io.BytesIO()
    copy = PillowImage.fromarray(image).resize((int(320 * scale), int(240 * scale)))
    copy.save(buffer, **encoding)

    one, other = perceptual_hash(image), perceptual_hash(decode(buffer.getvalue()))

    assert (one ^ other).bit_count() <= DUPLICATE_DISTANCE


def test_different_photos_do_not_count_as_duplicates():
    words = [perceptual_hash(scene(seed)) for seed in range(20)]

    assert min((a ^ b).bit_count() for a in words for b in words if a != b) > DUPLICATE_DISTANCE
    assert len(set(words)) == 20
