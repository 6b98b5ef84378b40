"""Which shapes that somebody drew become faces, and on which photo."""

import json

import pytest
from PIL import Image as PillowImage

from tests.training.scenes import labelme
from training.dataset.prepared import read_split
from training.prepare import main


@pytest.mark.parametrize("drawn_on", [{"imageWidth": 99, "imageHeight": 99}, "turned"])
def test_boxes_that_were_drawn_on_another_size_are_not_taken(labeled, tmp_path, drawn_on):
    folder, boxes = labeled
    for path in folder.glob("*.json"):
        with PillowImage.open(path.with_suffix(".jpg")) as photo:
            width, height = photo.size
        path.write_text(labelme(boxes[f"{path.stem}.jpg"], imageWidth=width, imageHeight=height))
    width, height = (160 - 3, 100 + 7 * 3)  # of the photo below
    wrong = {"imageWidth": height, "imageHeight": width} if drawn_on == "turned" else drawn_on
    (folder / "3.json").write_text(labelme(boxes["3.jpg"], **wrong))

    assert main([str(folder), "--out", str(tmp_path / "out")]) == 3
    (rejected,) = json.loads((tmp_path / "out/summary.json").read_text())["rejected"]
    assert rejected["path"].endswith("3.jpg")
    assert rejected["reason"] == (
        f"its boxes were drawn on {wrong['imageWidth']}x{wrong['imageHeight']}, "
        f"it has {width}x{height}"
    )


def test_shapes_of_other_labels_are_no_faces_unless_asked_for(labeled, tmp_path, capsys):
    folder, _ = labeled
    for path in folder.glob("*.json"):
        text = json.loads(labelme((2, 2, 9, 9), (1, 1, 30, 30)))
        text["shapes"][0]["label"] = "dog"
        path.write_text(json.dumps(text))

    assert main([str(folder), "--out", str(tmp_path / "faces")]) == 0
    assert "no face: 12 shapes labelled dog; --label takes them" in capsys.readouterr().err
    assert json.loads((tmp_path / "faces/summary.json").read_text())["other_labels"] == {"dog": 12}
    assert main([str(folder), "--out", str(tmp_path / "both"), "--label", "face", "dog"]) == 0
    counts = [
        {len(record["boxes_rel_xyxy"]) for record in read_split(tmp_path / out, "train").records}
        for out in ("faces", "both")
    ]
    assert counts == [{1}, {2}]
