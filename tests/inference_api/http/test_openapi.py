"""The OpenAPI document says every address, status and example that there is."""

import pytest
from pydantic import TypeAdapter

from inference_api.http import problems
from inference_api.http.problems import Kind, Problem
from inference_api.http.schemas import PredictionReply

PHOTO_PATHS = ["/v1/predict", "/v1/annotate"]
KINDS = [kind for kind in vars(problems).values() if isinstance(kind, Kind)]


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


def test_every_address_is_described(document):
    assert set(document["paths"]) >= {*PHOTO_PATHS, "/v1/models", "/livez", "/readyz", "/metrics"}
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["description"]


@pytest.mark.parametrize("path", PHOTO_PATHS)
def test_every_status_of_a_photo_is_documented_as_a_problem(document, path):
    responses = document["paths"][path]["post"]["responses"]
    elsewhere = {404, 405} | (set() if path == "/v1/annotate" else {406})
    expected = {str(kind.status) for kind in KINDS if kind.status not in elsewhere}
    assert set(responses) == {"200", *expected}
    for status in expected:
        assert list(responses[status]["content"]) == ["application/problem+json"]


def test_every_code_is_documented(document):
    descriptions = str(list(document["paths"].values()))
    for kind in KINDS:
        if kind.status not in {404, 405}:
            assert f"`{kind.code}`" in descriptions


def test_codes_are_unique():
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_examples_are_valid():
    for model in (PredictionReply, Problem):
        example = model.model_config["json_schema_extra"]["example"]
        assert TypeAdapter(model).validate_python(example)


@pytest.mark.parametrize("path", PHOTO_PATHS)
def test_the_ways_to_send_a_photo_are_described(document, path):
    content = document["paths"][path]["post"]["requestBody"]["content"]
    assert set(content) == {"multipart/form-data", "image/*", "application/octet-stream"}


def test_the_pages_for_people_are_served(client):
    assert "swagger" in client.get("/docs").text.lower()
