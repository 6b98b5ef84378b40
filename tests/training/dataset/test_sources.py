"""What each layout of a folder gives, and how what cannot be used is named."""

import json

import pytest

from tests.training.scenes import labelme, scene, write_image
from training.dataset.sources import (
    BadLabelError,
    Photo,
    Rejected,
    parse_labelme,
    photos_in,
    read_source,
)

CATEGORIES = ("Ugly", "Sexy")
ROW = {"image": "images/a.jpg", "boxes_xyxy": [[1, 2, 3, 4]]}


def read(folder):
    return list(read_source(folder, categories=CATEGORIES))


def photos(folder):
    return [item for item in read(folder) if isinstance(item, Photo)]


def rejected(folder):
    return {
        item.path.relative_to(folder).as_posix(): item.reason
        for item in read(folder)
        if isinstance(item, Rejected)
    }


def shape(*points, **fields):
    return json.dumps({"shapes": [{"shape_type": "rectangle", "points": points, **fields}]})


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        (labelme(), ()),
        (labelme((3, 1, 9, 7)), ((3, 1, 9, 7),)),
        (labelme((3, 1, 9, 7), (0, 0, 2, 2)), ((3, 1, 9, 7), (0, 0, 2, 2))),
        (labelme((-5, 1, 900, 7)), ((-5, 1, 900, 7),)),
        (shape([4, 0], [8, 5], [4, 10], [0, 5], shape_type="polygon"), ((0, 0, 8, 10),)),
        (labelme((1, 2, 3, 4), imageData=None, flags={}, imageHeight=9), ((1, 2, 3, 4),)),
    ],
)
def test_each_shape_is_a_box(text, boxes):
    assert parse_labelme(text).boxes_xyxy == boxes


@pytest.mark.parametrize(
    "corners",
    [[(3, 1), (9, 7)], [(9, 7), (3, 1)], [(3, 7), (9, 1)], [(9, 1), (3, 7)]],
)
def test_two_opposite_corners_give_the_box_in_any_order(corners):
    assert parse_labelme(shape(*corners)).boxes_xyxy == ((3, 1, 9, 7),)


def labelled(*labels) -> str:
    """A shape of each label, the first at (0, 0, 5, 5), the next a pixel to the right."""
    shapes = [
        {"label": label, "points": [[number, 0], [number + 5, 5]]}
        for number, label in enumerate(labels)
    ]
    return json.dumps({"shapes": shapes})


@pytest.mark.parametrize(
    ("on_shapes", "options", "lefts", "others"),
    [
        (["face", "dog", "face", "__ignore__"], {}, [0, 2], ("dog", "__ignore__")),
        (["Face", " FACE "], {}, [0, 1], ()),
        ([None, ""], {}, [0, 1], ()),
        (["dog", "face"], {"labels": ["dog"]}, [0], ("face",)),
        (["dog", "Head", "face"], {"labels": ["face", "head"]}, [1, 2], ("dog",)),
        ([], {}, [], ()),
    ],
)
def test_a_shape_is_a_face_by_its_label(on_shapes, options, lefts, others):
    said = parse_labelme(labelled(*on_shapes), **options)
    assert [box[0] for box in said.boxes_xyxy] == lefts
    assert said.other_labels == others


def test_shapes_that_are_none_of_them_faces_do_not_make_a_photo_without_a_face():
    with pytest.raises(BadLabelError, match="labelled face, but dog, shirt"):
        parse_labelme(labelled("shirt", "dog", "dog"))


def test_a_shape_of_something_else_may_have_any_form():
    text = json.loads(labelme((1, 2, 3, 4)))
    text["shapes"].insert(0, {"label": "eye", "shape_type": "point", "points": [[1, 1]]})
    assert parse_labelme(json.dumps(text)).boxes_xyxy == ((1, 2, 3, 4),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "EOF"),
        ('{"shapes": [', "EOF"),
        (b"\xff\xfe\x00", "Invalid JSON"),
        ("[]", "object"),
        ("{}", "shapes: Field required"),
        ('{"shapes": null}', "shapes: Input"),
        (shape(), "shapes: 0: points"),
        (shape([1, 2]), "shapes: 0: points"),
        (shape([1, 2], [3]), "shapes: 0: points: 1"),
        (shape([1, 2], [3, "x"]), "shapes: 0: points: 1"),
        (shape([1, 2], [3, float("nan")]), "finite"),
        (shape([1, 2], [3, 4], shape_type="circle"), "shapes: 0: shape_type"),
        (shape([5, 5], [5, 9]), "without an area"),
    ],
)
def test_what_is_no_annotation_is_refused_with_the_reason(text, reason):
    with pytest.raises(BadLabelError, match=reason):
        parse_labelme(text)


def test_an_empty_folder_has_no_photos(tmp_path):
    assert read(tmp_path) == []


def test_labelme_photos_come_sorted_with_their_own_boxes(tmp_path):
    for number, name in enumerate(["b/two.JPG", "a.heic", "c.jpeg"]):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
        path.with_suffix(".json").write_text(labelme((0, 0, number + 1, 1)))

    assert [(p.path.name, p.boxes_xyxy) for p in photos(tmp_path)] == [
        ("a.heic", ((0, 0, 2, 1),)),
        ("two.JPG", ((0, 0, 1, 1),)),
        ("c.jpeg", ((0, 0, 3, 1),)),
    ]
    assert {p.dataset for p in photos(tmp_path)} == {tmp_path.name}


def test_each_useless_file_of_a_labelme_folder_is_named(tmp_path):
    for name in ["good.jpg", "unlabeled.jpg", "broken.jpg", "twin.jpg", "twin.png"]:
        (tmp_path / name).touch()
    for name, text in [
        ("good", labelme()), ("broken", "{"), ("twin", labelme()), ("orphan", labelme()),
    ]:  # fmt: skip
        (tmp_path / f"{name}.json").write_text(text)

    assert [p.path.name for p in photos(tmp_path)] == ["good.jpg"]
    reasons = rejected(tmp_path)
    assert reasons.pop("broken.json").startswith("not a labelme annotation")
    assert reasons == {
        "unlabeled.jpg": "no unlabeled.json beside it",
        "twin.jpg": "shares twin.json with another photo",
        "twin.png": "shares twin.json with another photo",
        "orphan.json": "no photo beside it",
    }


def test_what_systems_and_tools_leave_in_a_folder_is_passed_over(tmp_path):
    write_image(tmp_path / "a/1.jpg", scene(0)).with_suffix(".json").write_text(labelme())
    for name in [
        "a/._1.jpg", "a/._1.json", "a/.DS_Store", "a/Thumbs.db", "a/desktop.ini",
        "a/.ipynb_checkpoints/1-checkpoint.jpg", "a/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg",
        ".thumbnails/large/2.png", "__MACOSX/a/1.jpg", "#recycle/3.jpg", "$RECYCLE.BIN/4.jpg",
    ]:  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"no photo")

    assert [photo.path.name for photo in read(tmp_path)] == ["1.jpg"]
    assert [path.name for path in photos_in(tmp_path)] == ["1.jpg"]


def test_a_folder_that_is_hidden_itself_is_read(tmp_path):
    write_image(tmp_path / ".cache/1.jpg", scene(0))
    assert [path.name for path in photos_in(tmp_path / ".cache")] == ["1.jpg"]


def test_a_folder_behind_a_link_is_read_once(tmp_path):
    elsewhere = write_image(tmp_path / "elsewhere/1.jpg", scene(0)).parent
    write_image(tmp_path / "photos/2.jpg", scene(1))
    (tmp_path / "photos/link").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(tmp_path / "photos")

    assert sorted(path.name for path in photos_in(tmp_path / "photos")) == ["1.jpg", "2.jpg"]


def test_class_folders_give_the_category_and_the_boxes_that_are_known(tmp_path):
    for name in ["Sexy/1.jpg", "Ugly/2.jpg", "Ugly/3.jpg"]:
        write_image(tmp_path / name, scene(0))
    (tmp_path / "Ugly/3.json").write_text(labelme((1, 2, 3, 4)))

    assert [(p.path.name, p.category, p.boxes_xyxy) for p in photos(tmp_path)] == [
        ("2.jpg", "Ugly", None),
        ("3.jpg", "Ugly", ((1, 2, 3, 4),)),
        ("1.jpg", "Sexy", None),
    ]


def test_a_photo_in_neither_class_folder_is_named(tmp_path):
    for name in ["Sexy/1.jpg", "Ugly/2.jpg", "Unsure/3.jpg", "4.jpg"]:
        write_image(tmp_path / name, scene(0))

    assert rejected(tmp_path) == {
        "4.jpg": "in neither of the folders Ugly and Sexy",
        "Unsure/3.jpg": "in neither of the folders Ugly and Sexy",
    }


def test_an_index_gives_every_field(tmp_path):
    row = {
        "image": "images/a.jpg", "boxes_xyxy": [[30, 4, 1, 40]], "box_source": "detector",
        "ignore_xyxy": [[9, 8, 7, 6]], "fold": 3, "score": 4.5, "licence": "CC0",
        "group": {"subject": "X1", "age": 30}, "labels": [1],
    }  # fmt: skip
    (tmp_path / "index.jsonl").write_text(json.dumps(row))

    (photo,) = photos(tmp_path)

    assert photo == Photo(
        tmp_path / "images/a.jpg", tmp_path.name, ((1, 4, 30, 40),),
        identity="X1", fold=3, score=4.5, group={"age": "30"},
        box_source="detector", licence="CC0", ignored_xyxy=((7, 6, 9, 8),),
    )  # fmt: skip


def test_duplicates_of_an_index_are_one_identity_of_that_data_set(tmp_path):
    rows = [ROW | {"duplicate_group": 7}, ROW | {"duplicate_group": 7}, ROW]
    (tmp_path / "index.jsonl").write_text("\n".join(map(json.dumps, rows)))

    name = f"{tmp_path.name}:7"
    assert [photo.identity for photo in photos(tmp_path)] == [name, name, None]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "EOF"),
        ("{", "EOF"),
        ("[1]", "object"),
        (b"\xff", "Invalid JSON"),
        ('{"boxes_xyxy": []}', "image: Field required"),
        ('{"image": "a.jpg"}', "boxes_xyxy: Field required"),
        (ROW | {"boxes_xyxy": [[1, 2, 3]]}, "boxes_xyxy: 0: 3: Field required"),
        (ROW | {"boxes_xyxy": [[1, 2, 3, 4, 5]]}, "boxes_xyxy: 0"),
        (ROW | {"boxes_xyxy": [[1, 2, 1, 4]]}, "a box without an area"),
        (ROW | {"ignore_xyxy": [[1, 2, 3]]}, "ignore_xyxy: 0: 3: Field required"),
        (ROW | {"ignore_xyxy": [[1, 2, 1, 4]]}, "a box without an area"),
        (ROW | {"fold": 5}, "fold"),
        (ROW | {"score": "high"}, "score"),
        (ROW | {"score": float("inf")}, "score"),
        (ROW | {"group": ["x"]}, "group"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_the_others_stay(tmp_path, line, reason):
    bad = json.dumps(line) if isinstance(line, dict) else line
    bad = bad if isinstance(bad, bytes) else bad.encode()
    good = json.dumps(ROW).encode()
    (tmp_path / "index.jsonl").write_bytes(b"\n".join([good, bad, good]))

    assert len(photos(tmp_path)) == 2
    assert rejected(tmp_path)["index.jsonl"].startswith("line 2: ")
    assert reason in rejected(tmp_path)["index.jsonl"]
