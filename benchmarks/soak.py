"""Whether the service's memory grows with the photos that it answers.

    python -m benchmarks.soak --photos 20000 --write

Photos of mixed size and format are annotated, and a line is fitted to the resident size. The
first photos are left out: pools and caches fill then.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import cycle, islice, product
from pathlib import Path
from typing import NamedTuple

import aiohttp
import numpy as np
from tqdm import tqdm

from benchmarks import ROOT
from benchmarks.report.pages import PAGE, machine, picture_of, significant, table, write_section
from benchmarks.speed.client import Client, client_of, run
from benchmarks.speed.photos import photos_of
from benchmarks.speed.pictures import draw_memory
from benchmarks.speed.servers import Server, ServerFailedError, our_service, running
from inference_api.vision.images import EncodedFormat
from inference_api.vision.released import PAIRS

SIDES = 320, 640, 1280  # pixels
FORMATS: tuple[EncodedFormat, ...] = ("JPEG", "PNG", "WEBP")
CLIENTS = 4
EVERY = 20  # photos between two looks at the memory
FIRST = 500  # photos that are left out
MAX_GROWTH_MB = 1  # for 1,000 photos

parser = argparse.ArgumentParser(description="Fit the growth of the service's memory.")
parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of the artifacts")
parser.add_argument("--photos", type=int, default=5000, help=f"how many; more than {FIRST}")
parser.add_argument("--pair", choices=PAIRS, default="original", help="of artifacts; original")
parser.add_argument("--engine", default="litert", help="as in API_ENGINE; litert")
parser.add_argument("--write", action="store_true", help=f"put the result into {PAGE.name}")


class Sample(NamedTuple):
    """The server's memory after so many photos, millions of bytes."""

    photos: int
    rss_mb: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Send the photos, print the slope, and write it if that is asked for."""
    options = parser.parse_args(arguments)
    if options.photos < FIRST + 2 * EVERY:
        parser.error(f"--photos must be at least {FIRST + 2 * EVERY}")
    here = machine()
    try:
        service = our_service(options.models, pair=options.pair, engine=options.engine)
        with running(service) as server:
            samples = run(_collect(server, options.photos))
    except (ServerFailedError, aiohttp.ClientError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    text = f"{here}\n\n{_as_table(service.name, samples)}"
    print(text)
    if options.write:
        draw_memory(samples, picture := picture_of("soak"))
        shown = f"![The memory over the photos answered](pictures/{picture.name})"
        write_section(PAGE, "soak", f"{shown}\n\n{text}")


def growth_mb(samples: Sequence[Sample]) -> float:
    """Least squares' slope in MB per 1,000 photos; of at least two samples.

    >>> round(growth_mb([Sample(0, 100.0), Sample(500, 101.0), Sample(1000, 102.0)]), 3)
    2.0
    """
    counts, sizes = np.array(samples, float).T
    return float(np.polyfit(counts, sizes, deg=1)[0]) * 1000


async def watch_memory(
    server: Server, photos: Sequence[bytes], *, count: int
) -> AsyncIterator[Sample]:
    """Annotate `count` photos, CLIENTS at once; a sample after every EVERY of them.

    Raises as Client does for an answer that is not a success.
    """
    queue = islice(cycle(photos), count)
    async with client_of(server) as client:
        for done in range(EVERY, count + 1, EVERY):
            some = iter([*islice(queue, EVERY)])
            await asyncio.gather(*(_send_all(client, some) for _ in range(CLIENTS)))
            yield Sample(done, server.rss_mb)


async def _send_all(client: Client, photos: Iterator[bytes]) -> None:
    for photo in photos:
        await client.send(photo, answer="annotate")


async def _collect(server: Server, count: int) -> list[Sample]:
    files = [photos_of(side, image_format=each) for side, each in product(SIDES, FORMATS)]
    photos = [photo for some in zip(*files, strict=True) for photo in some]
    samples = []
    with tqdm(total=count, unit="photo", disable=None) as bar:
        async for sample in watch_memory(server, photos, count=count):
            samples.append(sample)
            bar.update(EVERY)
    return samples


def _as_table(name: str, samples: Sequence[Sample]) -> str:
    counted = [sample for sample in samples if sample.photos >= FIRST]
    first, last, growth = counted[0].rss_mb, counted[-1].rss_mb, growth_mb(counted)
    columns = [
        "service", "photos", f"MB after {FIRST}", "MB at the end", "MB per 1,000 photos",
        "target", "reached",
    ]  # fmt: skip
    figures = [counted[-1].photos, *map(significant, (first, last, growth))]
    reached = "yes" if growth < MAX_GROWTH_MB else "no"
    return table(columns, [[name, *figures, f"< {MAX_GROWTH_MB}", reached]])


if __name__ == "__main__":
    main()
