"""What the images hold, and what they do not."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.words.messages import LANGUAGES
from tests.compose.project import BOT_IMAGE, FULL_IMAGE, ROOT, SLIM_IMAGE, docker

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
NOT_COMPILED = """
import os, runpy, sys
try:
    runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
except SystemExit:
    pass
specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
sources = [spec for spec in specs if spec and str(spec.origin).endswith(".py") and spec.cached]
print(f"{len(sources) > 100}:", *(spec.name for spec in sources if not os.path.exists(spec.cached)))
"""


def inside(image: str, program: str, *words: str, user: str = "0") -> str:
    """What a Python program prints in a container of the image, as root if not as another."""
    entry = [f"--user={user}", "--entrypoint=python"]
    return docker("run", "--rm", *entry, image, "-c", program, *words)


def build_bot(*options: str) -> subprocess.CompletedProcess[str]:
    """Build the bot's image on the side, with its packages installed anew."""
    command = ["docker", "build", "--file=Dockerfile.bot", "--no-cache-filter=packages", *options]
    return subprocess.run([*command, "."], cwd=ROOT, capture_output=True, text=True, check=False)


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
    program = (
        "import babel; from bot.words.messages import LANGUAGES;"
        "print(*map(babel.Locale.parse, LANGUAGES))"
    )

    assert inside(BOT_IMAGE, program).split() == [*LANGUAGES]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_no_compiler_installer_cache_or_settings(image):
    tools = ("bin/gcc", "bin/cc", "bin/ld", "bin/pip", "bin/pip3")
    leftovers = (".env", "pip_conf", "pip.conf", ".deb", "pkgcache.bin", "_Packages")

    assert inside(image, FIND, *tools, *leftovers) == ""
    assert inside(image, "import os; print(os.listdir('/root'))").count("cache") == 0


@pytest.mark.parametrize(
    ("image", "command"),
    [
        (BOT_IMAGE, ["bot"]),
        (FULL_IMAGE, ["inference_api", "doctor"]),
        (SLIM_IMAGE, ["inference_api", "doctor"]),
    ],
)
def test_all_that_an_image_runs_is_compiled(image, command):
    """As a user who could not keep what is compiled at the start."""
    printed = inside(image, NOT_COMPILED, *command, user="10001")

    assert printed.splitlines()[-1].split() == ["True:"]


@pytest.fixture
def image_of_ones_own_index(tmp_path: Path) -> Iterator[str]:
    """Built with settings of the package index by variable and by secret, and with a label."""
    conf, tag = tmp_path / "pip.conf", "photo-appeal-bot:planted"
    conf.write_text("[global]\nextra-index-url = file:///planted-in-secret\n", "utf-8")
    variables = ["PIP_TRUSTED_HOST=planted-in-variable", "VERSION=planted-in-label"]
    options = [f"--secret=id=pip_conf,src={conf}", *map("--build-arg={}".format, variables)]
    built = build_bot(*options, f"--tag={tag}")
    assert built.returncode == 0, built.stderr[-2000:]
    yield tag
    docker("image", "rm", tag)


def test_the_package_index_is_not_baked_in(image_of_ones_own_index):
    questions = (["history", "--no-trunc"], ["save"])  # how it was made, and every byte of it
    answers = [
        subprocess.check_output(["docker", *question, image_of_ones_own_index])
        for question in questions
    ]

    found = set(re.findall(rb"planted-in-(\w+)", b"".join(answers)))
    assert found == {b"label"}  # the one that is meant to be there


@pytest.mark.parametrize("how", ["--build-arg", "--secret"])
def test_the_package_index_is_asked(how, tmp_path):
    conf = tmp_path / "pip.conf"
    conf.write_text("[global]\nno-index = true\n", "utf-8")
    nowhere = {
        "--build-arg": "PIP_INDEX_URL=file:///nowhere",
        "--secret": f"id=pip_conf,src={conf}",
    }

    built = build_bot("--target=packages", f"{how}={nowhere[how]}")

    assert built.returncode != 0
    assert "No matching distribution found" in built.stderr


@pytest.mark.parametrize(
    ("image", "complaint"),
    [(BOT_IMAGE, "BOT_TOKEN: Field required"), (FULL_IMAGE, "API_PORT: Input should be a valid")],
)
def test_a_wrong_setting_stops_the_start_and_is_named(image, complaint):
    command = ["docker", "run", "--rm", "--env=API_PORT=x", image]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert complaint in done.stderr
