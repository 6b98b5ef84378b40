"""What our service does beside a naive one, over HTTP, all loaded in turn in one run.

    python -m benchmarks.serving --models models --write

Figures of a machine are worth little elsewhere, ratios more; so every load is put on all servers,
one right after the other, in rounds that go back and forth. All stay up the whole time and only
one has work. The client is this process.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import aiohttp
import numpy as np
from tqdm import tqdm

from benchmarks import ROOT
from benchmarks.report.lines import as_table
from benchmarks.report.pages import (
    PAGE,
    machine,
    picture_of,
    section_of,
    significant,
    table,
    write_section,
)
from benchmarks.speed.client import client_of, run
from benchmarks.speed.load import Load, Measured, pool, put_load
from benchmarks.speed.overload import LOAD as OVERLOAD
from benchmarks.speed.overload import Overloaded, overload
from benchmarks.speed.photos import photos_of
from benchmarks.speed.pictures import draw_speeds
from benchmarks.speed.servers import (
    ANSWERS,
    DEEPFACE,
    NAIVE,
    Command,
    Dialect,
    Server,
    ServerFailedError,
    our_service,
    running,
)
from benchmarks.speed.targets import First, Results, overload_lines, speed_lines
from inference_api.vision.images import decode, encode
from inference_api.vision.released import PAIRS

SIDES = 640, 1280, 4000  # pixels
FIRST_SIDE = 1280  # of the photo after the start
STARTS, FOLLOWING = 3, 8  # what the first photo of a start is held against
OVERLOAD_S = 20
OVERLOAD_DEADLINE_S = "2"
CODEC_RUNS = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """Which loads, how often each, and for how many seconds at a time."""

    loads: Sequence[Load]
    rounds: int
    seconds: float

    @property
    def description(self) -> str:
        """How long each figure was measured."""
        return f"{self.rounds} rounds of at least {self.seconds:g} s for each line."


def _loads_of(*clients: int) -> list[Load]:
    return [Load(*each) for each in product(ANSWERS, SIDES, clients)]


SHORT = Plan(_loads_of(1, 8), rounds=2, seconds=1.5)
FULL = Plan(_loads_of(1, 2, 8, 64), rounds=3, seconds=4)

parser = argparse.ArgumentParser(description="Compare our service with a naive one.")
parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of the artifacts")
parser.add_argument("--short", action="store_true", help="under ten minutes, not half an hour")
parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.name}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write them if that is asked for."""
    options = parser.parse_args(arguments)
    plan = SHORT if options.short else FULL
    try:
        results, text = compare([NAIVE, *our_services(options.models), *_peers()], plan)
    except (ServerFailedError, aiohttp.ClientError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    print(text)
    if options.write:
        section = section_of("serving")
        draw_speeds(results, picture := picture_of(section))
        shown = f"![Photos a second of each server](pictures/{picture.name})"
        write_section(PAGE, section, f"{shown}\n\n{text}")


def our_services(models_dir: Path) -> list[Command]:
    """Each pair by its engines; a pair that is not there is left out, but for the original."""
    services = [our_service(models_dir, engine=engine) for engine in ("savedmodel", "litert")]
    if all((models_dir / folder).is_dir() for folder in PAIRS["compact"]):
        services.append(our_service(models_dir, pair="compact", engine="auto"))
    return services


def _peers() -> list[Command]:
    if DEEPFACE.python.exists():
        return [DEEPFACE]
    print("DeepFace is left out; `make peers PEERS=deepface` sets it up.", file=sys.stderr)
    return []


def compare(commands: Sequence[Command], plan: Plan) -> tuple[Results, str]:
    """The figures, and as Markdown the machine and the tables; others are held against the first.

    The second is overloaded in the end. Raises ServerFailedError and aiohttp.ClientError.
    """
    here = machine()
    photos = {side: photos_of(side) for side in {FIRST_SIDE, *(load.side for load in plan.loads)}}
    with ExitStack() as stack:
        servers, firsts = [], {}
        for command in commands:  # one after the other: a start uses all cores
            firsts[command.name] = _first_photo(command, photos[FIRST_SIDE][0])
            servers.append(stack.enter_context(running(command)))
        results = _measure(servers, plan, photos)
    codec_s = _codec_s(photos[FIRST_SIDE][0])
    overloaded = _overload(commands[1], photos_of(OVERLOAD.side), seconds=OVERLOAD_S)
    lines = [*speed_lines(results, firsts, codec_s), *overload_lines(overloaded)]
    return results, "\n\n".join(
        [
            here, plan.description, as_table(lines), _overload_line(commands[1], overloaded),
            _starts(servers, firsts, results), _loads(results),
        ]
    )  # fmt: skip


def _overload(command: Command, photos: Sequence[bytes], *, seconds: float) -> Overloaded:
    hurried = {**command.environment, "API_DEADLINE_S": OVERLOAD_DEADLINE_S}
    with running(replace(command, environment=hurried)) as server:
        return run(overload(server, photos, seconds=seconds))


def _overload_line(command: Command, seen: Overloaded) -> str:
    return (
        f"Overload: {command.name} with a deadline of {OVERLOAD_DEADLINE_S} s, which can do "
        f"{significant(seen.peak_per_s)} photos/s, was sent {significant(seen.offered_per_s)} a "
        f"second for {OVERLOAD_S} s: {seen.count(200)} answered, {seen.count(503)} refused, "
        f"{seen.count(504)} out of time."
    )


def _codec_s(photo: bytes) -> float:
    """Seconds to decode a photo and to encode it again, the median, in this process."""
    taken = []
    for _ in range(CODEC_RUNS):
        started = time.perf_counter()
        encode(decode(photo), image_format="JPEG")
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))


def _first_photo(command: Command, photo: bytes) -> First:
    """What the first photo after a start takes, the median of several starts."""

    async def send(server: Server) -> list[float]:
        async with client_of(server) as client:
            return [await client.send(photo, answer="predict") for _ in range(1 + FOLLOWING)]

    firsts = []
    for _ in range(STARTS):
        with running(command) as server:
            first_s, *others_s = run(send(server))
        firsts.append(First(first_s, first_s / float(np.median(others_s))))
    return First(*np.median(firsts, axis=0).tolist())


def _measure(
    servers: Sequence[Server], plan: Plan, photos: Mapping[int, Sequence[bytes]]
) -> Results:
    rounds: dict[Load, dict[str, list[Measured]]] = defaultdict(lambda: defaultdict(list))
    schedule = [*product(range(plan.rounds), plan.loads)]
    for number, load in tqdm(schedule, unit="load", disable=None):
        asked = [server for server in servers if _can_bear(load, server.dialect)]
        for server in asked[:: -1 if number % 2 else 1]:
            loading = put_load(load, server, photos[load.side], seconds=plan.seconds)
            rounds[load][server.name].append(run(loading))
    return {
        load: {name: pool(measured) for name, measured in by_name.items()}
        for load, by_name in rounds.items()
    }


def _can_bear(load: Load, dialect: Dialect) -> bool:
    return load.answer in dialect.answers and load.side <= dialect.max_side


def _starts(servers: Sequence[Server], firsts: Mapping[str, First], results: Results) -> str:
    rows = [
        [
            server.name,
            significant(server.ready_s),
            significant(firsts[server.name].latency_s * 1000),
            significant(_most_mb(server.name, results)),
        ]
        for server in servers
    ]
    return table(["server", "start to ready, s", "first photo, ms", "most memory, MB"], rows)


def _most_mb(name: str, results: Results) -> float:
    return max(by_name[name].rss_mb for by_name in results.values() if name in by_name)


def _loads(results: Results) -> str:
    columns = [
        "answer", "photo, px", "clients", "server", "photos/s", "times the first",
        "p50, ms", "p95, ms", "p99, ms", "CPU s/photo", "slowest health check, ms", "photos",
    ]  # fmt: skip
    rows = []
    for load, by_name in results.items():
        base, *_ = by_name.values()
        rows += [_row(load, name, measured, base) for name, measured in by_name.items()]
    return table(columns, rows)


def _row(load: Load, name: str, measured: Measured, base: Measured) -> list[object]:
    return [
        load.answer,
        load.side,
        load.clients,
        name,
        significant(measured.photos_per_s),
        significant(measured.photos_per_s / base.photos_per_s),
        significant(measured.latency_s(50) * 1000),
        significant(measured.latency_s(95) * 1000),
        significant(measured.latency_s(99) * 1000),
        significant(measured.cpu_s_per_photo),
        significant(max(measured.health_s) * 1000),
        len(measured.latencies_s),
    ]


if __name__ == "__main__":
    main()
