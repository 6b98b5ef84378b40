"""A real browser at a real service; every test also fails on what the browser complains of."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Route,
    expect,
    sync_playwright,
)

from inference_api.pipeline import Found, Pipeline
from inference_api.vision.letterbox import Image
from inference_api.vision.spec import Detection

CHROMIUM = Path("/usr/bin/chromium")
LOOKS = Path(__file__).parents[4] / "test-results" / "web"
OPTIONS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
MOST_FACES = 100
PHONE = {"width": 360, "height": 740}
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""

PATIENCE_MS = 60_000  # a busy machine needs long; only a failure waits so long

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class EachBright:
    """One box around each bright thing, as a detector of many faces would give."""

    inner: object

    @property
    def spec(self):
        detection = Detection(strides=(4,), max_iou=0.5, max_faces=MOST_FACES)
        return self.inner.spec.model_copy(update={"detection": detection})

    def localize(self, squares):
        return [self._all(square) for square in squares]

    def _all(self, square: Image) -> Found:
        bright = (square.max(axis=2) > 200).astype(np.uint8)
        _, _, rectangles, _ = cv2.connectedComponentsWithStats(bright)
        left, top, width, height = rectangles[1 : 1 + MOST_FACES, :4].T
        boxes = np.stack([left, top, left + width, top + height], axis=1) / len(square)
        return Found(boxes.astype(np.float32), np.ones(len(boxes), np.float32))


@pytest.fixture(scope="session")
def pipeline(pipeline) -> Pipeline:
    return Pipeline(EachBright(pipeline.localizer), pipeline.classifier)


# The two below anew: those outside this folder may have been made before, with another pipeline.
@pytest.fixture(scope="session")
def serve(serve, pipeline):
    return partial(serve, pipeline=pipeline)


@pytest.fixture(scope="session")
def client(serve):
    with serve() as client:
        yield client


# Of one module: while Playwright's loop runs, the asynchronous tests of others could not.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        options = {"executable_path": CHROMIUM, "args": OPTIONS, "timeout": PATIENCE_MS}
        browser = playwright.chromium.launch(**options, chromium_sandbox=os.geteuid() != 0)
        yield browser
        browser.close()


@dataclass
class Visit:
    """Somebody at the page, and what the browser complained of meanwhile."""

    page: Page
    complaints: list[str]

    def send(self, name: str, data: bytes, media_type: str = "image/jpeg") -> Locator:
        """Choose one photo; its card."""
        with self.page.expect_file_chooser() as chooser:
            self.page.locator("#choose").click()
        chooser.value.set_files({"name": name, "mimeType": media_type, "buffer": data})
        return self.card(name)

    def card(self, name: str) -> Locator:
        return self.page.locator(".photo").filter(has=self.page.get_by_text(name, exact=True))

    def arrive(self, url: str) -> None:
        self.page.goto(url)
        expect(self.page.locator("h1")).not_to_be_empty()

    def leave(self) -> None:
        self.page.unroute_all()
        complaints, self.complaints[:] = [*self.complaints], []
        assert complaints == []

    def hold(self, addresses: str, *, times: int) -> list[Route]:
        """The next requests of the page, which do not go on by themselves."""
        held: list[Route] = []

        def keep(route: Route) -> None:
            held.append(route)

        self.page.route(addresses, keep, times=times)
        return held

    def look(self, name: str) -> None:
        """Leave a picture of the whole page to be looked at."""
        self.page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
        LOOKS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=LOOKS / f"{name}.png", full_page=True)


Open = Callable[..., Visit]


@contextmanager
def visiting(browser: Browser, url: str, **options) -> Iterator[Visit]:
    """A visit with options of a browser context; what was complained of fails at the end."""
    options = {"locale": "en-US", "reduced_motion": "reduce", **options}
    with browser.new_context(**options) as context:
        context.set_default_timeout(PATIENCE_MS)
        visit = Visit(context.new_page(), [])
        visit.page.add_init_script(REPORT_VIOLATIONS)
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on("console", lambda line: visit.complaints.extend(complaint(line)))
        visit.page.on("request", lambda sent: visit.complaints.extend(stranger(sent.url, url)))
        # The browser hands choosers over while somebody listens, and obeys a key before it obeys
        # a wish to listen: asked only when the key is pressed, it may open the chooser itself.
        visit.page.on("filechooser", lambda chooser: None)
        visit.arrive(url)
        yield visit
        visit.leave()


def complaint(line: ConsoleMessage) -> Iterator[str]:
    # A refused request is the browser's own note, which no page can prevent.
    if line.type in {"error", "warning"} and not line.text.startswith("Failed to load resource"):
        yield line.text


def stranger(address: str, own: str) -> Iterator[str]:
    """A request to another origin than `own`."""
    parts = urlsplit(address)
    if parts.scheme != "blob" and parts.netloc != urlsplit(own).netloc:
        yield f"a request to {address}"


@pytest.fixture
def open_page(browser, client) -> Iterator[Open]:
    """Visit the page as somebody else: another language, window, service …"""
    with ExitStack() as stack:
        yield lambda url=None, **options: stack.enter_context(
            visiting(browser, url or str(client.base_url), **options)
        )


@pytest.fixture(scope="module")
def usual_visit(browser, client) -> Iterator[Visit]:
    with visiting(browser, str(client.base_url)) as visit:
        yield visit


@pytest.fixture
def visit(usual_visit) -> Iterator[Visit]:
    """A visit of the usual kind: the same window, but the page is new to it."""
    usual_visit.arrive(usual_visit.page.url)
    yield usual_visit
    usual_visit.leave()
