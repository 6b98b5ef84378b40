"""The service's replies, good and bad, as the bot understands them."""

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from bot.inference.circuit import Circuit
from bot.inference.client import InferenceClient
from bot.inference.errors import BadReplyError, InferenceUnavailableError, PhotoRejectedError
from tests.bot.fake_inference import busy, crash, hang, is_annotated, nonsense, problem


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def http(inference):
    async with httpx.AsyncClient(base_url=inference.base_url) as http:
        yield http


@pytest.fixture
def client(http):
    return InferenceClient(http, circuit=Circuit(), timeout_s=60)


def replying(make, *arguments, **options):
    """A behavior that answers with a new `make(...)` each time."""

    async def behavior(request):
        await request.read()
        return make(*arguments, **options)

    return behavior


def jpeg_with(prediction: str, body: bytes = b"\xff\xd8\xff"):
    return replying(web.Response, body=body, headers={"X-Prediction": prediction})


async def test_a_photo_comes_back_with_its_prediction(client, jpeg):
    annotated = await client.annotate(jpeg)

    assert is_annotated(annotated.jpeg)
    assert (annotated.prediction.image.width, annotated.prediction.image.height) == (64, 48)
    assert [face.label for face in annotated.prediction.faces] == ["Sexy"]


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "malformed_request"), (413, "image_too_large"), (415, "x"), (422, "undecodable_image")],
)
async def test_a_refusal_names_its_reason(client, inference, status, code):
    inference.always = replying(problem, status, code)

    with pytest.raises(PhotoRejectedError) as caught:
        await client.annotate(b"")

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("behavior", "retry_after_s"),
    [
        (busy(retry_after_s=7), 7),
        (replying(problem, 429, "quota_exceeded", **{"Retry-After": "3"}), 3),
        (replying(problem, 503, "not_ready"), None),
        (replying(problem, 503, "overloaded", **{"Retry-After": "soon"}), None),
        (replying(problem, 504, "deadline_exceeded"), None),
        (crash, None),
    ],
    ids=["busy", "quota", "not ready", "nonsense header", "deadline", "crash"],
)
async def test_an_absence_says_when_to_ask_again(client, inference, behavior, retry_after_s):
    inference.always = behavior

    with pytest.raises(InferenceUnavailableError) as caught:
        await client.annotate(b"")

    assert caught.value.retry_after_s == retry_after_s


async def test_a_service_that_hangs_is_an_absence(http, inference):
    inference.always = hang

    with pytest.raises(InferenceUnavailableError) as caught:
        await InferenceClient(http, circuit=Circuit(), timeout_s=0.1).annotate(b"")

    assert caught.value.retry_after_s is None


@pytest.mark.parametrize(
    "behavior",
    [
        nonsense,
        replying(web.Response, status=302, headers={"Location": "/"}),
        replying(web.Response, status=500),
        replying(web.Response, status=422, text="no problem document"),
        jpeg_with(""),
        jpeg_with("{"),
        jpeg_with('{"faces": []}'),
        jpeg_with('{"image": {"width": 1, "height": 1}, "faces": [{"label": "Sexy"}]}'),
        jpeg_with('{"image": {"width": 1, "height": 1}, "faces": []}', b"GIF89a"),
        jpeg_with('{"image": {"width": 1, "height": 1}, "faces": []}', bytes(51_000_000)),
    ],
    ids=lambda behavior: "",
)
async def test_nonsense_is_told_apart_from_absence(http, inference, behavior):
    inference.always = behavior

    with pytest.raises(BadReplyError):
        await InferenceClient(http, circuit=Circuit(), timeout_s=30).annotate(b"")


async def test_an_address_where_nobody_listens_is_an_absence():
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_port()}") as http:
        client = InferenceClient(http, circuit=Circuit(), timeout_s=5)

        with pytest.raises(InferenceUnavailableError, match="ConnectError"):
            await client.annotate(b"")


async def test_a_dead_service_is_left_alone_and_tried_with_one_call(http, inference, jpeg):
    clock = Clock()
    client = InferenceClient(
        http, circuit=Circuit(threshold=2, rest_s=10, clock=clock), timeout_s=5
    )
    inference.always = crash
    for _ in range(4):
        with pytest.raises(InferenceUnavailableError):
            await client.annotate(jpeg)
    assert inference.calls == 2

    clock.now = 11
    inference.always = None
    client.check_reachable()
    await client.annotate(jpeg)
    await client.annotate(jpeg)

    assert inference.calls == 4


@pytest.mark.parametrize("alive", [busy(), replying(problem, 415, "unsupported_image")])
async def test_a_service_that_answers_is_not_taken_for_dead(http, inference, alive):
    client = InferenceClient(http, circuit=Circuit(threshold=1), timeout_s=5)
    inference.always = alive

    for _ in range(3):
        with pytest.raises((InferenceUnavailableError, PhotoRejectedError)):
            await client.annotate(b"")

    assert inference.calls == 3
