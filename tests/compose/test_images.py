"""What the images hold, and what they do not."""

import json
import subprocess

import pytest

from bot.messages import LANGUAGES
from tests.compose.project import BOT_IMAGE, FULL_IMAGE, SLIM_IMAGE, docker

MB = 1_000_000
IMAGES = [BOT_IMAGE, FULL_IMAGE, SLIM_IMAGE]
FIND = """
import os, sys
wanted = tuple(sys.argv[1:])
for folder, _, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys")):
        continue
    for path in (os.path.join(folder, name) for name in files):
        if path.endswith(wanted):
            print(path)
"""


def inside(image: str, program: str, *words: str) -> str:
    """What a Python program prints in a container of the image, as root."""
    return docker("run", "--rm", "--user=0", "--entrypoint=python", image, "-c", program, *words)


@pytest.mark.parametrize(
    ("image", "at_most"),
    [(BOT_IMAGE, 200 * MB), (FULL_IMAGE, 2200 * MB), (SLIM_IMAGE, 450 * MB)],
)
def test_an_image_is_small(image, at_most, record_property):
    size = int(docker("image", "inspect", "--format={{.Size}}", image))

    record_property(f"MB of {image}", size // MB)
    assert 0 < size <= at_most


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_says_what_it_is_and_runs_as_nobody(image):
    config = json.loads(docker("image", "inspect", "--format={{json .Config}}", image))

    assert config["User"] == "10001:10001"
    assert config["Entrypoint"][:2] == ["python", "-m"]
    assert config["Healthcheck"]["Test"][:2] == ["CMD", "python"]
    assert config["Labels"]["org.opencontainers.image.licenses"] == "MIT"
    assert not [line for line in config["Env"] if line.startswith("PIP_")]


@pytest.mark.parametrize(
    ("image", "absent"),
    [
        (BOT_IMAGE, ["tensorflow", "ai_edge_litert", "cv2", "numpy", "inference_api"]),
        (FULL_IMAGE, ["bot", "training"]),
        (SLIM_IMAGE, ["tensorflow", "keras", "bot", "training"]),
    ],
)
def test_an_image_holds_only_what_its_part_needs(image, absent):
    program = (
        "import sys; from importlib.util import find_spec; print(*map(find_spec, sys.argv[1:]))"
    )

    assert set(inside(image, program, *absent).split()) == {"None"}


def test_the_bot_image_knows_the_plurals_of_its_languages():
    program = "import babel, bot.messages; print(*map(babel.Locale.parse, bot.messages.LANGUAGES))"

    assert inside(BOT_IMAGE, program).split() == [*LANGUAGES]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_no_compiler_installer_cache_or_settings(image):
    tools = ("bin/gcc", "bin/cc", "bin/ld", "bin/pip", "bin/pip3")
    leftovers = (".env", "pip_conf", "pip.conf", ".deb", "pkgcache.bin", "_Packages")

    assert inside(image, FIND, *tools, *leftovers) == ""
    assert inside(image, "import os; print(os.listdir('/root'))").count("cache") == 0


@pytest.mark.parametrize(
    ("image", "package"),
    [(BOT_IMAGE, "bot"), (FULL_IMAGE, "inference_api"), (SLIM_IMAGE, "inference_api")],
)
def test_an_image_is_compiled(image, package):
    compiled = inside(image, FIND, ".pyc").splitlines()

    for part in (f"/app/{package}/", "/venv/lib/", "/usr/local/lib/python"):
        assert any(path.startswith(part) for path in compiled), part


@pytest.mark.parametrize(
    ("image", "complaint"),
    [(BOT_IMAGE, "BOT_TOKEN: Field required"), (FULL_IMAGE, "API_PORT: Input should be a valid")],
)
def test_a_wrong_setting_stops_the_start_and_is_named(image, complaint):
    command = ["docker", "run", "--rm", "--env=API_PORT=x", image]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert complaint in done.stderr
