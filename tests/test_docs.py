"""What the docs say exists: commands, addresses, settings, links; each check catches a plant."""

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from inference_api.http import problems

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "models/*/*.md", "training/*.md")
    for page in ROOT.glob(pattern)
)
VARIABLE = re.compile(r"\b(?:API|BOT)_[A-Z][A-Z_]*[A-Z]\b")
OTHERS_COMMANDS = {"cd", "cp", "curl", "docker", "git", "kubectl", "labelme", "pip", "uvx"}


def tokens(page: Path) -> Iterator[Token]:
    """The page's Markdown tokens, those inside lines of text too."""
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        yield token
        yield from token.children or []


def commands(page: Path) -> Iterator[list[str]]:
    """The words of each command in the page's ```sh blocks; a trailing backslash goes on."""
    for block in (token for token in tokens(page) if token.info == "sh"):
        for line in block.content.replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                yield words


def complaint(words: list[str]) -> str | None:
    """What is wrong with a command of the docs; None when it could be run."""
    match [word for word in words if not re.match(r"[A-Z_]+=", word)]:
        case ["make", *targets]:
            return missing("make target", set(targets) - make_targets())
        case ["python", "-m", module, *_]:
            return missing("module", set() if has_module(module) else {module})
        case [name, *_] if "/" in name:
            return missing("file", set() if name.startswith(".venv/") else absent([name]))
        case ["cp", source, _]:
            return missing("file", absent([source]))
        case [name, *arguments]:
            unknown = {name} - OTHERS_COMMANDS
            return missing("command", unknown) or missing("address", unserved(arguments))
    return None


def missing(kind: str, names: set[str]) -> str | None:
    return f"no {kind} {', '.join(sorted(names))}" if names else None


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def absent(files: list[str]) -> set[str]:
    return {file for file in files if not (ROOT / file).exists()}


def has_module(dotted: str) -> bool:
    path = ROOT.joinpath(*dotted.split("."))
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def unserved(words: list[str]) -> set[str]:
    """The paths of the service's addresses among the words that it has no route for."""
    addresses = [re.match(r"http://127\.0\.0\.1:8000(/[a-z0-9/]+)", word) for word in words]
    files = [path.read_text(encoding="utf-8") for path in (ROOT / "inference_api").rglob("*.py")]
    routes = set(re.findall(r'"(/[a-z0-9/]+)"', "".join(files)))
    return {address[1] for address in addresses if address} - routes


def broken_links(page: Path) -> list[str]:
    """The page's links and pictures whose file is not there."""
    found = [str(token.attrs.get("href") or token.attrs.get("src") or "") for token in tokens(page)]
    local = [link.partition("#")[0] for link in found if not re.match(r"[a-z]+:", link)]
    return [link for link in local if not (page.parent / link).exists()]


def settings_classes() -> Iterator[type[BaseSettings]]:
    for path in sorted(ROOT.glob("*/settings.py")):
        module = importlib.import_module(f"{path.parent.name}.settings")
        own = [each for each in vars(module).values() if isinstance(each, type)]
        yield from (each for each in own if issubclass(each, BaseSettings) and each != BaseSettings)


def fields() -> dict[str, FieldInfo]:
    """Environment variable → its setting."""
    return {
        f"{settings.model_config['env_prefix']}{name}".upper(): field
        for settings in settings_classes()
        for name, field in settings.model_fields.items()
    }


def read_as(field: FieldInfo, value: str) -> Any:
    """The value as the setting reads it; raises ValidationError when it cannot."""
    return TypeAdapter(field.annotation).validate_strings(value)


def example_lines() -> dict[str, str]:
    """The variables of .env.example with their values, those commented out too."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_could_be_run(page: Path) -> None:
    assert [f"{words}: {wrong}" for words in commands(page) if (wrong := complaint(words))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("", None),
        ("make test ARGS=-x", None),
        ("make tea", "no make target tea"),
        ("python -m inference_api serve", None),
        ("BOT_TOKEN=1:a python -m robot", "no module robot"),
        ("cp .env.example .env", None),
        ("cp .env.sample .env", "no file .env.sample"),
        ("deploy/nowhere.sh", "no file deploy/nowhere.sh"),
        ("frobnicate", "no command frobnicate"),
        (
            "curl -F photo=@photo.jpg http://127.0.0.1:8000/v9/predict",
            "no address /v9/predict",
        ),
    ],
)
def test_a_wrong_command_is_reported(line: str, wrong: str | None) -> None:
    assert complaint(shlex.split(line)) == wrong


def test_a_broken_link_is_reported(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[here](page.md#top) [there](no.md) ![seen](no.png) [far](https://x.org)\n")

    assert broken_links(page) == ["no.md", "no.png"]


def test_every_setting_is_in_the_example() -> None:
    assert example_lines().keys() == fields().keys()


def test_the_example_shows_the_defaults() -> None:
    """An empty value stands for a default that cannot be written, an example for none."""
    defaults = {name: field.get_default() for name, field in fields().items()}
    values = {name: value for name, value in example_lines().items() if value}
    shown = {name: values[name] for name in values if defaults[name] is not None}

    assert {name: read_as(fields()[name], value) for name, value in shown.items()} == {
        name: defaults[name] for name in shown
    }


def test_every_setting_is_in_the_docs() -> None:
    mentioned = {name for page in PAGES for name in VARIABLE.findall(page.read_text("utf-8"))}

    assert mentioned == fields().keys()


def test_every_error_is_in_the_docs() -> None:
    kinds = [kind for kind in vars(problems).values() if isinstance(kind, problems.Kind)]
    page = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| (.*) \|$", page, re.MULTILINE)

    assert rows == [(str(kind.status), kind.code, kind.title) for kind in kinds]


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[0] == "[Unreleased]"
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= kinds
