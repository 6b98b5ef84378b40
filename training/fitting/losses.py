"""Losses written with `keras.ops`: the same on TensorFlow, JAX and PyTorch."""

import keras
from keras import ops

L1_WEIGHT, GIOU_WEIGHT = 5.0, 2.0  # as in DETR (Carion et al. 2020, arXiv:2005.12872)


@keras.saving.register_keras_serializable("photo_appeal")
class BoxLoss(keras.losses.Loss):
    """How far a box is off: L1 for the corners, generalized IoU for the shape.

    Averaged over the boxes whose sample weight is not 0: a photo without a face has no box, and
    the number of faces in a batch does not change the size of a step.
    """

    def __init__(self, *, name: str = "box_loss") -> None:
        super().__init__(name=name, reduction="mean_with_sample_weight")

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """rel_xyxy (N, 4) each → (N,)."""
        l1 = ops.mean(ops.abs(y_true - y_pred), axis=-1)
        return GIOU_WEIGHT * (1.0 - generalized_iou(y_true, y_pred)) + L1_WEIGHT * l1

    def get_config(self) -> dict[str, object]:
        """What the constructor takes, for saved models."""
        return {"name": self.name}


@keras.saving.register_keras_serializable("photo_appeal")
class FairCrossEntropy(keras.losses.Loss):
    """Cross-entropy of rated faces, and the square of how far others' logits follow ethnicity.

    y_true (N, 2 + G) holds a target, its weight, and ethnicity beyond gender and age
    (`training.classifier.groups`). Of a rated face the latter is 0, of one that nobody rated
    the weight is 0, so each row takes part in one of the two. fairness: the factor of the second.
    """

    def __init__(self, fairness: float = 1.0, *, name: str = "fair_cross_entropy") -> None:
        super().__init__(name=name, reduction="sum")
        self.fairness = fairness

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """y_true (N, 2 + G), probabilities (N, 1) → a scalar."""
        target, weight, residuals = y_true[:, 0], y_true[:, 1], y_true[:, 2:]
        probability = ops.clip(y_pred[:, 0], 1e-6, 1.0 - 1e-6)
        above, below = ops.log(probability), ops.log(1.0 - probability)
        surprise = -(target * above + (1.0 - target) * below)
        rated = ops.sum(weight * surprise) / ops.maximum(ops.sum(weight), 1e-6)
        asked = ops.cast(ops.any(residuals != 0, axis=1), y_pred.dtype)
        count = ops.maximum(ops.sum(asked), 1.0)
        logit = asked * (above - below)
        centered = asked * (logit - ops.sum(logit) / count)
        covariance = ops.sum(residuals * centered[:, None], axis=0) / count
        return rated + self.fairness * ops.sum(ops.square(covariance))

    def get_config(self) -> dict[str, object]:
        """What the constructor takes, for saved models."""
        return {"name": self.name, "fairness": self.fairness}


def generalized_iou(a: keras.KerasTensor, b: keras.KerasTensor) -> keras.KerasTensor:
    """GIoU of each box with the one in the same row; (…, 4) each → (…) in [-1, 1].

    Rezatofighi et al. 2019 (arXiv:1902.09630), algorithm 1.
    """
    intersection, union = _intersection_and_union(a, b)
    corners = ops.maximum(a[..., 2:], b[..., 2:]), ops.minimum(a[..., :2], b[..., :2])
    hull = ops.prod(corners[0] - corners[1], axis=-1)
    epsilon = keras.config.epsilon()
    return intersection / (union + epsilon) - (hull - union) / (ops.abs(hull) + epsilon)


def _intersection_and_union(
    a: keras.KerasTensor, b: keras.KerasTensor
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    sides = ops.minimum(a[..., 2:], b[..., 2:]) - ops.maximum(a[..., :2], b[..., :2])
    intersection = ops.prod(ops.maximum(sides, 0.0), axis=-1)
    areas = [ops.prod(ops.maximum(box[..., 2:] - box[..., :2], 0.0), axis=-1) for box in (a, b)]
    return intersection, areas[0] + areas[1] - intersection
