"""Folders of photos become arrays: the service's pixels, boxes where the faces are."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image as PillowImage

from inference_api.pipeline import Found, Pipeline
from inference_api.vision.images import decode
from inference_api.vision.labelling import Opinion
from inference_api.vision.spec import ClassifierSpec, Labels, LocalizerSpec
from tests.training.scenes import labelme, scene, write_image
from training.dataset.folds import assign_folds, perceptual_hash
from training.dataset.prepared import read_split
from training.dataset.sizes import INPUT_SIZE, TRAIN_SIZE
from training.dataset.sources import read_source
from training.prepare import main


def red_box(image):
    """Bounds of what is red, rel_xyxy."""
    red = (image[..., 0] > 120) & (image[..., 1] < 90) & (image[..., 2] < 90)
    rows, columns = np.nonzero(red)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / len(image)


def test_every_photo_is_in_one_split_with_its_box_where_the_face_is(labeled, tmp_path):
    folder, boxes = labeled
    assert main([str(folder), "--out", str(tmp_path / "out")]) == 0

    train, validation = (read_split(tmp_path / "out", name) for name in ("train", "validation"))
    records = [*train.records, *validation.records]
    assert Counter(record["source"] for record in records) == Counter(list(boxes))
    assert train.photos.shape[1:] == (TRAIN_SIZE, TRAIN_SIZE, 3)
    assert validation.photos.shape[1:] == (INPUT_SIZE, INPUT_SIZE, 3)
    for split in (train, validation):
        assert split.photos.dtype == np.uint8
        assert len(split.photos) == len(split.records) > 0
        assert len(split.crops) == 0  # nothing was rated
        for image, box in zip(split.photos, split.boxes_rel_xyxy, strict=True):
            np.testing.assert_allclose(box, red_box(image), atol=2 / len(image))


def test_faces_of_known_people_that_nobody_rated_are_kept_to_compare_groups_on(tmp_path):
    folder, rows = tmp_path / "photos", []
    known = {"gender": "male", "ethnicity": "x", "age": "20-29"}
    for number, fields in enumerate((
        {"fold": 0, "group": known}, {"fold": 1, "group": known},
        {"fold": 1, "group": known, "score": 4.0}, {"fold": 1, "group": {"gender": "male"}},
    )):  # fmt: skip
        write_image(folder / f"{number}.jpg", scene(number))
        rows.append({"image": f"{number}.jpg", "boxes_xyxy": [[10, 10, 60, 60]], **fields})
    (folder / "index.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    assert main([str(folder), "--out", str(tmp_path / "out")]) == 0

    train, validation = (read_split(tmp_path / "out", name) for name in ("train", "validation"))
    assert (len(train.crops), len(train.references), len(validation.references)) == (1, 1, 1)
    assert [record["source"] for record in train.referred] == ["1.jpg"]
    assert [record["source"] for record in train.rated] == ["2.jpg"]
    assert train.reference_windows.shape == (1, 4)


def test_preparing_twice_writes_the_same_bytes(labeled, tmp_path):
    for out in ("one", "two"):
        main([str(labeled[0]), "--out", str(tmp_path / out)])

    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 9
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_what_cannot_be_used_is_named_skipped_and_in_the_exit_status(labeled, tmp_path, capsys):
    folder, boxes = labeled
    for name, data in [
        ("empty.jpg", b""), ("text.jpg", b"no photo"),
        ("cut.jpg", (folder / "0.jpg").read_bytes()[:700]), ("zip.jpg", b"PK\x03\x04" + bytes(99)),
    ]:  # fmt: skip
        (folder / name).write_bytes(data)
        (folder / name).with_suffix(".json").write_text(labelme((1, 1, 9, 9)))
    write_image(folder / "outside.jpg", scene(90)).with_suffix(".json").write_text(
        labelme((64, 0, 99, 9))
    )
    write_image(folder / "unlabeled.jpg", scene(91))
    write_image(folder / "broken.jpg", scene(92)).with_suffix(".json").write_text("{")

    assert main([str(folder), "--out", str(tmp_path / "out")]) == 3

    names = {"empty.jpg", "text.jpg", "cut.jpg", "zip.jpg", "outside.jpg", "unlabeled.jpg"}
    names |= {"broken.json"}
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert {item["path"].rpartition("/")[2] for item in summary["rejected"]} == names
    assert sum(summary["photos"].values()) == len(boxes)
    complaints = capsys.readouterr().err.splitlines()
    assert {line.split(": ")[1].rpartition("/")[2] for line in complaints
            if line.startswith("left out: ")} == names  # fmt: skip


def test_boxes_over_the_edge_are_clipped_and_all_faces_are_kept(labeled, tmp_path):
    folder, _ = labeled
    for path in folder.glob("*.json"):
        path.write_text(labelme((-50, -50, 20, 20), (30, 30, 999, 999)))
    main([str(folder), "--out", str(tmp_path / "out")])

    split = read_split(tmp_path / "out", "train")
    for record in split.records:
        assert len(record["boxes_rel_xyxy"]) == 2
        assert 0 <= np.min(record["boxes_rel_xyxy"]) <= np.max(record["boxes_rel_xyxy"]) <= 1
    assert len(split.rows(faces=2)) == len(split.records)
    assert len(split.rows(faces=1)) == len(split.rows(faces=0)) == 0


def as_phone_jpeg(upright, path):
    exif = PillowImage.Exif()
    exif[0x0112] = 6  # orientation: to be turned a quarter clockwise
    upright.transpose(PillowImage.Transpose.ROTATE_90).save(path.with_suffix(".jpg"), exif=exif)


def as_heic(upright, path):
    pillow_heif.register_heif_opener()
    path.unlink()
    upright.save(path.with_suffix(".heic"), quality=90)


@pytest.mark.parametrize("save", [as_phone_jpeg, as_heic])
def test_a_box_stays_on_the_face_of_a_photo_from_a_phone(labeled, tmp_path, save):
    for path in labeled[0].glob("*.jpg"):
        with PillowImage.open(path) as photo:
            photo.load()
        save(photo, path)
    assert main([str(labeled[0]), "--out", str(tmp_path / "out")]) == 0

    split = read_split(tmp_path / "out", "train")
    assert len(split.photos) > 0
    for image, box in zip(split.photos, split.boxes_rel_xyxy, strict=True):
        np.testing.assert_allclose(box, red_box(image), atol=2 / TRAIN_SIZE)


def test_no_usable_photo_is_said_and_nothing_written(tmp_path, capsys):
    (tmp_path / "photos").mkdir()

    assert main([str(tmp_path / "photos"), "--out", str(tmp_path / "out")]) == 1
    assert "leave nothing for train and validation" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_photos_that_all_look_alike_cannot_be_split_and_that_is_said(tmp_path, capsys):
    for number in range(6):
        path = write_image(tmp_path / f"photos/{number}.jpg", scene(1, size_wh=(200 + number, 99)))
        path.with_suffix(".json").write_text(labelme((1, 1, 50, 50)))

    assert main([str(tmp_path / "photos"), "--out", str(tmp_path / "out")]) == 1
    assert "stay together" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(SystemExit) as exit_:
        main([str(tmp_path / "absent"), "--out", str(tmp_path)])

    assert exit_.value.code == 2


@pytest.fixture
def sorted_photos(tmp_path):
    """Class folders, twelve photos each: unlabeled, with a box, labeled as without a face."""
    for category, seed in (("Ugly", 100), ("Sexy", 200)):
        for number in range(12):
            path = tmp_path / "sorted" / category / f"{number}.jpg"
            write_image(path, scene(seed + number, size_wh=(150, 120)))
            boxes = [None, [(40, 30, 100, 90)], []][number % 3]
            if boxes is not None:
                path.with_suffix(".json").write_text(labelme(*boxes))
    main([str(tmp_path / "sorted"), "--out", str(tmp_path / "out")])
    return tmp_path / "out"


def test_class_folders_give_a_crop_for_each_face_and_no_false_negative(sorted_photos):
    for name in ("train", "validation"):
        split = read_split(sorted_photos, name)
        kinds = [int(record["source"].split(".")[0]) % 3 for record in split.records]
        assert split.rows(faces=0).tolist() == [r for r, kind in enumerate(kinds) if kind == 2]
        assert split.rows(faces=1).tolist() == [r for r, kind in enumerate(kinds) if kind == 1]
        judged = [r for r, kind in zip(split.records, kinds, strict=True) if kind != 2]
        assert split.rated == judged
        assert {record["category"] for record in judged} <= {"Ugly", "Sexy"}
        assert [record["crop"] for record in judged] == list(range(len(split.crops)))


def test_an_unlabeled_photo_of_a_category_is_all_face(sorted_photos):
    split = read_split(sorted_photos, "train")
    rows = [r for r, record in enumerate(split.rated) if record["boxes_rel_xyxy"] is None]
    side = split.crops.shape[1]
    height = side * 120 // 150

    assert rows
    for row in rows:
        np.testing.assert_allclose(split.crop_windows[row], [0, 0, 1, 1], atol=1e-6)
        padded = np.ptp(split.crops[row].astype(int), axis=(1, 2)) == 0
        assert padded.sum() == side - height


class Recording:
    """A network that keeps what it was fed and finds the box it was given."""

    def __init__(self, spec, box_rel_xyxy=None):
        self.spec, self.box, self.seen = spec, box_rel_xyxy, []

    def localize(self, squares):
        self.seen.extend(squares)
        return [Found(self.box[None], np.ones(1, np.float32)) for _ in squares]

    def classify(self, crops):
        self.seen.extend(crops)
        return [Opinion(0.5)] * len(crops)


def recording_pipeline(box_rel_xyxy, *, crop_size, crop_margin):
    common = {
        "version": "1", "architecture": "none",
        "pad_color": (128, 128, 128), "resize_filter": "area", "threshold": 0.5, "libraries": {},
        "data_id": "none", "git_commit": "none", "sha256": {},
    }  # fmt: skip
    localizer = LocalizerSpec(
        kind="localizer", name="l", input_size=INPUT_SIZE, box_format="rel_xyxy", **common
    )
    classifier = ClassifierSpec(
        kind="classifier", name="c", input_size=crop_size, crop_margin=crop_margin,
        labels=Labels(lower="a", upper="b"), **common,
    )  # fmt: skip
    return Pipeline(Recording(localizer, box_rel_xyxy), Recording(classifier))


@pytest.mark.parametrize(("crop_size", "crop_margin"), [(120, 0.2), (150, 0.0)])
def test_the_validation_pixels_are_those_the_service_feeds(
    tmp_path, repository_photos, crop_size, crop_margin
):
    """Not close: equal, of the photo and of the face crop, for real photos."""
    box = [120, 100, 330, 360]
    rows = [
        {"image": str(path), "boxes_xyxy": [box], "fold": fold, "score": 1.0 + fold}
        for fold, path in enumerate(sorted(repository_photos.glob("*.jpg")))
    ]
    (tmp_path / "set").mkdir()
    (tmp_path / "set/index.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for fold, row in enumerate(rows):
        out = tmp_path / str(fold)
        crops = ["--crop-size", str(crop_size), "--crop-margin", str(crop_margin)]
        main([str(tmp_path / "set"), "--out", str(out), "--validation-fold", str(fold), *crops])
        prepared = read_split(out, "validation")
        box_rel_xyxy = prepared.boxes_rel_xyxy[0]
        pipeline = recording_pipeline(box_rel_xyxy, crop_size=crop_size, crop_margin=crop_margin)

        pipeline.predict([pipeline.prepare(decode(Path(row["image"]).read_bytes()))])

        np.testing.assert_array_equal(pipeline.localizer.seen, prepared.photos)
        np.testing.assert_array_equal(pipeline.classifier.seen, prepared.crops)


def test_the_splits_are_those_that_the_folds_say(labeled, tmp_path):
    folder, _ = labeled
    main([str(folder), "--out", str(tmp_path / "out"), "--validation-fold", "2"])

    photos = list(read_source(folder, categories=("Ugly", "Sexy")))
    hashes = [perceptual_hash(decode(photo.path.read_bytes())) for photo in photos]
    folds = assign_folds(photos, hashes)
    names = {photo.path.name for photo, fold in zip(photos, folds, strict=True) if fold == 2}
    records = read_split(tmp_path / "out", "validation").records
    assert {record["source"] for record in records} == names


def test_ignored_places_and_loose_boxes_are_kept(tmp_path):
    for name in ("tight", "loose"):
        rows = []
        for number in range(10):
            image = scene(number + 50 * (name == "loose"), size_wh=(150, 120))
            write_image(tmp_path / name / f"{number}.jpg", image)
            rows.append({"image": f"{number}.jpg", "boxes_xyxy": [[30, 30, 60, 60]],
                         "ignore_xyxy": [[75, 0, 150, 60]], "fold": number % 5})  # fmt: skip
        (tmp_path / name / "index.jsonl").write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / "out"

    assert main([str(tmp_path / "tight"), "--loose-boxes", str(tmp_path / "loose"),
                 "--out", str(out)]) == 0  # fmt: skip

    for record in read_split(out, "train").records:
        np.testing.assert_allclose(record["ignore_rel_xyxy"], [[0.5, 0.1, 1, 0.5]], atol=2e-3)
        assert record["loose_boxes"] == (record["dataset"] == "loose")
