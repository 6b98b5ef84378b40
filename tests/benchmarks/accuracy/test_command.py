"""The whole comparison over drawn photos and a small detector, and what its options do."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import ROOT
from benchmarks.accuracy import __main__ as accuracy
from benchmarks.accuracy.answers import answers_of
from benchmarks.accuracy.comparing import compare
from benchmarks.accuracy.detectors import PEER_ENVIRONMENTS, Candidate, candidates
from benchmarks.accuracy.faces import figures_of, read_validation
from benchmarks.report.pages import write_section
from benchmarks.speed.servers import DEEPFACE

BRIGHT, DIM = 250, 75  # above and below the detector's own threshold
FACE = (10, 20, 50, 70)
LONDON = {  # photo → its face
    "london_neutral_044_03.jpg": (155.7, 129.3, 289.7, 318.6),
    "london_smiling_022_08.jpg": (158.4, 142.5, 282.9, 318.9),
    "london_smiling_034_08.jpg": (150.3, 150.0, 298.2, 347.6),
}


def everyone(folder):
    """Whom the command would ask, were its artifacts and environments in this folder."""
    return candidates(folder, engine="savedmodel", peers_dir=folder)


def size_mb(*artifacts):
    """What the released artifacts' files weigh."""
    files = [path for name in artifacts for path in (ROOT / "models" / name).rglob("*.*")]
    return sum(path.stat().st_size for path in files) / 1e6


@pytest.fixture
def draw(tmp_path):
    """Writes a data set: photos of 100 x 100 pixels with spots {box: brightness}, and its index."""

    def draw(dataset, *photos):
        folder = tmp_path / dataset
        folder.mkdir(exist_ok=True)
        rows = []
        for number, (spots, boxes, fold) in enumerate(photos):
            pixels = np.zeros((100, 100, 3), np.uint8)
            for (left, top, right, bottom), brightness in spots.items():
                pixels[top:bottom, left:right] = brightness
            Image.fromarray(pixels).save(folder / f"{number}.png")
            rows.append({"image": f"{number}.png", "boxes_xyxy": boxes, "fold": fold})
        (folder / "index.jsonl").write_text("\n".join(map(json.dumps, rows)))
        return folder

    return draw


@pytest.fixture
def folders(draw):
    """One face found in full and one by 3/4; several faces; no face, and a spot all the same."""
    left, right, dim, false = (0, 0, 30, 30), (60, 0, 100, 40), (0, 60, 40, 100), (70, 70, 90, 90)
    tiny = (45, 45, 50, 50)
    return [
        draw("single", ({FACE: BRIGHT}, [FACE], 0), ({FACE: BRIGHT}, [(10, 20, 40, 70)], 0)),
        draw(
            "group",
            ({left: BRIGHT, right: 200, false: 220, tiny: 255}, [left, right, tiny], 0),
            ({dim: DIM}, [dim], 0),
        ),
        draw("negatives", ({}, [], 0), ({FACE: BRIGHT}, [], 0), ({FACE: DIM}, [], 0), ({}, [], 0)),
    ]


@pytest.fixture
def photo(draw):
    """The path of a photo of one face."""
    return draw("single", ({FACE: BRIGHT}, [FACE], 0)) / "0.png"


@pytest.fixture
def drawn():
    """The detector under some name, with some arguments."""

    def drawn(name="drawn", *arguments):
        words = ["tests.benchmarks.accuracy.drawn_detector", *arguments]
        return Candidate(name, Path(sys.executable), words, Path(sys.executable), "")

    return drawn


@pytest.fixture
def validation(folders):
    return read_validation(folders, fold=0)


def test_every_figure_is_that_of_the_drawing(drawn, validation, tmp_path):
    compared = compare([drawn()], validation, kept=tmp_path, reuse=False)
    figures = compared.figures["drawn"]
    assert figures.recall == 1
    assert figures.mean_iou == pytest.approx((1 + 0.75) / 2)
    assert figures.false_per_1000 == 250  # the dim spot is none at the own threshold
    group = figures.several["group"]
    assert [*figures.several] == ["group"]
    assert (group.recall, group.precision) == pytest.approx((2 / 3, 2 / 3))
    # By score: right, false, right, and the dim one; the tiny face neither counts nor costs.
    assert group.matches.average_precision == pytest.approx((1 + 2 * 3 / 4) / 3)
    low, high = group.average_precision_interval
    assert low <= group.matches.average_precision <= high
    assert compared.timed["drawn"].ms > 0
    assert compared.absent == []


@pytest.mark.parametrize(
    ("fail", "last_words"), [("start", "no weights"), ("photo", "a face is too much")]
)
def test_one_that_fails_is_reported_and_the_others_go_on(
    drawn, validation, tmp_path, fail, last_words
):
    both = [drawn("bad", "--fail", fail), drawn("good")]
    compared = compare(both, validation, kept=tmp_path, reuse=False)
    assert [*compared.figures] == [*compared.timed] == ["good"]
    (word,) = compared.absent
    assert word.startswith("bad failed: ")
    assert word.endswith(last_words)


def test_one_that_fails_when_it_is_timed_keeps_its_figures(drawn, validation, tmp_path):
    both = [drawn("bad", "--fail", "timed"), drawn("good")]
    compared = compare(both, validation, kept=tmp_path, reuse=False)
    assert [*compared.figures] == ["bad", "good"]
    assert [*compared.timed] == ["good"]
    assert compared.absent[0].startswith("bad failed: ")


def test_who_is_timed_only_has_no_figures(drawn, validation, tmp_path):
    timed_only = [drawn("two", "--version", "2"), drawn("bad", "--fail", "start")]
    compared = compare(
        [drawn("one")], validation, kept=tmp_path, reuse=False, timed_only=timed_only
    )
    assert [*compared.figures] == [*compared.answers] == ["one"]
    assert [*compared.timed] == ["one", "two"]
    assert compared.timed["two"].about.versions == {"drawn": "2"}
    assert compared.timed["two"].ms > 0
    (word,) = compared.absent
    assert word.startswith("bad failed: ")


def test_what_a_detector_prepares_is_not_timed(photo, drawn, tmp_path):
    slow = drawn("slow", "--prepare-s", "0.5")
    answers = answers_of(slow, [photo], kept=tmp_path / "kept.jsonl", reuse=False)
    assert 0 < answers.by_photo[photo].ms < 500


def test_one_that_is_not_there_is_skipped_with_a_word(drawn, validation, tmp_path):
    (absent,) = [each for each in everyone(tmp_path) if each.name == "MTCNN"]
    compared = compare([absent, drawn()], validation, kept=tmp_path, reuse=False)
    assert [*compared.figures] == ["drawn"]
    assert compared.absent == ["MTCNN is skipped; make peers PEERS=mtcnn sets it up."]


def test_a_pair_that_is_not_there_is_skipped_with_a_word(validation, tmp_path):
    ours, *_ = everyone(tmp_path)
    compared = compare([ours], validation, kept=tmp_path, reuse=False)
    spec = tmp_path / "face_localizer" / "spec.json"
    assert compared.absent == [f"ours, original is skipped; there is no {spec}."]


def test_every_peer_has_its_lock():
    locks = {path.stem.removeprefix("peer-") for path in (ROOT / "requirements").glob("peer-*.txt")}
    assert locks == {*PEER_ENVIRONMENTS, DEEPFACE.name}


@pytest.mark.parametrize(
    ("version", "reuse", "asked_anew"), [("1", True, False), ("1", False, True), ("2", True, True)]
)
def test_answers_are_reused_while_the_detector_is_the_same(
    photo, drawn, version, reuse, asked_anew
):
    kept = photo.with_name("kept.jsonl")
    answers_of(drawn(), [photo], kept=kept, reuse=False)
    Image.new("RGB", (100, 100)).save(photo)
    detector = drawn("drawn", "--version", version)
    answers = answers_of(detector, [photo], kept=kept, reuse=reuse)
    assert (answers.by_photo[photo].scores == []) is asked_anew


def test_answers_that_were_cut_short_are_completed(draw, drawn, tmp_path):
    folder = draw("single", ({FACE: BRIGHT}, [FACE], 0), ({FACE: DIM}, [FACE], 0))
    photos, kept = [folder / "0.png", folder / "1.png"], tmp_path / "kept.jsonl"
    whole = answers_of(drawn(), photos, kept=kept, reuse=False)
    kept.write_text(kept.read_text()[:-20])
    again = answers_of(drawn(), photos, kept=kept, reuse=True)
    assert [again.by_photo[photo].scores for photo in photos] == [
        whole.by_photo[photo].scores for photo in photos
    ]


def test_answers_for_other_photos_are_kept(draw, drawn, tmp_path):
    folder = draw("single", ({FACE: BRIGHT}, [FACE], 0), ({FACE: DIM}, [FACE], 0))
    one, other, kept = folder / "0.png", folder / "1.png", tmp_path / "kept.jsonl"
    for photo in (one, other):
        answers = answers_of(drawn(), [photo], kept=kept, reuse=True)
        assert [*answers.by_photo] == [photo]
    assert str(one) in kept.read_text()


def test_photos_of_the_fold_and_those_of_none_are_shown(draw):
    folder = draw("single", ({}, [FACE], 0), ({}, [FACE], 3), ({}, [FACE], None), ({}, [], 3))
    validation = read_validation([folder], fold=3)
    assert [photo.path.name for photo in validation.single] == ["1.png", "2.png"]
    assert [photo.path.name for photo in validation.negatives] == ["3.png"]
    assert validation.several == {}


def test_the_command_prints_the_tables_and_writes_them_when_asked(
    monkeypatch, drawn, folders, tmp_path, capsys
):
    page, picture = tmp_path / "page.md", tmp_path / "curves.svg"
    empty = "<!-- accuracy -->\n\n<!-- end of accuracy -->\n"
    page.write_text(empty)
    monkeypatch.setattr(accuracy, "PAGE", page)
    monkeypatch.setattr(accuracy, "PICTURE", picture)
    monkeypatch.setattr(accuracy, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(accuracy, "candidates", lambda *_, **__: [drawn("one"), drawn("two")])
    monkeypatch.setattr(accuracy, "localizers", lambda _: [])
    accuracy.main([*map(str, folders)])
    printed = capsys.readouterr().out
    assert "| one | 100.0 | 0.875 | 250.0 |" in printed
    assert "| two | 0.833 |" in printed
    assert f"original {size_mb('face_localizer', 'attractiveness_classifier'):.3g} MB" in printed
    assert f"MB | ≤ 8 | {size_mb('compact_detector'):.3g} |" in printed
    assert page.read_text() == empty
    assert not picture.exists()
    accuracy.main([*map(str, folders), "--reuse", "--write"])
    assert "| two | 0.833 |" in page.read_text()
    assert picture.read_text().lstrip().startswith("<?xml")
    capsys.readouterr()
    accuracy.main([*map(str, folders), "--without", "two"])
    printed = capsys.readouterr().out
    assert "| two |" not in printed
    assert "two was left out of this run." in printed
    with pytest.raises(SystemExit):
        accuracy.main([*map(str, folders), "--without", "three"])
    assert "no detector is called three" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ours, original", "Haar cascade"])
def test_what_needs_no_other_environment_finds_the_faces_of_the_test_photos(name, tmp_path):
    rows = [
        {"image": str(ROOT / "tests" / "photos" / photo), "boxes_xyxy": [box]}
        for photo, box in LONDON.items()
    ]
    (tmp_path / "index.jsonl").write_text("\n".join(map(json.dumps, rows)))
    validation = read_validation([tmp_path], fold=0)
    offered = candidates(ROOT / "models", engine="litert", peers_dir=tmp_path)
    (candidate,) = [each for each in offered if each.name == name]
    kept = tmp_path / "kept.jsonl"
    answers = answers_of(candidate, validation.paths, kept=kept, reuse=False)
    figures = figures_of(answers, validation)
    assert figures.recall == 1
    assert figures.mean_iou > 0.6
    assert all(answer.ms > 0 for answer in answers.by_photo.values())


def test_folders_without_photos_end_the_command(tmp_path, capsys):
    with pytest.raises(SystemExit):
        accuracy.main([str(tmp_path)])
    assert "no labelled photo of fold 0" in capsys.readouterr().err


def test_the_page_has_a_place_for_the_tables(tmp_path):
    copy = tmp_path / "page.md"
    copy.write_text(accuracy.PAGE.read_text("utf-8"))
    write_section(copy, "accuracy", "tables")
    assert "<!-- accuracy -->\n\ntables\n\n<!-- end of accuracy -->" in copy.read_text("utf-8")


def test_our_detector_tells_of_faces_that_it_would_not_call_one(tmp_path):
    """Else the curve, and the average precision under it, would end at its own threshold."""
    _, compact, *_ = candidates(ROOT / "models", engine="savedmodel", peers_dir=tmp_path)
    photos = [ROOT / "tests" / "photos" / name for name in LONDON]

    answers = answers_of(compact, photos, kept=tmp_path / "kept.jsonl", reuse=False)

    scores = [score for answer in answers.by_photo.values() for score in answer.scores]
    assert min(scores) < answers.about.threshold < max(scores)
