"""Figures into a page: between their marks, and nowhere else."""

import os
from datetime import UTC, datetime

import pytest

from benchmarks.report.pages import machine, section_of, write_section
from inference_api.engines.choice import Machine

PAGE = "# Speed\n\n<!-- a -->\nold\n<!-- end of a -->\n\nWords.\n\n<!-- b -->\n<!-- end of b -->\n"


@pytest.fixture
def page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    return page


def test_a_section_is_replaced_and_the_rest_kept(page):
    write_section(page, "a", "new")
    assert page.read_text() == PAGE.replace("old", "\nnew\n")


def test_writing_again_changes_nothing(page):
    write_section(page, "b", "new")
    once = page.read_text()
    write_section(page, "b", "new")
    assert page.read_text() == once


@pytest.mark.parametrize("text", ["", "<!-- c -->", "<!-- end of c --> <!-- c -->"])
def test_a_page_without_the_marks_is_left_as_it_is(page, text):
    page.write_text(text)
    with pytest.raises(ValueError, match="<!-- c -->"):
        write_section(page, "c", "new")
    assert page.read_text() == text


@pytest.mark.parametrize(("bfloat16", "section"), [(True, "a, bfloat16"), (False, "a")])
def test_figures_of_another_kind_of_machine_have_their_own_section(monkeypatch, bfloat16, section):
    here = Machine(modules=frozenset(), bfloat16=bfloat16)
    monkeypatch.setattr(Machine, "here", lambda: here)
    assert section_of("a") == section


def test_the_machine_is_described():
    lines = machine().splitlines()
    assert f"{os.cpu_count()} cores" in lines[0]
    assert lines[1].startswith("- Instructions: ")
    assert "tensorflow" in lines[3]
    assert "keras" in lines[3]
    assert lines[-1] == f"- Date: {datetime.now(UTC):%Y-%m-%d}"
