"""Every way to bring photos to the page, and what can be taken away from it."""

import base64
import io
import json
import re
import subprocess

import pillow_heif
import pytest
from PIL import ExifTags
from PIL import Image as PillowImage
from playwright.sync_api import expect

from inference_api.vision.images import decode, encode
from tests.inference_api.conftest import make_scene

HEIC = "image/heic"
FILES = """
(files) => files.reduce((transfer, [name, data]) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
    return transfer;
}, new DataTransfer())
"""
COPY_PICTURE = """
async (data) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const item = new ClipboardItem({ "image/png": new Blob([bytes], { type: "image/png" }) });
    await navigator.clipboard.write([item]);
}
"""


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def found(card) -> None:
    expect(card.locator(".status")).to_have_text("1 face found")


def frame_in_photo(card, size_wh):
    """The first frame's outer edges in pixels of the photo."""
    image, frame = (card.locator(part).first.bounding_box() for part in ("img", ".frames div"))
    scale = size_wh[0] / image["width"]
    left, top = (frame["x"] - image["x"]) * scale, (frame["y"] - image["y"]) * scale
    return left, top, left + frame["width"] * scale, top + frame["height"] * scale


def asked(visit) -> list[str]:
    """The addresses under /v1/ that the page goes to from now on."""
    addresses: list[str] = []
    visit.page.on(
        "request",
        lambda request: (
            addresses.append(request.url.rpartition("/")[2]) if "/v1/" in request.url else None
        ),
    )
    return addresses


def test_a_chosen_photo_is_framed_where_its_face_is(visit, scene):
    card = visit.send("chosen.jpg", scene.jpeg)
    found(card)
    height, width = scene.image.shape[:2]
    assert frame_in_photo(card, (width, height)) == pytest.approx(scene.box, abs=5)
    expect(card.locator(".label")).to_have_text(scene.label)
    expect(card.locator("progress")).to_be_hidden()
    visit.look("one-face")


def test_dropped_photos_are_all_answered_in_their_order(visit, scene):
    names = [f"dropped-{number}.jpg" for number in range(5)]
    files = visit.page.evaluate_handle(FILES, [[name, text64(scene.jpeg)] for name in names])
    visit.page.dispatch_event("#drop", "dragover", {"dataTransfer": files})
    visit.look("dragging")
    visit.page.dispatch_event("#drop", "drop", {"dataTransfer": files})
    for name in names:
        found(visit.card(name))
    assert visit.page.locator("h3").all_text_contents() == names


def test_a_pasted_picture_is_answered(open_page, scene):
    visit = open_page(permissions=["clipboard-read", "clipboard-write"])
    visit.page.evaluate(COPY_PICTURE, text64(encode(scene.image, image_format="PNG")))
    visit.page.keyboard.press("Control+V")
    found(visit.page.locator(".photo"))


def test_a_photo_taken_with_the_camera_is_answered_and_the_camera_let_go(visit):
    visit.page.locator("#camera").click()
    expect(visit.page.locator("#shot")).to_be_enabled()
    visit.look("camera")
    visit.page.locator("#shot").click()
    expect(visit.card("camera.jpg").locator(".status")).to_have_text(re.compile("found"))
    expect(visit.page.locator("dialog")).to_be_hidden()
    assert visit.page.evaluate("document.getElementById('video').srcObject") is None


def test_a_refused_camera_is_said(visit):
    visit.page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(); }")
    visit.page.locator("#camera").click()
    expect(visit.page.locator("#no-camera")).to_contain_text("cannot be used")
    expect(visit.page.locator("#shot")).to_be_disabled()
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("dialog")).to_be_hidden()


def test_a_photo_turned_by_exif_is_framed_upright(visit, scene):
    turned, exif = io.BytesIO(), PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = 6
    PillowImage.fromarray(scene.image).rotate(90, expand=True).save(turned, "JPEG", exif=exif)
    addresses = asked(visit)
    card = visit.send("turned.jpg", turned.getvalue())
    found(card)
    assert addresses == ["predict"]
    height, width = scene.image.shape[:2]
    assert frame_in_photo(card, (width, height)) == pytest.approx(scene.box, abs=5)


def test_a_heic_photo_is_shown_as_the_service_draws_it(visit, scene):
    heic = io.BytesIO()
    pillow_heif.from_pillow(PillowImage.fromarray(scene.image)).save(heic)
    addresses = asked(visit)
    card = visit.send("phone.heic", heic.getvalue(), HEIC)
    found(card)
    assert addresses == ["annotate"]
    expect(card.locator("img")).to_be_visible()
    expect(card.locator(".frames div")).to_have_count(0)
    size = "(image) => [image.naturalHeight, image.naturalWidth]"
    assert card.locator("img").evaluate(size) == list(scene.image.shape[:2])
    visit.look("heic")


def test_photos_beyond_two_wait_and_say_so(visit, scene):
    held = visit.hold("**/v1/predict", times=2)
    files = visit.page.evaluate_handle(FILES, [[f"{n}.jpg", text64(scene.jpeg)] for n in range(3)])
    visit.page.dispatch_event("#drop", "drop", {"dataTransfer": files})
    last = visit.card("2.jpg")
    expect(last.locator(".status")).to_have_text("Waiting for 2 photos before it")
    expect(visit.card("1.jpg").locator(".status")).to_have_text("Looking for faces …")
    visit.look("waiting")
    assert len(held) == 2
    for route in held:
        route.continue_()
    found(last)


def test_a_photo_taken_off_the_page_leaves_the_service(visit, scene):
    visit.page.route("**/v1/predict", lambda route: None)
    card = visit.send("gone.jpg", scene.jpeg)
    expect(card.locator(".status")).to_have_text("Looking for faces …")
    with visit.page.expect_event("requestfailed") as failed:
        visit.page.get_by_role("button", name="Remove gone.jpg").click()
    assert failed.value.url.endswith("/v1/predict")
    expect(visit.page.locator("#answers")).to_be_hidden()


def test_the_annotated_photo_is_saved(visit, scene):
    card = visit.send("mine.jpeg", scene.jpeg)
    found(card)
    with visit.page.expect_download() as download:
        card.get_by_role("button", name="Download annotated photo").click()
    assert download.value.suggested_filename == "mine-annotated.jpg"
    picture = decode(download.value.path().read_bytes())
    assert picture.shape == scene.image.shape
    assert (picture != decode(scene.jpeg)).any()


def test_the_json_is_copied(open_page, scene):
    visit = open_page(permissions=["clipboard-read", "clipboard-write"])
    card = visit.send("data.jpg", scene.jpeg)
    card.locator("summary").click()
    card.get_by_role("button", name="Copy JSON").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    visit.look("json-and-curl")
    copied = json.loads(visit.page.evaluate("navigator.clipboard.readText()"))
    assert copied["image"] == {"width": scene.image.shape[1], "height": scene.image.shape[0]}
    assert [face["label"] for face in copied["faces"]] == [scene.label]


@pytest.mark.parametrize("name", ["plain.jpg", 'it\'s; "my" $HOME \\ photo,1.jpg'])
def test_the_curl_line_does_the_same(visit, tmp_path, name):
    scene = make_scene()
    (tmp_path / name).write_bytes(scene.jpeg)
    card = visit.send(name, scene.jpeg)
    found(card)
    line = card.locator(".curl").text_content()
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, check=True)
    answer, shown = json.loads(done.stdout), json.loads(card.locator(".json").text_content())
    assert answer["faces"] == shown["faces"] != []
