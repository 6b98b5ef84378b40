"""What the service answers for good photos, over real HTTP."""

import io
import json
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image as PillowImage

from inference_api.vision.boxes import Box
from inference_api.vision.drawing import Mark, draw_marks
from inference_api.vision.images import decode, encode
from inference_api.vision.spec import ClassifierSpec, NotSure
from tests.inference_api.http.test_bad_requests import assert_problem
from tests.inference_api.vision.icc import P3, encoded, rgb_profile


def stored_as(image, orientation: int) -> bytes:
    """`image` as a JPEG whose pixels are turned and whose EXIF says how to turn them back."""
    turns = PillowImage.Transpose
    undone = {
        1: None,
        2: turns.FLIP_LEFT_RIGHT,
        3: turns.ROTATE_180,
        4: turns.FLIP_TOP_BOTTOM,
        5: turns.TRANSPOSE,
        6: turns.ROTATE_90,
        7: turns.TRANSVERSE,
        8: turns.ROTATE_270,
    }[orientation]
    stored = PillowImage.fromarray(image)
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    buffer = io.BytesIO()
    (stored if undone is None else stored.transpose(undone)).save(
        buffer, "JPEG", quality=95, exif=exif
    )
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_box_lies_where_the_face_is_in_the_upright_photo(client, scene, orientation):
    reply = client.post("/v1/predict", files={"photo": stored_as(scene.image, orientation)}).json()
    assert reply["image"] == {"width": 320, "height": 240}
    (face,) = reply["faces"]
    pixels_of_the_square = 320 / 64
    assert list(face["box"].values()) == pytest.approx(scene.box, abs=1.5 * pixels_of_the_square)
    assert (face["label"], face["face_probability"]) == ("Red", 1)
    assert 0.5 < face["probability"] <= 1


def test_every_face_has_a_verdict_and_its_reason(client, scene):
    (face,) = client.post("/v1/predict", files={"photo": scene.jpeg}).json()["faces"]
    assert (face["verdict"], face["reason"]) == ("labelled", "none")


@dataclass
class Cautious:
    """A classifier that takes everybody for a newborn child, held to another spec."""

    inner: object
    spec: ClassifierSpec

    def classify(self, crops):
        return [each._replace(age_years=-1.0) for each in self.inner.classify(crops)]


@pytest.mark.parametrize(
    ("rules", "verdict", "reason", "label"),
    [
        ({"adult_from_years": 0.0}, "no_label_for_children", "looks_under_age",
         "no label for children"),
        ({"not_sure": NotSure(least_side=9999)}, "not_sure", "too_small", "not sure"),
    ],
)  # fmt: skip
def test_a_face_without_a_label_says_so_in_json_and_has_none_in_the_picture(  # noqa: PLR0917
    serve, pipeline, scene, rules, verdict, reason, label
):
    spec = pipeline.classifier.spec.model_copy(update=rules)
    cautious = replace(pipeline, classifier=Cautious(pipeline.classifier, spec))
    files = {"photo": ("photo.png", encode(scene.image, image_format="PNG"))}
    with serve(pipeline=cautious) as client:
        (face,) = client.post("/v1/predict", files=files).json()["faces"]
        png = {"Accept": "image/png"}
        drawn = decode(client.post("/v1/annotate", files=files, headers=png).content)
    said = {name: face[name] for name in ("verdict", "reason", "label", "probability")}
    assert said == {"verdict": verdict, "reason": reason, "label": label, "probability": None}
    box = Box(*face["box"].values())
    np.testing.assert_array_equal(drawn, draw_marks(scene.image, [Mark(box, "")]))


def test_no_face_is_an_answer(client, make_scene):
    dark = make_scene(color=(20, 20, 20))
    answer = client.post("/v1/predict", files={"photo": dark.jpeg})
    assert answer.status_code == 200
    assert answer.json()["faces"] == []


def test_a_reply_says_who_answered_how_long_it_took_and_its_id(client, scene):
    answer = client.post("/v1/predict", files={"photo": scene.jpeg})
    reply = answer.json()
    assert [model["name"] for model in reply["models"]] == ["bright_localizer", "red_classifier"]
    assert set(reply["timings_ms"]) == {"decode", "wait", "localize", "classify"}
    assert reply["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "content_type",
    ["image/jpeg", "image/heic", "application/octet-stream", "binary/octet-stream", ""],
)
def test_the_body_may_be_the_photo_itself(client, scene, content_type):
    headers = {"content-type": content_type} if content_type else {}
    answer = client.post("/v1/predict", content=scene.jpeg, headers=headers)
    assert answer.status_code == 200
    assert len(answer.json()["faces"]) == 1


def test_an_encoding_that_changes_nothing_is_read(client, scene):
    headers = {"content-type": "image/jpeg", "content-encoding": "Identity"}
    answer = client.post("/v1/predict", content=scene.jpeg, headers=headers)
    assert answer.status_code == 200


def test_a_body_in_chunks_is_read(client, scene):
    halves = (scene.jpeg[:100], scene.jpeg[100:])
    answer = client.post(
        "/v1/predict", content=iter(halves), headers={"content-type": "image/jpeg"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "image/jpeg"),
        ("*/*", "image/jpeg"),
        ("image/png", "image/png"),
        ("image/jpeg;q=0.5, image/webp", "image/webp"),
    ],
)
def test_an_annotated_photo_keeps_its_size_and_comes_as_asked(client, scene, accept, media_type):
    answer = client.post("/v1/annotate", files={"photo": scene.jpeg}, headers={"accept": accept})
    assert answer.headers["content-type"] == media_type
    picture = decode(answer.content)
    assert picture.shape == scene.image.shape
    assert (picture != decode(scene.jpeg)).any()


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/webp"])
def test_an_annotated_photo_has_the_colors_that_it_was_taken_in(client, scene, media_type):
    """Its numbers are Display P3's, and the answer's are sRGB's."""
    ground = np.array([[200, 60, 40]])
    image = scene.image.copy()
    image[200:] = encoded(ground, P3)[0]
    buffer = io.BytesIO()
    PillowImage.fromarray(image).save(buffer, "PNG", icc_profile=rgb_profile(P3))
    answer = client.post(
        "/v1/annotate", content=buffer.getvalue(),
        headers={"content-type": "image/png", "accept": media_type},
    )  # fmt: skip
    shown = PillowImage.open(io.BytesIO(answer.content))
    assert "icc_profile" not in shown.info
    assert np.abs(np.asarray(shown)[225, 250].astype(int) - ground).max() <= 6


def test_an_annotated_photo_brings_its_prediction_in_a_header(client, scene):
    header = client.post("/v1/annotate", files={"photo": scene.jpeg}).headers["x-prediction"]
    plain = client.post("/v1/predict", files={"photo": scene.jpeg}).json()
    assert header.isascii()
    assert json.loads(header)["faces"] == plain["faces"]
    assert "encode" in json.loads(header)["timings_ms"]


def test_a_large_photo_is_answered_in_its_own_pixels(client, scene):
    """Whether or not it is decoded whole: for JSON it need not be, for a picture it must."""
    large = cv2.resize(scene.image, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    photo = {"photo": encode(large, image_format="JPEG")}
    reply = client.post("/v1/predict", files=photo).json()
    header = client.post("/v1/annotate", files=photo).headers["x-prediction"]
    assert reply["image"] == {"width": large.shape[1], "height": large.shape[0]}
    (face,), (whole,) = reply["faces"], json.loads(header)["faces"]
    assert [*face["box"].values()] == pytest.approx([*whole["box"].values()], abs=8 * 320 / 64)
    assert face["label"] == whole["label"]


def test_the_service_says_which_models_and_words_it_uses(client):
    reply = client.get("/v1/models").json()
    assert reply["models"][0] == {"name": "bright_localizer", "version": "0.0.1"}
    assert reply["labels"] == ["Blue", "Red"]


def strip(length: int) -> bytes:
    """A PNG so long that not every format can hold it."""
    return encode(np.zeros((16, length, 3), np.uint8), image_format="PNG")


@pytest.mark.parametrize(
    ("length", "accept", "found"),
    [
        (16_383, "image/webp", "image/webp"),
        (16_384, "image/webp, image/png;q=0.5", "image/png"),
        (16_384, "image/webp, */*;q=0.1", "image/jpeg"),
        (65_501, "", "image/png"),
    ],
)
def test_a_size_that_a_format_cannot_hold_goes_out_in_another(client, length, accept, found):
    headers = {"accept": accept} if accept else {}
    answer = client.post("/v1/annotate", files={"photo": strip(length)}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, found)
    assert decode(answer.content).shape == (16, length, 3)


@pytest.mark.parametrize(("length", "accept"), [(16_384, "image/webp"), (65_501, "image/jpeg")])
def test_a_size_that_no_accepted_format_can_hold_is_refused(client, length, accept):
    headers = {"accept": accept}
    answer = client.post("/v1/annotate", files={"photo": strip(length)}, headers=headers)
    assert "pixels on a side" in assert_problem(answer, 413, "image_too_large")["detail"]


@pytest.mark.parametrize("path", ["/", "/livez", "/v1/models", "/metrics", "/openapi.json"])
def test_head_is_get_without_the_body(client, path):
    got, asked = client.get(path), client.head(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-type"] == got.headers["content-type"]
