"""Photos taken off the page before their answer, and what that is to the others."""

from playwright.sync_api import expect

from tests.inference_api.http.web.test_everybody import WORDS
from tests.inference_api.http.web.test_sending import FILES, found, text64

UNREACHABLE = WORDS["en"]["errors"]["unreachable"]


def remove(visit, name: str) -> None:
    visit.page.get_by_role("button", name=f"Remove {name}").click()


def test_a_photo_removed_during_its_download_is_no_failure(visit, scene):
    visit.page.route("**/v1/annotate", lambda route: None)
    card = visit.send("gone.jpg", scene.jpeg)
    found(card)
    announced = visit.page.get_by_role("status").text_content()
    with visit.page.expect_request("**/v1/annotate"):
        card.get_by_role("button", name="Download annotated photo").click()
    with visit.page.expect_event("requestfailed"):
        remove(visit, "gone.jpg")
    expect(visit.page.locator(".photo")).to_have_count(0)
    assert visit.page.get_by_role("status").text_content() == announced


def test_a_failed_download_is_said(visit, scene):
    visit.page.route("**/v1/annotate", lambda route: route.abort())
    card = visit.send("stays.jpg", scene.jpeg)
    found(card)
    card.get_by_role("button", name="Download annotated photo").click()
    expect(card.locator(".status")).to_have_text(UNREACHABLE)
    expect(visit.page.get_by_role("status")).to_have_text(UNREACHABLE)


def test_those_behind_a_removed_photo_move_up(visit, scene):
    held = visit.hold("**/v1/predict", times=2)
    files = visit.page.evaluate_handle(FILES, [[f"{n}.jpg", text64(scene.jpeg)] for n in range(4)])
    visit.page.dispatch_event("#drop", "drop", {"dataTransfer": files})
    last = visit.card("3.jpg")
    expect(last.locator(".status")).to_have_text("Waiting for 3 photos before it")
    remove(visit, "2.jpg")
    expect(last.locator(".status")).to_have_text("Waiting for 2 photos before it")
    assert len(held) == 2
    for route in held:
        route.continue_()
    found(last)
