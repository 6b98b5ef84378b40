from pathlib import Path

import pytest

from tests.training.scenes import labelme, scene, write_image

RED = (230, 20, 20)


@pytest.fixture(scope="session")
def repository_photos() -> Path:
    return Path(__file__).parents[1] / "photos"


@pytest.fixture
def labeled(tmp_path):
    """Twelve photos, each with a red face at its own place; their folder and true boxes."""
    boxes = {}
    for number in range(12):
        image = scene(number, size_wh=(160 - number, 100 + 7 * number)) // 4
        box = (10 + 3 * number, 8 + number, 60 + 3 * number, 70 + number)
        image[box[1] : box[3], box[0] : box[2]] = RED
        path = write_image(tmp_path / f"photos/{number}.jpg", image)
        path.with_suffix(".json").write_text(labelme(box))
        boxes[path.name] = box
    return tmp_path / "photos", boxes
