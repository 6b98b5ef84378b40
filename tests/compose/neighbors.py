"""The programs of others that the profiles run: their images, or Debian's packages of them.

Each is named by the variable of docker-compose.yml that can name another image for it.
"""

import re
import subprocess

from tests.compose.project import ROOT, docker

STAND_INS = ROOT / "tests" / "compose" / "stand_ins"


def stand_ins(*variables: str) -> dict[str, str]:
    """Settings that name a stand-in for each image that cannot be had."""
    absent = [variable for variable in variables if not available(image_of(variable))]
    return {variable: build_stand_in(variable) for variable in absent}


def image_of(variable: str) -> str:
    """The image that docker-compose.yml takes when the variable is not set."""
    file = (ROOT / "docker-compose.yml").read_text("utf-8")
    found = re.search(rf"\$\{{{variable}:-(.+?)}}", file)
    assert found, f"docker-compose.yml does not ask for {variable}"
    return found[1]


def available(image: str) -> bool:
    """Whether the engine has the image, now if not before."""
    tries = (["image", "inspect", image], ["pull", "--quiet", image])
    return any(
        subprocess.run(["docker", *words], capture_output=True, check=False).returncode == 0
        for words in tries
    )


def build_stand_in(variable: str) -> str:
    """The name of a local image with Debian's package of the program."""
    program = variable.removesuffix("_IMAGE").lower()
    tag = f"photo-appeal-stand-in-{program}"
    docker("build", "--quiet", f"--target={program}", f"--tag={tag}", str(STAND_INS))
    return tag
