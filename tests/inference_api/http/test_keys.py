"""API keys: read from hashes, let in, refused, and counted."""

import hashlib

import pytest

from inference_api.http.keys import KeyFile, KeyRing, new_key
from inference_api.http.problems import ProblemError
from inference_api.settings import read_keys
from tests.inference_api.http.test_bad_requests import assert_problem
from tests.inference_api.http.test_service import until

KEY = "a-long-random-key"
DIGEST = hashlib.sha256(KEY.encode()).hexdigest()


def write(tmp_path, text: str):
    path = tmp_path / "keys"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "digests"),
    [
        ("", ()),
        ("# only a comment\n\n", ()),
        (f"{DIGEST}\n", (DIGEST,)),
        (f"{DIGEST}  -\n{'0' * 64} the bot\n", (DIGEST, "0" * 64)),
    ],
)
def test_a_file_holds_a_hash_a_line(tmp_path, text, digests):
    assert tuple(read_keys(write(tmp_path, text))) == digests


@pytest.mark.parametrize("line", [KEY, DIGEST.upper(), DIGEST[:-1], f"bot {DIGEST}"])
def test_a_line_of_another_form_is_named(tmp_path, line):
    with pytest.raises(ValueError, match="keys:2") as caught:
        read_keys(write(tmp_path, f"{DIGEST} bot\n{line}\n"))
    assert KEY not in str(caught.value)


def test_the_quota_fills_up_evenly_over_the_minute():
    now = [0.0]
    ring = KeyRing({DIGEST: "bot"}, per_minute=2, clock=lambda: now[0])
    ring.admit(KEY)
    ring.admit(KEY)
    with pytest.raises(ProblemError) as caught:
        ring.admit(KEY)
    assert (caught.value.kind.code, caught.value.headers["Retry-After"]) == ("quota_exceeded", "30")
    now[0] = 30.0
    ring.admit(KEY)
    with pytest.raises(ProblemError):
        ring.admit(KEY)


@pytest.fixture(scope="module")
def guarded(serve, tmp_path_factory):
    """A service that asks for a key and allows one photo a minute."""
    path = write(tmp_path_factory.mktemp("keys"), f"{DIGEST} bot\n")
    with serve(keys_file=path, key_photos_per_minute=1) as client:
        yield client


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/annotate"])
def test_without_a_key_no_photo_is_taken(guarded, scene, path):
    answer = guarded.post(path, files={"photo": scene.jpeg})
    assert_problem(answer, 401, "key_missing")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("key", ["wrong", DIGEST, "ключ".encode()])
def test_a_key_that_is_not_known_is_refused(guarded, scene, key):
    answer = guarded.post("/v1/predict", files={"photo": scene.jpeg}, headers={"x-api-key": key})
    assert_problem(answer, 403, "key_refused")


def test_a_good_key_is_let_in_either_header_until_its_quota_is_spent(guarded, scene):
    headers = {"authorization": f"Bearer {KEY}"}
    answer = guarded.post("/v1/predict", files={"photo": scene.jpeg}, headers=headers)
    assert answer.status_code == 200
    answer = guarded.post("/v1/predict", files={"photo": scene.jpeg}, headers={"x-api-key": KEY})
    assert_problem(answer, 429, "quota_exceeded")
    assert 1 <= int(answer.headers["retry-after"]) <= 60


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/v1/models", "/docs"])
def test_the_rest_needs_no_key(guarded, path):
    assert guarded.get(path).status_code == 200


def test_a_key_says_whose_it_is(tmp_path):
    keys = KeyFile(write(tmp_path, f"{DIGEST}  the bot\n{'0' * 64}\n"), per_minute=0)
    assert keys.admit(KEY) == "the bot"
    assert read_keys(tmp_path / "keys")["0" * 64] == "00000000"


def test_a_change_of_the_file_needs_no_restart(tmp_path, caplog):
    keys = KeyFile(path := write(tmp_path, ""), per_minute=0)
    key, line = new_key("somebody")
    with pytest.raises(ProblemError):
        keys.admit(key)
    path.write_text(f"# changed\n{line}\n")
    assert keys.admit(key) == "somebody"
    path.write_text("not a line of keys\n")
    assert keys.admit(key) == "somebody"
    assert "the keys stay as they were" in caplog.text
    path.write_text("")
    with pytest.raises(ProblemError):
        keys.admit(key)


def test_the_log_says_whose_key_it_was_and_not_the_key(serve, scene, tmp_path, caplog):
    path = write(tmp_path, f"{DIGEST} the bot\n")
    with serve(keys_file=path) as client, caplog.at_level("INFO", "inference_api"):
        client.post("/v1/predict", files={"photo": scene.jpeg}, headers={"x-api-key": KEY})
        until(lambda: "POST /v1/predict" in caplog.text)
    (record,) = [each for each in caplog.records if "POST /v1/predict" in each.getMessage()]
    assert (record.key, record.client) == ("the bot", "127.0.0.1")
    assert KEY not in caplog.text
