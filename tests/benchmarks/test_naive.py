"""The naive service does the whole job: a box in the photo, two probabilities, a picture."""

import cv2
import httpx
import numpy as np
import pytest

from benchmarks.naive import SIZE, create_app

PHOTO = np.full((200, 300, 3), (0, 0, 200), np.uint8)  # BGR: red


class Fixed:
    """A network of one answer, which keeps what it was given."""

    def __init__(self, **outputs):
        self.outputs = {name: np.array([value], np.float32) for name, value in outputs.items()}
        self.seen = []

    def predict(self, inputs, *, verbose):
        self.seen.append(inputs["image"])
        return self.outputs


def localizer(box_rel_xyxy):
    return Fixed(box_rel_xyxy=box_rel_xyxy, face_probability=[0.75])


async def send(answer, *networks):
    transport = httpx.ASGITransport(create_app(*networks))
    files = {"photo": ("photo.png", cv2.imencode(".png", PHOTO)[1].tobytes(), "image/png")}
    async with httpx.AsyncClient(transport=transport, base_url="http://naive") as http:
        return (await http.post(f"/v1/{answer}", files=files)).raise_for_status()


@pytest.mark.parametrize(
    ("box_rel_xyxy", "box"),
    [
        ([0, 0, 1, 1], [0, 0, 300, 200]),
        ([0.1, 0.25, 0.5, 0.75], [30, 50, 150, 150]),
        ([0.5, 0.75, 0.1, 0.25], [30, 50, 150, 150]),  # a random network knows no order
        ([0, 0, 0, 0], [0, 0, 1, 1]),
        ([1, 1, 1, 1], [299, 199, 300, 200]),
    ],
)
async def test_the_box_lies_inside_the_photo(box_rel_xyxy, box):
    reply = await send("predict", localizer(box_rel_xyxy), Fixed(probability=[0.25]))
    assert reply.json() == {"box": box, "face_probability": 0.75, "probability": 0.25}


async def test_both_networks_see_the_photo_in_rgb():
    networks = localizer([0.1, 0.1, 0.9, 0.9]), Fixed(probability=[0.25])
    await send("predict", *networks)
    for network in networks:
        (square,) = network.seen
        assert square.shape == (1, SIZE, SIZE, 3)
        assert square[0, 0, 0].tolist() == [200, 0, 0]


async def test_the_frame_is_drawn_on_the_photo_at_its_size():
    reply = await send("annotate", localizer([0.2, 0.2, 0.8, 0.9]), Fixed(probability=[0.25]))
    drawn = cv2.imdecode(np.frombuffer(reply.content, np.uint8), cv2.IMREAD_COLOR)
    assert drawn.shape == PHOTO.shape
    blue, green, red = drawn[100, 60].astype(int)  # on the left line
    assert green > 150 > max(blue, red)
    assert drawn[100, 150, 2] > 150  # inside it is as it was
