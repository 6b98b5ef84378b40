"""Every word is translated, and every translation is used."""

import ast
import io
import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from bot.words import messages
from bot.words.language import LOCALES
from tests.bot.words.page import page

BOT = Path(messages.__file__).parents[1]
TRANSLATED = sorted(set(messages.LANGUAGES) - {"en"})


def words():
    """The message ids of messages.py; a pair where there is a plural."""
    keywords = {"_": None, "ngettext": (1, 2)}
    found = extract_from_file("python", messages.__file__, keywords=keywords)
    return {message for _, message, _, _ in found}


def catalog(language):
    path = LOCALES / language / "LC_MESSAGES" / "bot.po"
    return [message for message in read_po(io.BytesIO(path.read_bytes())) if message.id]


def as_tuple(text):
    return text if isinstance(text, tuple) else (text,)


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_message_is_missing_or_unused(language):
    assert {message.id for message in catalog(language)} == words()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_for_good(language):
    for message in catalog(language):
        assert not message.fuzzy, message.id
        assert all(as_tuple(message.string)), message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_names_the_same_values(language):
    for message in catalog(language):
        expected = fields(as_tuple(message.id)[-1])
        for text in as_tuple(message.string):
            assert fields(text) == expected, message.id


def test_only_messages_py_speaks():
    elsewhere = [path for path in BOT.rglob("*.py") if path.name != "messages.py"]

    assert [path.name for path in elsewhere if "gettext as _" in path.read_text("utf-8")] == []
    assert elsewhere


def test_every_function_of_messages_is_used():
    tree = ast.parse(Path(messages.__file__).read_text("utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    code = "".join(path.read_text("utf-8") for path in BOT.rglob("*.py"))
    called = {name for name in names if code.count(name + "(") > 1}

    assert names - called - {name for name in names if f"messages.{name}," in code} == set()


def test_the_page_of_all_messages_is_up_to_date():
    docs = Path(__file__).parents[3] / "docs" / "bot_words.md"

    assert docs.read_text("utf-8") == page()


def test_the_page_holds_every_message():
    words = page()
    for language in TRANSLATED:
        for message in catalog(language):
            longest = max(re.split(r"\{\w+\}|\n", as_tuple(message.string)[-1]), key=len)
            assert longest in words, message.id
