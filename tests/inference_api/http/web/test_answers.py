"""What the page says: faces, none, and everything that can go wrong."""

import hashlib
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from inference_api.pipeline import Pipeline
from inference_api.vision.images import encode
from inference_api.vision.labelling import Reason, Verdict
from tests.inference_api.http.test_service import PATIENCE_S, Held, until
from tests.inference_api.http.web.test_everybody import WORDS

BUSY = {"Retry-After": "2", "Content-Type": "application/problem+json"}


def says(card, text) -> None:
    expect(card.locator(".status")).to_have_text(text)


def crowd(n: int) -> bytes:
    """A photo with `n` red and blue rectangles in a row, larger from left to right."""
    image = np.full((480, 160 * n, 3), 20, np.uint8)
    for index in range(n):
        height = 120 + 40 * index
        color = (255, 60, 60) if index % 2 else (60, 60, 255)
        image[400 - height : 400, 160 * index + 30 : 160 * index + 130] = color
    return encode(image, image_format="PNG")


def wall() -> bytes:
    return encode(np.full((300, 400, 3), 20, np.uint8), image_format="PNG")


def test_no_face_is_an_answer(visit):
    card = visit.send("wall.png", wall(), "image/png")
    says(card, "No face found. Try a photo where the face is larger and looks at the camera.")
    expect(card.locator(".faces li")).to_have_count(0)
    expect(card).not_to_have_class("failed")
    visit.look("no-face")


def test_five_faces_are_numbered_alike_in_the_photo_and_beside_it(visit):
    card = visit.send("crowd.png", crowd(5), "image/png")
    says(card, "5 faces found")
    frames = card.locator(".frames div")
    expect(frames).to_have_count(5)
    assert card.locator(".label").all_text_contents() == ["Blue", "Red", "Blue", "Red", "Blue"]
    edges = [frame.bounding_box()["x"] for frame in frames.all()]
    assert edges == sorted(edges, reverse=True), "the largest face is the first"
    number = "(element) => getComputedStyle(element, '::before').content"
    assert frames.first.evaluate(number) == "counter(face)"
    visit.look("five-faces")


def square_of(n: int) -> bytes:
    """A photo of `n` small blue things in rows of sixteen."""
    image = np.full((1280, 1280, 3), 20, np.uint8)
    for row, column in (divmod(number, 16) for number in range(n)):
        image[80 * row + 20 : 80 * row + 80, 80 * column + 20 : 80 * column + 80] = (60, 60, 255)
    return encode(image, image_format="PNG")


def test_of_a_crowd_the_surest_are_shown_and_it_is_said(open_page):
    visit = open_page()
    card = visit.send("crowd.png", square_of(200), "image/png")
    said = "100 faces, those that are surest. The service marks no more in one photo."
    says(card, said)
    expect(card.locator(".frames div")).to_have_count(100)
    expect(card.locator(".faces li")).to_have_count(100)
    expect(visit.page.get_by_role("status")).to_have_text(f"crowd.png: {said}")
    assert card.bounding_box()["height"] < 1000, "the list scrolls beside the photo"
    card.locator(".faces").focus()
    visit.page.keyboard.press("End")
    expect(card.locator(".faces li").last).to_be_in_viewport()
    assert Axe().run(visit.page).violations_count == 0
    visit.look("crowd")
    visit.page.get_by_role("button", name="Русский").click()
    says(card, "Показано лиц: 100, самые уверенные. Больше на одном фото сервис не отмечает.")


def test_a_probability_is_a_bar_and_a_text(visit, scene):
    card = visit.send("bar.jpg", scene.jpeg)
    expect(card.locator("meter")).to_have_attribute("max", "1")
    value = card.locator("meter").evaluate("(meter) => meter.value")
    expect(card.locator(".sure")).to_contain_text(f"{value:.0%} sure")


UNLABELLED = [
    ("not_sure", "near_the_cut", "Not sure", "it could be either label"),
    ("not_sure", "too_small", "Not sure", "the face is too small"),
    ("not_sure", "unclear", "Not sure", "the face is hard to see"),
    ("no_label_for_children", "looks_under_age", "No label for children", "this may be a child"),
]


@pytest.mark.parametrize(("verdict", "reason", "label", "why"), UNLABELLED)
def test_a_face_without_a_label_has_words_and_no_bar(  # noqa: PLR0917
    visit, scene, verdict, reason, label, why
):
    def unlabelled(route):
        reply = route.fetch().json()
        said = {"verdict": verdict, "reason": reason, "label": "unseen", "probability": None}
        reply["faces"] = [face | said for face in reply["faces"]]
        route.fulfill(json=reply)

    visit.page.route("**/v1/predict", unlabelled)
    card = visit.send("face.jpg", scene.jpeg)
    expect(card.locator(".label")).to_have_text(label)
    expect(card.locator(".sure")).to_contain_text(f"{why} · a face: 100%")
    expect(card.locator("meter")).to_be_hidden()
    expect(card.locator(".frames div")).to_have_count(1)
    assert Axe().run(visit.page).violations_count == 0
    visit.look(f"unlabelled-{reason}")
    visit.page.get_by_role("button", name="Русский").click()
    expect(card.locator(".label")).to_have_text(WORDS["ru"]["verdicts"][verdict])
    expect(card.locator(".sure")).to_contain_text(WORDS["ru"]["reasons"][reason])


def test_every_verdict_and_reason_has_words_in_every_language():
    for language, words in WORDS.items():
        assert set(words["verdicts"]) == {*Verdict} - {Verdict.LABELLED}, language
        assert set(words["reasons"]) == {*Reason} - {Reason.NONE}, language


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "This file is empty."),
        (b"Dear diary", "This is not a photo in a format that can be read."),
        ("half", "This photo is broken or incomplete. Try to save or send it again."),
        ("tiny", "This photo is too small to look for a face."),
    ],
    ids=["empty", "text", "half", "tiny"],
)
def test_a_bad_file_is_named_in_plain_words(visit, scene, data, text):
    made = {
        "half": scene.jpeg[: len(scene.jpeg) // 2],
        "tiny": encode(scene.image[:4, :4], image_format="PNG"),
    }
    card = visit.send("bad.jpg", made.get(data, data))
    says(card, text)
    expect(card.locator(".again")).to_be_hidden()
    visit.look("bad-file")


def test_a_photo_is_sent_again_when_the_busy_service_said_to(open_page, scene):
    visit, overloaded = open_page(), '{"code": "overloaded"}'
    visit.page.clock.install(time=0)
    visit.page.clock.pause_at(1)
    visit.page.route(
        "**/v1/predict",
        lambda route: route.fulfill(status=503, headers=BUSY, body=overloaded),
        times=1,
    )
    card = visit.send("patient.jpg", scene.jpeg)
    says(card, "The service is busy. The photo is sent again in 2 s.")
    visit.look("busy")
    visit.page.clock.run_for(1000)
    says(card, "The service is busy. The photo is sent again in 1 s.")
    visit.page.clock.run_for(1000)
    says(card, "1 face found")


def test_the_line_at_the_service_is_shown_while_a_photo_waits(open_page, serve, pipeline, scene):
    held = Held(pipeline.localizer)
    with serve(pipeline=Pipeline(held, pipeline.classifier), deadline_s=PATIENCE_S) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        visit, held.armed = open_page(str(client.base_url)), True
        visit.page.route("**/v1/queue", lambda route: route.fulfill(json={"wait_s": 12.3}))
        card = visit.send("line.jpg", scene.jpeg)
        try:
            says(card, "In line at the service, about 12 s")
            visit.look("in-line")
        finally:
            held.gate.set()
        says(card, "1 face found")


def test_an_upload_shows_how_far_it_is(open_page):
    visit = open_page()
    network = visit.page.context.new_cdp_session(visit.page)
    network.send("Network.enable")
    slow = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
    network.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3), np.uint8)
    card = visit.send("slow.png", encode(noise, image_format="PNG"), "image/png")
    expect(card.locator(".status")).to_have_text(re.compile(r"Uploading: [1-9]\d?%"))
    visit.look("uploading")


def test_the_service_says_how_long_its_line_is(client):
    assert client.get("/v1/queue").json()["wait_s"] >= 0


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (503, '{"code": "not_ready"}', "The service is just starting. Try again in a moment."),
        (503, '{"code": "tomorrow\'s"}', "The service answered in an unexpected way."),
        (502, "<h1>Bad Gateway</h1>", "The service answered in an unexpected way."),
    ],
)
def test_what_may_pass_can_be_tried_again(visit, scene, status, body, text):
    kind = "application/problem+json" if body.startswith("{") else "text/html"
    visit.page.route(
        "**/v1/predict",
        lambda route: route.fulfill(status=status, content_type=kind, body=body),
        times=1,
    )
    card = visit.send("again.jpg", scene.jpeg)
    expect(card.locator(".status")).to_contain_text(text)
    card.get_by_role("button", name="Try again").click()
    says(card, "1 face found")
    expect(card.locator(".again")).to_be_hidden()


def test_a_service_that_is_down_is_said(open_page, serve, scene):
    with serve() as client:
        visit = open_page(str(client.base_url))
    card = visit.send("alone.jpg", scene.jpeg)
    says(card, "The service cannot be reached. Check the connection and try again.")
    expect(card.get_by_role("button", name="Try again")).to_be_visible()
    visit.look("down")


def test_a_key_is_asked_for_where_one_is_needed(open_page, serve, scene, tmp_path):
    digest = hashlib.sha256(b"open sesame").hexdigest()
    (tmp_path / "keys").write_text(f"{digest} page\n")
    with serve(keys_file=tmp_path / "keys") as client:
        visit = open_page(str(client.base_url))
        card = visit.send("secret.jpg", scene.jpeg)
        says(card, "This service asks for a key. Enter it above.")
        for key, text in (
            ("wrong", "The service does not know this key. Enter another one above."),
            ("open sesame", "1 face found"),
        ):
            visit.page.get_by_label("This service asks for a key").fill(key)
            visit.look(f"key-{key.split()[0]}")
            visit.page.get_by_role("button", name="Use this key").click()
            says(card, text)
        assert "open sesame" not in card.locator(".curl").text_content()
