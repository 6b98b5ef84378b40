"""The page for everybody: languages, keyboards, screen readers, phones; and it keeps nothing."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from inference_api.http import problems
from inference_api.http.page import FOLDER
from tests.inference_api.http.web.conftest import PHONE

BUDGET_BYTES = 60_000
WORDS = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
KEPT = """
async () => [localStorage.length, sessionStorage.length, document.cookie.length,
    (await indexedDB.databases()).length, (await caches.keys()).length]
"""


def slots(words) -> set[str]:
    """The {placeholders} of a text, or of the plural forms of one."""
    texts = [words] if isinstance(words, str) else words.values()
    return {slot for text in texts for slot in re.findall(r"\{\w+\}", text)}


def answered(visit, scene):
    card = visit.send("face.jpg", scene.jpeg)
    expect(card.locator(".face")).to_have_count(1)
    card.locator("summary").click()
    return card


def test_every_language_says_the_same():
    english, russian = WORDS["en"], WORDS["ru"]
    assert english.keys() == russian.keys()
    assert english["errors"].keys() == russian["errors"].keys()
    assert [name for name in english if slots(english[name]) != slots(russian[name])] == []


def test_every_error_of_the_service_has_words():
    codes = {kind.code for kind in vars(problems).values() if isinstance(kind, problems.Kind)}
    assert WORDS["en"]["errors"].keys() == codes | {"unreachable", "unknown"}


def test_every_word_is_used():
    code = [FOLDER / "index.html", *FOLDER.glob("*.js")]
    used = "".join(file.read_text("utf-8") for file in code)
    assert [
        name for name in WORDS["en"].keys() - {"errors"} if not re.search(rf'["\.]{name}\b', used)
    ] == []


def test_the_page_is_light():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < BUDGET_BYTES


def test_the_page_is_confined(client):
    headers = client.get("/").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["permissions-policy"].startswith("camera=(self)")


def test_a_planted_script_is_blocked_and_reported(visit):
    plant = "document.body.append(Object.assign(document.createElement('img'), {src: 'data:,x'}))"
    with visit.page.expect_console_message(lambda line: "policy: img-src" in line.text):
        visit.page.evaluate(plant)
    assert any("policy: img-src" in line for line in visit.complaints)
    visit.complaints.clear()


@pytest.mark.parametrize(
    ("locale", "title"),
    [
        ("en-GB", WORDS["en"]["title"]),
        ("ru-RU", WORDS["ru"]["title"]),
        ("fr-FR", WORDS["en"]["title"]),
    ],
)
def test_the_page_speaks_the_browsers_language(open_page, locale, title):
    visit = open_page(locale=locale)
    expect(visit.page.locator("h1")).to_have_text(title)
    visit.look(f"empty-{locale}")


def test_another_language_is_chosen_without_losing_an_answer(visit, scene):
    card = answered(visit, scene)
    visit.page.get_by_role("button", name="Русский").click()
    expect(card.locator(".status")).to_have_text("Найдено 1 лицо")
    expect(card.locator(".sure")).to_contain_text("уверенность")
    expect(visit.page.locator("html")).to_have_attribute("lang", "ru")
    visit.look("russian")


def test_everything_can_be_done_with_the_keyboard(visit, scene):
    keyboard, focused = visit.page.keyboard, visit.page.locator(":focus")
    for name in ("English", "Русский", "Choose photos"):
        keyboard.press("Tab")
        expect(focused).to_have_text(name)
    with visit.page.expect_file_chooser() as chooser:
        keyboard.press("Enter")
    file = {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": scene.jpeg}
    chooser.value.set_files(file)
    expect(visit.card("face.jpg").locator(".face")).to_have_count(1)
    for name in ("Take a photo", "Clear all", "×", "Download annotated photo", "JSON and curl"):
        keyboard.press("Tab")
        expect(focused).to_have_text(name)
    keyboard.press("Enter")
    expect(visit.card("face.jpg").locator(".json")).to_be_visible()
    for _ in range(2):
        keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    expect(visit.page.locator(".photo")).to_have_count(0)
    expect(focused).to_have_text("Choose photos")


def test_an_answer_is_announced(visit, scene):
    card = answered(visit, scene)
    sure = card.locator(".sure").text_content()
    said = f"face.jpg: 1 face found {scene.label} {sure}"
    expect(visit.page.get_by_role("status")).to_have_text(said)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_nothing_hinders_access(open_page, scene, color_scheme):
    visit = open_page(color_scheme=color_scheme)
    found = [Axe().run(visit.page)]
    answered(visit, scene)
    visit.send("bad.jpg", b"no photo")
    expect(visit.card("bad.jpg")).to_have_class(re.compile("failed"))
    found.append(Axe().run(visit.page))
    visit.look(f"everything-{color_scheme}")
    visit.page.locator("#camera").click()
    expect(visit.page.locator("#shot")).to_be_enabled()
    found.append(Axe().run(visit.page))
    reports = [each.generate_report() for each in found if each.violations_count]
    assert reports == []


@pytest.mark.parametrize("width", [320, PHONE["width"], 768])
def test_nothing_sticks_out_of_a_narrow_window(open_page, scene, width):
    visit = open_page(viewport={**PHONE, "width": width})
    answered(visit, scene)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.look(f"width-{width}")


def test_nothing_is_kept(visit, scene):
    answered(visit, scene)
    assert visit.page.evaluate(KEPT) == [0, 0, 0, 0, 0]
    visit.page.reload()
    expect(visit.page.locator(".photo")).to_have_count(0)
