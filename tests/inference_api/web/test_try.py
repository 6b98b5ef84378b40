import pytest
from playwright.sync_api import expect
def test_one(visit, scene, photos, open_page):
    card = visit.send("a.jpg", scene.jpeg)
    expect(card.locator(".status")).to_have_text("1 face found")
    visit.look("one")
    v = open_page(color_scheme="dark", viewport={"width":360,"height":740}, locale="ru-RU")
    card = v.send("london.jpg", (photos/"london_smiling_034_08.jpg").read_bytes())
    expect(card.locator(".status")).to_contain_text("Н")
    v.look("dark-phone")
