"""The growth of the memory: fitted to samples taken while every photo is answered."""

import aiohttp
import pytest

from benchmarks.soak import CLIENTS, EVERY, FIRST, Sample, growth_mb, main, watch_memory


@pytest.mark.parametrize(
    ("sizes_mb", "growth"),
    [
        ([100, 100], 0),
        ([100, 100, 100, 100], 0),
        ([100, 103], 30),
        ([103, 100], -30),
        ([100, 100, 104, 104], 16),  # a step of 4 in 300 photos: slope 8 / 500
    ],
)
def test_growth_is_the_slope_in_mb_per_thousand_photos(sizes_mb, growth):
    samples = [Sample(100 * number, size) for number, size in enumerate(sizes_mb)]
    assert growth_mb(samples) == pytest.approx(growth, abs=1e-9)


async def test_every_photo_is_sent_and_the_memory_sampled(server, seen):
    samples = [each async for each in watch_memory(server, [b"a", b"b"], count=3 * EVERY)]
    had = await seen()
    assert had["photos"] == 3 * EVERY
    assert had["most"] <= CLIENTS
    assert [sample.photos for sample in samples] == [EVERY, 2 * EVERY, 3 * EVERY]
    assert all(sample.rss_mb > 1 for sample in samples)


async def test_a_refused_photo_ends_the_soak(server):
    with pytest.raises(aiohttp.ClientResponseError, match="503"):
        [each async for each in watch_memory(server, [b"a", b"refused"], count=EVERY)]


def test_too_few_photos_for_a_slope_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--photos", str(FIRST)])
    assert f"at least {FIRST + 2 * EVERY}" in capsys.readouterr().err
