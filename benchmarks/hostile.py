"""What hostile files and clients cost everybody else: throughput, waiting, memory.

    python -m benchmarks.hostile --seconds 60 --write

Four clients send one hostile file again and again, or many connections take their time, while two
others send ordinary photos. Each attack is held against the same seconds without one. The files
are made here; `--inputs` takes a folder of others instead.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import aiohttp
import numpy as np
from tqdm import tqdm

from benchmarks import ROOT
from benchmarks.report.pages import machine, significant, table, write_section
from benchmarks.speed.attacks import SLOW_CLIENTS, Attack, Sending, ask_on, under
from benchmarks.speed.client import Client, client_of, run
from benchmarks.speed.hostile_files import costly_files
from benchmarks.speed.photos import photos_of
from benchmarks.speed.servers import Server, ServerFailedError, our_service, running
from inference_api.vision.released import PAIRS

PAGE = ROOT / "docs" / "operations.md"
SIDE = 1280  # pixels of the ordinary photos
CLIENTS = 2
EVERY_S = 0.2  # between two looks at /livez and the memory
MIN_SHARE, MAX_WAIT, MAX_LIVEZ_MS, MAX_MB = 0.7, 3, 100, 1000

parser = argparse.ArgumentParser(description="Attack the service and watch everybody else.")
parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of the artifacts")
parser.add_argument("--pair", choices=PAIRS, default="compact", help="of artifacts; compact")
parser.add_argument("--engine", default="litert", help="as in API_ENGINE; litert")
parser.add_argument("--seconds", type=float, default=60, help="of each attack; 60")
parser.add_argument("--inputs", type=Path, help="folder of hostile files; ours without it")
parser.add_argument("--write", action="store_true", help=f"put the result into {PAGE.name}")


class Seen(NamedTuple):
    """What others saw: photos a second, the slowest of a hundred, /livez; memory of all processes.

    heard: what the attack's clients were answered. faults: answers of others that were no success.
    """

    photos_per_s: float
    p99_s: float
    livez_ms: float
    memory_mb: float
    heard: Counter[str]
    faults: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Attack by every file and kind of client, print a table, and write it if asked for."""
    options = parser.parse_args(arguments)
    here = machine()
    files = _files_in(options.inputs) if options.inputs else costly_files()
    attacks: dict[str, Attack] = {
        **{name: Sending(data) for name, data in files.items()},
        **SLOW_CLIENTS,
    }
    try:
        with running(our_service(options.models, pair=options.pair, engine=options.engine)) as api:
            rows = run(_attack_by_all(api, attacks, options.seconds))
    except (ServerFailedError, aiohttp.ClientError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    text = f"{here}\n- Seconds of each attack: {options.seconds:.0f}\n\n{_as_table(rows)}"
    print(text)
    if options.write:
        write_section(PAGE, "hostile", text)


async def watch(server: Server, attack: Attack | None, *, seconds: float) -> Seen:
    """What others see while `attack` lasts."""
    replies: list[tuple[int, float]] = []
    livez: list[float] = []
    memory: list[float] = []
    photos = photos_of(SIDE)
    async with client_of(server) as client, under(attack, server) as heard:
        tasks = [asyncio.create_task(ask_on(client, photos, replies)) for _ in range(CLIENTS)]
        tasks.append(asyncio.create_task(_look_on(client, server, livez, memory)))
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    good = [latency for status, latency in replies if status == 200]
    p99 = float(np.quantile(good, 0.99)) if good else seconds
    faults = len(replies) - len(good)
    highest = max(memory, default=0)
    return Seen(len(good) / seconds, p99, 1000 * max(livez, default=0), highest, heard, faults)


async def _look_on(client: Client, server: Server, livez: list[float], memory: list[float]) -> None:
    while True:
        livez.append(await client.check_health())
        memory.append(await asyncio.to_thread(server.measure_tree_mb))
        await asyncio.sleep(EVERY_S)


async def _attack_by_all(
    server: Server, attacks: Mapping[str, Attack], seconds: float
) -> list[tuple[str, Seen, Seen]]:
    """Name, what is seen without the attack right before it, and under it."""
    await watch(server, None, seconds=min(2, seconds))
    rows = []
    for name, attack in tqdm(attacks.items(), disable=None):
        usual = await watch(server, None, seconds=seconds / 2)
        rows.append((name, usual, await watch(server, attack, seconds=seconds)))
    return rows


def _files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def _as_table(rows: Sequence[tuple[str, Seen, Seen]]) -> str:
    columns = [
        "attack", "others' photos/s", "share of usual", "p99, times the usual", "`/livez` ms",
        "MB", "others refused", "the attackers hear", "reached",
    ]  # fmt: skip
    return table(columns, [_as_row(*row) for row in rows])


def _as_row(name: str, usual: Seen, seen: Seen) -> list[str]:
    share = seen.photos_per_s / max(usual.photos_per_s, 1e-9)
    wait = seen.p99_s / usual.p99_s
    reached = (
        share >= MIN_SHARE
        and wait <= MAX_WAIT
        and seen.livez_ms <= MAX_LIVEZ_MS
        and seen.memory_mb <= MAX_MB
        and not {"500", "502", "504"} & seen.heard.keys()
    )
    heard = ", ".join(f"{count} × {what}" for what, count in sorted(seen.heard.items()))
    figures = [seen.photos_per_s, share, wait, seen.livez_ms, seen.memory_mb]
    shown = [*map(significant, figures), str(seen.faults), heard or "nothing"]
    return [name, *shown, "yes" if reached else "no"]


if __name__ == "__main__":
    main()
