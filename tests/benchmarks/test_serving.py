"""The whole comparison over two small servers, and what its options do."""

from dataclasses import replace

import pytest

from benchmarks import serving
from benchmarks.report.pages import PAGE, write_section
from benchmarks.serving import FULL, SHORT, Plan, compare, main
from benchmarks.speed.load import Load
from benchmarks.speed.servers import Dialect

LONGEST_S = 10 * 60


def rows(text):
    """The cells of the tables' lines, in order."""
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]


@pytest.fixture(autouse=True)
def shortly(monkeypatch):
    monkeypatch.setattr(serving, "OVERLOAD_S", 0.1)
    monkeypatch.setattr(serving, "STARTS", 1)


def test_every_load_is_put_on_both_servers_and_held_against_the_first(stand_in):
    loads = [Load("predict", 640, 1), Load("predict", 320, 2)]
    _, text = compare([stand_in("one"), stand_in("other")], Plan(loads, rounds=2, seconds=0.1))
    every = rows(text)
    found = every[[row[0] for row in every].index("server") :]
    assert [row[0] for row in found[:4]] == ["server", "---", "one", "other"]
    assert [row[:4] for row in found[6:]] == [
        ["predict", "640", "1", "one"],
        ["predict", "640", "1", "other"],
        ["predict", "320", "2", "one"],
        ["predict", "320", "2", "other"],
    ]
    for one, other in (found[6:8], found[8:10]):
        assert one[5] == "1"
        assert float(other[5]) == pytest.approx(float(other[4]) / float(one[4]), rel=0.02)
        assert int(one[-1]) >= 2
    assert any(row[0].startswith("overload") for row in every)


def test_a_server_is_only_asked_for_what_it_can_give(stand_in):
    loads = [Load("predict", 640, 1), Load("predict", 1280, 1), Load("annotate", 640, 1)]
    dialect = Dialect({"predict": "/other"}, "img", {"actions": "all"}, max_side=640)
    peer = replace(stand_in("peer"), dialect=dialect)
    _, text = compare([stand_in("one"), stand_in("other"), peer], Plan(loads, rounds=1, seconds=0))
    asked = [(row[0], row[1]) for row in rows(text) if "peer" in row[3:4]]
    assert asked == [("predict", "640")]


def test_a_plan_has_every_load_once_and_the_short_one_fits_its_time():
    for plan in (SHORT, FULL):
        assert len(set(plan.loads)) == len(plan.loads)
        assert {load.side for load in plan.loads} == {640, 1280, 4000}
        assert {load.answer for load in plan.loads} == {"predict", "annotate"}
    servers = 5
    assert len(SHORT.loads) * SHORT.rounds * SHORT.seconds * servers < LONGEST_S / 2


def test_missing_models_end_the_command_and_are_named(monkeypatch, stand_in, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(serving, "NAIVE", stand_in("naive"))
    with pytest.raises(SystemExit, match=r"artifacts/face_localizer/spec\.json is missing"):
        main(["--short", "--models", "artifacts"])


@pytest.mark.parametrize("name", ["serving", "roofline", "soak"])
def test_the_page_has_a_place_for_the_tables(tmp_path, name):
    copy = tmp_path / "page.md"
    copy.write_text(PAGE.read_text("utf-8"))
    write_section(copy, name, "tables")
    assert f"<!-- {name} -->\n\ntables\n\n<!-- end of {name} -->" in copy.read_text("utf-8")
