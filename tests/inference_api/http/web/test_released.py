"""The released networks on the page; the picture in the README is taken here."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

MODELS = Path(__file__).parents[4] / "models"


@pytest.mark.slow
def test_a_face_is_framed_and_labelled_by_the_released_networks(open_page, serve, photos):
    from inference_api.engines import load_pipeline

    pipeline = load_pipeline(MODELS, pair="compact", engine="auto")
    labels = pipeline.classifier.spec.labels
    with serve(pipeline=pipeline) as client:
        visit = open_page(str(client.base_url))
        card = visit.send("portrait.jpg", (photos / "london_smiling_022_08.jpg").read_bytes())
        expect(card.locator(".status")).to_have_text("1 face found")
        assert card.locator(".label").text_content() in {labels.lower, labels.upper}
        visit.look("released")
