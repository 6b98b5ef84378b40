"""Figures into a page: between their marks, and nowhere else."""

import os
from datetime import UTC, datetime

import pytest

from benchmarks.report import machine, write_section

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


def test_the_machine_is_described():
    lines = machine().splitlines()
    assert f"{os.cpu_count()} cores" in lines[0]
    assert "tensorflow" in lines[2]
    assert "keras" in lines[2]
    assert lines[-1] == f"- Date: {datetime.now(UTC):%Y-%m-%d}"
