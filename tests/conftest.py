"""What holds for every test."""

import os
from collections.abc import Iterator

import hypothesis
import pytest

# A busy machine is no failure; the seed in the report is enough to see one again.
hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.load_profile("default")


@pytest.fixture(autouse=True, scope="session")
def no_settings_of_the_developer() -> Iterator[None]:
    """Keep what the developer's shell says of either service out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("API_", "BOT_"))]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True, scope="session")
def weights_that_change() -> Iterator[None]:
    """Keep an engine from telling TensorFlow that no weight ever changes: other tests train."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_ONEDNN_ASSUME_FROZEN_WEIGHTS", "0")
        yield
