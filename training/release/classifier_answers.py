"""What a classifier says of a split's faces, plain and changed, gathered to be measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from inference_api.vision.labelling import Answer, Opinion, answer
from inference_api.vision.letterbox import Image
from inference_api.vision.spec import ClassifierSpec
from training.classifier.changes import CHANGES
from training.classifier.targets import Panel, ScoreScale, target_probability
from training.classifier.views import SPOILERS, spoiled
from training.dataset.prepared import Split

Floats = npt.NDArray[np.floating[Any]]
Network = Callable[[Image], Mapping[str, Floats]]
SEED = 0  # of how faces are spoiled
ENOUGH_SIDE = 10_000  # pixels: a face that is not too small


@dataclass(frozen=True)
class Faces:
    """Faces with their records and the network's outputs, each (N,)."""

    records: list[dict[str, Any]]
    said: Mapping[str, Floats]

    @property
    def probability(self) -> Floats:
        """Of the upper category."""
        return self.said["probability"]

    def answers(self, spec: ClassifierSpec) -> list[Answer]:
        """What the service would answer."""
        count = len(self.probability)
        unsaid = [None] * count
        ages, clear = (
            self.said[name].tolist() if name in spec.outputs else unsaid
            for name in ("age_years", "clear_probability")
        )  # fmt: skip
        opinions = map(Opinion, self.probability.tolist(), ages, clear)
        return [answer(opinion, spec, side=ENOUGH_SIDE) for opinion in opinions]


@dataclass(frozen=True)
class Measured:
    """A split's faces: rated ones, also changed and spoiled, and those that nobody rated.

    targets, counts: (N,) of the rated ones, what people said and how many of them.
    """

    rated: Faces
    targets: Floats
    counts: Floats
    changed: Mapping[str, Faces]
    spoiled: Mapping[str, Faces]
    references: Faces
    spec: ClassifierSpec = field(repr=False)


def measure(
    network: Network,
    spec: ClassifierSpec,
    validation: Split,
    scales: Mapping[Panel, ScoreScale],
) -> Measured:
    """Run the network on everything that its card tells of."""
    crops, records, upper = np.asarray(validation.crops), validation.rated, spec.labels.upper

    def faces(images: Image, records: list[dict[str, Any]]) -> Faces:
        if not len(images):
            return Faces(records, dict.fromkeys(spec.outputs, np.empty(0, np.float32)))
        said = network(np.asarray(images))
        return Faces(records, {name: np.asarray(said[name]).reshape(-1) for name in spec.outputs})

    rng = np.random.default_rng(SEED)
    badly = np.array([spoiled(crop, rng) for crop in crops], np.uint8)
    return Measured(
        faces(crops, records),
        np.array([target_probability(record, scales, upper) for record in records]),
        np.array([record.get("n_ratings") or 1 for record in records], float),
        {name: faces(np.array([*map(change, crops)]), records) for name, change in CHANGES.items()},
        {name: faces(badly[:, kind], records) for kind, name in enumerate(SPOILERS)},
        faces(np.asarray(validation.references), validation.referred),
        spec,
    )  # fmt: skip


def pooled(folds: list[Measured]) -> Measured:
    """The faces of several splits, each said by a network that never saw it, as one."""

    def together(parts: list[Faces]) -> Faces:
        names = parts[0].said
        said = {name: np.concatenate([part.said[name] for part in parts]) for name in names}
        return Faces([record for part in parts for record in part.records], said)

    return Measured(
        together([fold.rated for fold in folds]),
        np.concatenate([fold.targets for fold in folds]),
        np.concatenate([fold.counts for fold in folds]),
        {name: together([fold.changed[name] for fold in folds]) for name in CHANGES},
        {name: together([fold.spoiled[name] for fold in folds]) for name in SPOILERS},
        together([fold.references for fold in folds]),
        folds[0].spec,
    )
