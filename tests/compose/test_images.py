"""What the images hold, and what they do not."""

import json
import subprocess

import pytest

from bot.messages import LANGUAGES
from tests.compose.project import API_IMAGE, BOT_IMAGE, docker

MB = 1_000_000
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

SIZE_OF = """
import os, sys
paths = (os.path.join(folder, name) for folder, _, files in os.walk(sys.argv[1]) for name in files)
print(sum(os.path.getsize(path) for path in paths))
"""


def inside(image: str, program: str, *words: str) -> str:
    """What a Python program prints in a container of the image, as root."""
    return docker("run", "--rm", "--user=0", "--entrypoint=python", image, "-c", program, *words)


@pytest.mark.parametrize(("image", "at_most"), [(BOT_IMAGE, 200 * MB), (API_IMAGE, 2200 * MB)])
def test_an_image_is_small(image, at_most, record_property):
    size = int(docker("image", "inspect", "--format={{.Size}}", image))
    # Docker's own base holds no cache of apt; one made on the machine may.
    cache = int(inside(image, SIZE_OF, "/var/cache/apt"))

    record_property(f"MB of {image}", (size - cache) // MB)
    record_property(f"MB of apt's cache in the base of {image}", cache // MB)
    assert 0 < size - cache <= at_most


@pytest.mark.parametrize("image", [BOT_IMAGE, API_IMAGE])
def test_an_image_says_what_it_is_and_runs_as_nobody(image):
    config = json.loads(docker("image", "inspect", "--format={{json .Config}}", image))

    assert config["User"] == "10001:10001"
    assert config["Entrypoint"][:2] == ["python", "-m"]
    assert config["Healthcheck"]["Test"][:2] == ["CMD", "python"]
    assert config["Labels"]["org.opencontainers.image.licenses"] == "MIT"
    assert not [line for line in config["Env"] if line.startswith("PIP_")]


@pytest.mark.parametrize("module", ["tensorflow", "cv2", "numpy", "inference_api"])
def test_the_bot_image_holds_no_runtime(module):
    found = inside(BOT_IMAGE, f"from importlib.util import find_spec; print(find_spec({module!r}))")

    assert found.strip() == "None"


def test_the_bot_image_knows_the_plurals_of_its_languages():
    program = "import babel, bot.messages; print(*map(babel.Locale.parse, bot.messages.LANGUAGES))"

    assert inside(BOT_IMAGE, program).split() == [*LANGUAGES]


@pytest.mark.parametrize("image", [BOT_IMAGE, API_IMAGE])
def test_an_image_holds_no_compiler_cache_or_settings(image):
    assert inside(image, FIND, "bin/gcc", "bin/cc", "bin/ld", ".env", "pip_conf") == ""
    assert inside(image, "import os; print(os.listdir('/root'))").count("cache") == 0


@pytest.mark.parametrize(("image", "package"), [(BOT_IMAGE, "bot"), (API_IMAGE, "inference_api")])
def test_an_image_is_compiled(image, package):
    compiled = inside(image, FIND, ".pyc").splitlines()

    for part in (f"/app/{package}/", "/venv/lib/", "/usr/local/lib/python"):
        assert any(path.startswith(part) for path in compiled), part


@pytest.mark.parametrize(
    ("image", "complaint"),
    [(BOT_IMAGE, "BOT_TOKEN: Field required"), (API_IMAGE, "API_PORT: Input should be a valid")],
)
def test_a_wrong_setting_stops_the_start_and_is_named(image, complaint):
    command = ["docker", "run", "--rm", "--env=API_PORT=x", image]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert complaint in done.stderr
