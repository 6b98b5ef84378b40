"""Our localizers timed alone: what is read from their times, and who is left out."""

import json
import shutil

import pytest

from benchmarks import ROOT
from benchmarks.accuracy.answers import WARM_UP, Timed, answers_of, times_of
from benchmarks.accuracy.comparing import Compared, compare
from benchmarks.accuracy.faces import Validation
from benchmarks.accuracy.localizers import beside_each_other, localizers, name_of
from benchmarks.accuracy.tables import tables
from benchmarks.peers.answering import About
from training.dataset.sources import Photo

PHOTO = ROOT / "tests" / "photos" / "london_neutral_044_03.jpg"


def timed(runtime, number_format, ms):
    return Timed(About({"network": "1.0.0", runtime: number_format}, 0.5), ms)


def with_litert(models):
    """Both localizers, run by LiteRT."""
    names = {name_of(pair, "litert") for pair in ("original", "compact")}
    return [each for each in localizers(models) if each.name in names]


def test_the_table_has_a_row_for_each_engine_that_runs_both():
    times = {
        "original with savedmodel": timed("savedmodel", "bfloat16", 24),
        "compact with savedmodel": timed("savedmodel", "float32", 8),
        "compact with litert": timed("litert", "int8", 4),
    }
    text, *_ = tables(Compared(timed=times))
    assert text.startswith("Our localizers alone, one photo at a time:\n\n| engine |")
    assert text.splitlines()[4:] == ["| savedmodel | bfloat16 | 24 | float32 | 8 | 3 |"]


def test_there_is_no_table_without_times():
    assert [*tables(Compared())] == []


def test_the_localizers_run_alone_in_the_format_that_they_tell():
    candidates = with_litert(ROOT / "models")
    (pair,) = beside_each_other(times_of(candidates, [PHOTO] * (WARM_UP + 1)))
    assert pair.original_format == pair.compact_format == "int8"
    assert min(pair.original.ms, pair.compact.ms) > 0
    assert pair.times == pytest.approx(pair.original.ms / pair.compact.ms)


def test_what_a_localizer_finds_alone_is_not_told(tmp_path):
    """Else the boxes' way back to the photo would be timed with it."""
    _, compact = with_litert(ROOT / "models")
    answers = answers_of(compact, [PHOTO], kept=tmp_path / "kept.jsonl", reuse=False)
    assert answers.by_photo[PHOTO].scores == []


def test_an_engine_that_is_not_fit_is_left_out_with_a_word(tmp_path):
    for folder in ("compact_detector", "compact_classifier"):
        shutil.copytree(ROOT / "models" / folder, tmp_path / folder)
        spec = tmp_path / folder / "spec.json"
        spec.write_text(json.dumps({**json.loads(spec.read_text("utf-8")), "formats": {}}))
    validation = Validation([Photo(PHOTO, "london", None, ((0, 0, 1, 1),))], {}, [])
    compared = compare([], validation, kept=tmp_path, reuse=False, timed_only=with_litert(tmp_path))
    assert compared.timed == {}
    skipped, failed = compared.absent
    assert skipped.startswith("original with litert is skipped; there is no ")
    assert failed.startswith("compact with litert failed: no engine is fit")
