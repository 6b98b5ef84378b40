"""The service as it would be written without a thought for speed, to compare with.

    python -m benchmarks.naive --port 8001

The same networks on the same requests, but `keras.Model.predict` for each photo inside
`async def`: no batches, no threads, no warm-up. It is spared what it could do worse: the photo is
resized by the cheapest filter, predict draws no progress bar, and nothing is checked. Its weights
are random, which costs the same time, so its answers mean nothing; it classifies every photo.
"""

import argparse
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt
import uvicorn
from fastapi import FastAPI, Response, UploadFile
from pydantic import BaseModel

SIZE = 120  # pixels; what the networks see
GREEN = (0, 255, 0)
Pixels = npt.NDArray[np.uint8]


class Network(Protocol):
    """What is used of keras.Model."""

    def predict(self, inputs: dict[str, Any], *, verbose: int) -> dict[str, Any]:
        """Run one batch, uint8 RGB (N, 120, 120, 3)."""


class Answer(BaseModel):
    """The box in pixels (left, top, right, bottom) and the two probabilities."""

    box: tuple[int, int, int, int]
    face_probability: float
    probability: float


def create_app(localizer: Network, classifier: Network) -> FastAPI:
    """The naive service over two networks."""
    app = FastAPI()

    def look_at(image_bgr: Pixels) -> Answer:
        found = _predict(localizer, image_bgr)
        left, top, right, bottom = _pixels(found["box_rel_xyxy"][0], image_bgr.shape)
        rated = _predict(classifier, image_bgr[top:bottom, left:right])
        return Answer(
            box=(left, top, right, bottom),
            face_probability=float(found["face_probability"][0, 0]),
            probability=float(rated["probability"][0, 0]),
        )

    @app.post("/v1/predict")
    async def predict(photo: UploadFile) -> Answer:
        return look_at(_decode(await photo.read()))

    @app.post("/v1/annotate")
    async def annotate(photo: UploadFile) -> Response:
        image_bgr = _decode(await photo.read())
        return Response(_draw(image_bgr, look_at(image_bgr)), media_type="image/jpeg")

    @app.get("/livez")
    @app.get("/readyz")
    async def health() -> str:
        return "ok"

    return app


def _decode(data: bytes) -> Pixels:
    image_bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(image_bgr, np.uint8)


def _predict(network: Network, image_bgr: Pixels) -> dict[str, Any]:
    square = cv2.cvtColor(cv2.resize(image_bgr, (SIZE, SIZE)), cv2.COLOR_BGR2RGB)
    return network.predict({"image": square[None]}, verbose=0)


def _pixels(box_rel_xyxy: npt.NDArray[np.float32], shape: tuple[int, ...]) -> list[int]:
    """The corners in whole pixels, in order and at least one pixel apart."""
    sides = np.array([shape[1], shape[0]])
    corners = np.sort((box_rel_xyxy.reshape(2, 2) * sides).astype(int), axis=0)
    first = np.minimum(corners[0], sides - 1)
    return [*first.tolist(), *np.maximum(corners[1], first + 1).tolist()]


def _draw(image_bgr: Pixels, answer: Answer) -> bytes:
    left, top, right, bottom = answer.box
    cv2.rectangle(image_bgr, (left, top), (right - 1, bottom - 1), GREEN, 3)
    text = f"{answer.probability:.0%}"
    cv2.putText(image_bgr, text, (left, max(top, 30)), cv2.FONT_HERSHEY_SIMPLEX, 1, GREEN, 2)
    return cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def main() -> None:
    """Serve on loopback."""
    from training.classifier.original import build_classifier
    from training.localizer.network import build_localizer

    parser = argparse.ArgumentParser(description="Serve photos naively, to compare with.")
    parser.add_argument("--port", type=int, default=8001)
    port = parser.parse_args().port
    app = create_app(build_localizer(), build_classifier())
    uvicorn.run(app, port=port, log_level="warning")


if __name__ == "__main__":
    main()
