"""The real service without a runtime: it takes bright rectangles for faces, and starts at once."""

import uvicorn

from inference_api.app import create_app
from inference_api.pipeline import Pipeline
from inference_api.settings import Settings
from tests.inference_api.conftest import BrightLocalizer, RedClassifier

if __name__ == "__main__":
    settings = Settings()
    app = create_app(settings, Pipeline(BrightLocalizer(), RedClassifier()))
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning")
