"""Photos that are turned away at the door are counted by the address that they came to."""

import threading

import pytest

from tests.inference_api.http.test_bad_requests import assert_problem
from tests.inference_api.http.test_service import PATIENCE_S, Held, Slow, metric, until


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/annotate"])
def test_a_refusal_is_counted_by_its_route(serve, pipeline, scene, path):
    held = Held(pipeline.localizer)
    with serve(pipeline=Slow(held, pipeline.classifier), deadline_s=PATIENCE_S) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        held.armed = True
        files = {"photo": scene.jpeg}
        first = threading.Thread(target=client.post, args=(path,), kwargs={"files": files})
        first.start()
        assert held.entered.wait(PATIENCE_S)
        assert_problem(client.post(path, files=files), 503, "overloaded")
        refused = f'api_requests_total{{route="{path}",status="503"}}'
        until(lambda: metric(client, refused) == 1)
        held.gate.set()
        first.join(PATIENCE_S)
