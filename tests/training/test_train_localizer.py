"""What the command says of photos that cannot train a localizer."""

import pytest

from tests.training.release.told import record, split
from training import train_localizer

SIZE = 192


def test_photos_without_negatives_are_refused_in_a_sentence(tmp_path, monkeypatch):
    photos = split([record(SIZE, (40, 40, 90, 90))], size=SIZE)
    monkeypatch.setattr(train_localizer, "read_split", lambda *_: photos)
    options = ["--prepared", str(tmp_path), "--run", str(tmp_path / "run")]

    with pytest.raises(SystemExit, match="photos with one face and photos with none"):
        train_localizer.main(options)
