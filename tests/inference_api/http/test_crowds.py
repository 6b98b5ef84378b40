"""Many faces in one photo: the body has them all, a header as many as fit."""

import json

import numpy as np
import pytest

from inference_api.pipeline import Found, Pipeline
from inference_api.vision.spec import Detection

MOST_FACES = 100


class Crowd:
    """So many faces in every photo, in a row from left to right."""

    def __init__(self, inner, count):
        detection = Detection(strides=(4,), max_iou=0.5, max_faces=MOST_FACES)
        self.spec = inner.spec.model_copy(update={"detection": detection})
        edges = np.linspace(0, 1, count + 1, dtype=np.float32)
        top, bottom = np.full((2, count), [[0.4], [0.6]], np.float32)
        boxes = np.stack([edges[:-1], top, edges[1:], bottom], axis=1)
        self.found = Found(boxes, np.ones(count, np.float32))

    def localize(self, squares):
        return [self.found for _ in squares]


@pytest.mark.parametrize(("faces", "in_header"), [(0, 0), (32, 32), (33, 32), (100, 32)])
def test_a_header_holds_32_faces_and_the_body_all(serve, pipeline, scene, faces, in_header):
    crowd = Pipeline(Crowd(pipeline.localizer, faces), pipeline.classifier)
    with serve(pipeline=crowd) as client:
        body = client.post("/v1/predict", files={"photo": scene.jpeg}).json()
        answer = client.post("/v1/annotate", files={"photo": scene.jpeg})
    header = json.loads(answer.headers["x-prediction"])
    assert (len(body["faces"]), len(header["faces"])) == (faces, in_header)
    assert header["faces"] == body["faces"][:in_header]
    assert header["max_faces"] == body["max_faces"] == MOST_FACES
