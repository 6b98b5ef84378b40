"""Tables, their place in a card, and figures of groups."""

import numpy as np
import pytest

from training.release.cards import BEGIN, END, Table, group_table, write_figures


def table():
    made = Table("Faces", ("photos", "n"))
    made.add("mine", 3)
    return made


def test_a_table_is_markdown_with_its_numbers_to_the_right():
    assert table().markdown() == "### Faces\n\n| photos | n |\n| --- | ---: |\n| mine | 3 |\n"


@pytest.mark.parametrize("cells", [(), ("mine",), ("mine", 3, 4)])
def test_a_row_has_a_cell_for_each_column(cells):
    with pytest.raises(ValueError, match=f"{len(cells)} cells for 2 columns"):
        table().add(*cells)


def test_figures_replace_those_between_the_markers_and_nothing_else(tmp_path):
    card = tmp_path / "MODEL_CARD.md"
    card.write_text(f"# Card\n\n{BEGIN}\nold\n{END}\n\nThe rest.\n")
    write_figures(card, [table()])
    once = card.read_text()
    write_figures(card, [table()])
    assert card.read_text() == once
    assert once.startswith(f"# Card\n\n{BEGIN}\n\n### Faces\n\n| photos | n |")
    assert once.endswith(f"| mine | 3 |\n\n{END}\n\nThe rest.\n")
    assert "old" not in once


def test_a_card_that_is_missing_is_begun(tmp_path):
    write_figures(tmp_path / "MODEL_CARD.md", [table(), table()])
    text = (tmp_path / "MODEL_CARD.md").read_text()
    assert text.startswith(BEGIN)
    assert text.count("| mine | 3 |\n\n### Faces") == 1
    assert text.endswith(f"{END}\n")


@pytest.mark.parametrize("text", ["# Card\n", f"# Card\n{BEGIN}\n", f"{END}\n"])
def test_a_card_without_a_place_is_left_as_it_is(tmp_path, text):
    card = tmp_path / "MODEL_CARD.md"
    card.write_text(text)
    with pytest.raises(ValueError, match="no place for figures"):
        write_figures(card, [table()])
    assert card.read_text() == text


def test_groups_that_are_large_enough_are_measured_on_their_own_photos():
    groups = [{"gender": "f"}] * 20 + [{"gender": "m"}] * 19 + [{"age": 30}] * 21 + [{}]
    values = np.repeat([1.0, 2.0, 3.0, 4.0], [20, 19, 21, 1])
    made = group_table("By group", [{"group": group} for group in groups],
                       {"mean": lambda rows: values[rows].mean()})  # fmt: skip
    assert made.columns == ("group", "n", "mean")
    assert made.rows == [
        ("gender: f", "20", "1.000 (1.000–1.000)"),
        ("age: 30", "21", "3.000 (3.000–3.000)"),
    ]
