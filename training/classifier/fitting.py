"""The compact classifier's heads, fitted; and the rules for what is answered."""

from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Boxes
from inference_api.vision.letterbox import Image
from training.classifier import views
from training.classifier.calibration import platt
from training.classifier.compact import AGE, CLEAR, PROBABILITY
from training.classifier.groups import are_adults, ethnicity_residuals, years
from training.classifier.heads import Floats, Head, Penalties, fit_head
from training.classifier.targets import score_scales, target_probability, target_weight
from training.dataset.prepared import Split

RATED = Penalties(ridge=1.0, wobble=3.0, bias=300.0)
AGES = Penalties(ridge=0.3)
CLEARNESS = Penalties(ridge=0.1)
CHILD, UNDER_TEN = 10.0, 0.95  # years; the share of those under ten to leave without a label
CLEAR_SHARE = 0.98  # of plain faces are to count as clear


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds that the training photos led to; see `inference_api.vision.spec`."""

    adult_from_years: float
    least_clear: float


class Looker:
    """A network's features of a training split's faces, each kind found when it is asked for."""

    def __init__(self, extractor: keras.Model, split: Split, *, count: int, seed: int) -> None:
        self._extractor, self._split = extractor, split
        self._size = extractor.inputs[0].shape[1]
        self._count, self._seed = count, seed

    @cached_property
    def rated(self) -> Floats:
        """Rated faces as served (N, D)."""
        return self._plain(self._split.crops, self._split.crop_windows)

    @cached_property
    def rated_changed(self) -> Floats:
        """The same, a little changed (N, V, D)."""
        return self._changed(self._split.crops, self._split.crop_windows)

    @cached_property
    def references(self) -> Floats:
        """Faces that nobody rated, as served (M, D)."""
        return self._plain(self._split.references, self._split.reference_windows)

    @cached_property
    def references_changed(self) -> Floats:
        """The same, a little changed (M, V, D)."""
        return self._changed(self._split.references, self._split.reference_windows)

    @cached_property
    def spoiled(self) -> Floats:
        """Rated faces, each spoiled in every way (N, K, D)."""
        rng = np.random.default_rng(self._seed)
        shown = views.served(self._split.crops, self._split.crop_windows, size=self._size)
        return views.seen(self._extractor, (views.spoiled(image, rng) for image in shown))

    def _plain(self, images: Image, windows: Boxes) -> Floats:
        shown = views.served(images, windows, size=self._size)
        return views.seen(self._extractor, ([image] for image in shown))[:, 0]

    def _changed(self, images: Image, windows: Boxes) -> Floats:
        shown = views.changed(images, windows, size=self._size, count=self._count, seed=self._seed)
        return views.seen(self._extractor, shown)


def fit_rating(model: keras.Model, found: Looker, split: Split, *, upper: str) -> None:
    """Fit the head that says how people would rate a face."""
    fill(model, PROBABILITY, rated_head(found, split, upper=upper))


def fit_rules(model: keras.Model, found: Looker, split: Split) -> Rules:
    """Fit the heads that say who gets no label, and choose their thresholds."""
    fill(model, AGE, age_head(found, split))
    clear = clear_head(found)
    fill(model, CLEAR, clear)
    plain = np.concatenate([found.rated, found.references])
    return Rules(
        adult_from_years=round(_adult_from(found, split), 1),
        least_clear=round(float(np.quantile(_sigmoid(clear(plain)), 1 - CLEAR_SHARE)), 3),
    )


def rated_head(found: Looker, split: Split, *, upper: str) -> Head:
    """The logit of the upper category; its scale is set by faces that were held out meanwhile."""
    records, scales = split.rated, score_scales(split.rated)
    targets = np.array([target_probability(record, scales, upper) for record in records])
    weights = np.array([target_weight(record) for record in records])
    adults = are_adults(split.referred)
    others = [record for record, adult in zip(split.referred, adults, strict=True) if adult]
    penalties = Penalties(
        RATED.ridge, RATED.wobble, RATED.bias,
        residuals=ethnicity_residuals(others), references=found.references[adults],
    )  # fmt: skip
    held_out = np.zeros(len(targets))
    folds = np.array([_fold(record, row) for row, record in enumerate(records)])
    for fold in set(folds.tolist()):
        rest, own = folds != fold, folds == fold
        head = fit_head(found.rated_changed[rest], targets[rest], weights[rest], penalties)
        held_out[own] = head(found.rated[own])
    counts = np.array([record.get("n_ratings") or 1 for record in records], float)
    slope, offset = platt(held_out, targets, counts)
    head = fit_head(found.rated_changed, targets, weights, penalties)
    return head.scaled(slope, offset)


def age_head(found: Looker, split: Split, rows: npt.NDArray[np.bool_] | None = None) -> Head:
    """The square root of the years that a reference face looks; ages count by their rarity."""
    ages = np.array([years(record["group"]["age"]) for record in split.referred])
    rows = np.ones(len(ages), bool) if rows is None else rows
    chosen = ages[rows]
    weights = np.array([1 / np.sqrt((chosen == age).mean()) for age in chosen])
    return fit_head(found.references_changed[rows], np.sqrt(chosen), weights, AGES)


def clear_head(found: Looker) -> Head:
    """The logit of a face being seen well, plain and changed ones against spoiled ones."""
    well = np.concatenate([
        each.reshape(-1, each.shape[-1])
        for each in (found.rated, found.rated_changed, found.references)
    ])  # fmt: skip
    badly = found.spoiled.reshape(-1, found.spoiled.shape[-1])
    targets = np.repeat([1.0, 0.0], [len(well), len(badly)])
    weights = np.repeat([1 / len(well), 1 / len(badly)], [len(well), len(badly)])
    head = fit_head(np.concatenate([well, badly])[:, None], targets, weights, CLEARNESS)
    slope, offset = platt(head(np.concatenate([well, badly])), targets, weights)
    return head.scaled(slope, offset)


def fill(model: keras.Model, name: str, head: Head) -> None:
    """Put the head into the network's layer of that name."""
    kernel, bias = head.kernel.astype(np.float32)[:, None], np.array([head.bias], np.float32)
    model.get_layer(name).set_weights([kernel, bias])


def _adult_from(found: Looker, split: Split) -> float:
    """The least estimate that counts as adult: most under ten, held out, look younger."""
    ages = np.array([years(record["group"]["age"]) for record in split.referred])
    folds = np.array([_fold(record, row) for row, record in enumerate(split.referred)])
    estimates = np.zeros(len(ages))
    for fold in set(folds.tolist()):
        head, own = age_head(found, split, folds != fold), folds == fold
        estimates[own] = np.maximum(head(found.references[own]), 0) ** 2
    young = estimates[ages < CHILD]
    return float(np.quantile(young, UNDER_TEN)) if len(young) else 0.0


def _fold(record: dict[str, object], row: int) -> int:
    fold = record.get("fold")
    return row % 5 if fold is None else int(str(fold))


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)))
