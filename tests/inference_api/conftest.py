"""A service without trained models: its "face" is where a photo is bright."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import httpx
import numpy as np
import pytest
import uvicorn

from inference_api.http.app import create_app
from inference_api.http.server import server_config
from inference_api.pipeline import Found, Pipeline
from inference_api.settings import Settings
from inference_api.vision.images import encode
from inference_api.vision.labelling import Opinion
from inference_api.vision.letterbox import Image
from inference_api.vision.spec import ClassifierSpec, Labels, LocalizerSpec
from tests.inference_api.tiny_models import write_classifier, write_localizer

SIZE = 64
BRIGHT = 200
COMMON = {
    "version": "0.0.1",
    "architecture": "none",
    "input_size": SIZE,
    "pad_color": (128, 128, 128),
    "resize_filter": "area",
    "threshold": 0.5,
    "libraries": {},
    "data_id": "generated",
    "git_commit": "0" * 40,
    "sha256": {},
}
LOCALIZER_SPEC = LocalizerSpec(
    kind="localizer", name="bright_localizer", box_format="rel_xyxy", **COMMON
)
CLASSIFIER_SPEC = ClassifierSpec(
    kind="classifier",
    name="red_classifier",
    crop_margin=0.1,
    labels=Labels(lower="Blue", upper="Red"),
    **COMMON,
)


@dataclass
class BrightLocalizer:
    """One box around whatever is bright, as the trained localizer gives one box a photo."""

    spec: LocalizerSpec = LOCALIZER_SPEC

    def localize(self, squares):
        return [self._one(square) for square in squares]

    def _one(self, square):
        rows, columns = np.nonzero(square.max(axis=2) > BRIGHT)
        if not len(rows):
            return Found(np.zeros((1, 4), np.float32), np.zeros(1, np.float32))
        edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        return Found(np.array([edges], np.float32) / SIZE, np.ones(1, np.float32))


@dataclass
class RedClassifier:
    """The share of red in what is red or blue."""

    spec: ClassifierSpec = CLASSIFIER_SPEC

    def classify(self, crops):
        red, blue = (crops[..., channel].mean(axis=(1, 2)) for channel in (0, 2))
        return [Opinion(share) for share in (red / np.maximum(red + blue, 1)).tolist()]


@pytest.fixture(scope="session")
def localizer_spec() -> LocalizerSpec:
    return LOCALIZER_SPEC


@pytest.fixture(scope="session")
def classifier_spec() -> ClassifierSpec:
    return CLASSIFIER_SPEC


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory) -> Path:
    """The same two networks as artifacts for TensorFlow."""
    folder = tmp_path_factory.mktemp("models")
    write_localizer(folder / "compact_detector", LOCALIZER_SPEC, bright=BRIGHT)
    write_classifier(folder / "compact_classifier", CLASSIFIER_SPEC)
    return folder


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    return Pipeline(BrightLocalizer(), RedClassifier())


@dataclass(frozen=True)
class Scene:
    """A dark photo with one bright rectangle, and where that is (left, top, right, bottom)."""

    image: Image
    box: tuple[int, int, int, int]
    label: str

    @property
    def jpeg(self) -> bytes:
        return encode(self.image, image_format="JPEG")


def make_scene(*, size_wh=(320, 240), box=(40, 60, 120, 180), color=(255, 60, 60)) -> Scene:
    image = np.full((size_wh[1], size_wh[0], 3), 20, np.uint8)
    left, top, right, bottom = box
    image[top:bottom, left:right] = color
    return Scene(image, box, "Red" if color[0] > color[2] else "Blue")


@pytest.fixture(scope="session")
def scene() -> Scene:
    return make_scene()


@pytest.fixture(name="make_scene")
def make_scene_fixture() -> Callable[..., Scene]:
    return make_scene


Serve = Callable[..., AbstractContextManager[httpx.Client]]


@contextmanager
def running(app, *, timeout_s: float = 60, **limits) -> Iterator[str]:
    """The base URL of `app`, served on a free port of loopback; limits: those of connections."""
    config = server_config(app, Settings(_env_file=None, port=0))
    config.http.watch.limits = replace(config.http.watch.limits, **limits)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + timeout_s
        while not server.started:
            assert thread.is_alive(), "the server ended before it had started"
            assert time.monotonic() < deadline
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout_s)
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def serve(pipeline) -> Serve:
    """Serve a pipeline with some settings; gives a client of the running service."""

    @contextmanager
    def run(
        *, pipeline=pipeline, limits=MappingProxyType({}), **settings
    ) -> Iterator[httpx.Client]:
        app = create_app(Settings(_env_file=None, **settings), pipeline)
        with (
            running(app, **limits) as base_url,
            httpx.Client(base_url=base_url, timeout=60) as client,
        ):
            yield client

    return run


@pytest.fixture(scope="session")
def client(serve) -> Iterator[httpx.Client]:
    """A client of a service with the default settings, the same one for every test."""
    with serve() as client:
        yield client


@pytest.fixture(scope="session")
def photos() -> Path:
    return Path(__file__).parents[1] / "photos"
