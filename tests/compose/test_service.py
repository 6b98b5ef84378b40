"""`docker compose up` with nothing set: the service and its page, confined."""

import io
import json

import httpx
import pytest
from PIL import Image

from tests.compose.photos import JPEG
from tests.compose.project import until

PROBE = """
import errno, json, os
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
status = {name: value.split()[0] for name, value in status.items() if value.split()}
def writing(folder):
    try:
        open(os.path.join(folder, "planted"), "w").close()
    except OSError as error:
        return errno.errorcode[error.errno]
def limit(*names):
    path = next(path for path in map("/sys/fs/cgroup/".__add__, names) if os.path.exists(path))
    return open(path).read().split()[0]
def mount(point):
    mounts = map(str.split, open("/proc/mounts"))
    return next(options.split(",") for _, at, _, options, *_ in mounts if at == point)
print(json.dumps({
    "status": status,
    "writing": {folder: writing(folder) for folder in ("/", "/app", "/venv", "/usr", "/run")},
    "limits": [ # of either version of control groups
        limit("memory.max", "memory/memory.limit_in_bytes"),
        limit("cpu.max", "cpu/cpu.cfs_quota_us"),
        limit("pids.max", "pids/pids.max"),
    ],
    "tmp": mount("/tmp"),
}))
"""


def size_wh(image):
    return Image.open(io.BytesIO(image)).size


@pytest.fixture(scope="module", params=["full", "slim"])
def up(project_of_module, request):
    """The project as somebody has it who has just cloned the repository, or chosen slim."""
    started = project_of_module(TARGET_OF_API=request.param)
    started.up()
    return started


@pytest.fixture(scope="module")
def client(up):
    with httpx.Client(base_url=up.address("api", 8000), timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def seen_inside(up):
    """What a process in the API's container finds."""
    (container,) = up.containers("api")
    return json.loads(up.python(container, PROBE))


def test_without_a_token_it_says_so_and_starts_no_bot(up):
    (token,) = up.state("bot-token")

    assert up.containers("bot") == []
    assert (token["State"]["Status"], token["State"]["ExitCode"]) == ("exited", 0)
    assert "BOT_TOKEN is not set" in up.compose("logs", "bot-token")


def test_a_photo_from_this_machine_is_answered(client):
    prediction = client.post("/v1/predict", files={"photo": JPEG}).json()
    annotated = client.post("/v1/annotate", files={"photo": JPEG})

    assert len(prediction["faces"]) == 1
    assert size_wh(annotated.content) == size_wh(JPEG)
    assert client.get("/").headers["content-type"].startswith("text/html")


def test_it_is_published_on_loopback_only(up):
    (api,) = up.state("api")
    published = [binding for port in api["NetworkSettings"]["Ports"].values() for binding in port]

    assert {each["HostIp"] for each in published} == {"127.0.0.1"}


def test_the_process_has_no_power(seen_inside):
    status = seen_inside["status"]

    assert status["Uid"] == "10001"
    assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapInh")} == {0}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_nothing_can_be_written(seen_inside):
    assert set(seen_inside["writing"].values()) == {"EROFS"}
    assert {"noexec", "nosuid", "nodev"} <= set(seen_inside["tmp"])


def test_memory_processor_and_processes_are_limited(seen_inside):
    assert seen_inside["limits"] == [str(2 << 30), "200000", "256"]


def test_photos_leave_nothing_behind(up, client):
    client.post("/v1/annotate", files={"photo": JPEG}).raise_for_status()
    (container,) = up.containers("api")

    assert up.temporary_files(container) <= {"keras.json"}  # Keras' own settings


def test_a_crash_is_healed(up, client):
    (container,) = up.containers("api")

    up.crash(container)

    until(lambda: [api["RestartCount"] for api in up.state("api")] == [1])
    until(lambda: client.get("/readyz").status_code == 200)


def test_a_stop_is_a_clean_end(up):
    up.compose("stop")

    assert up.exit_codes() == {"api": {0}, "bot-token": {0}}
