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
class OpinionLoss(keras.losses.Loss):
    """Cross-entropy of the opinions that are known; of panels that were not asked there is NaN."""

    def __init__(self, *, name: str = "opinion_loss") -> None:
        super().__init__(name=name)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Probabilities (N, P) and logits (N, P) → (N,)."""
        unknown = ops.isnan(y_true)
        said = ops.where(unknown, 0.0, y_true)
        # log(1 + exp(x)) - x·y, as in Keras' own for logits, but one value for each panel.
        losses = ops.softplus(y_pred) - y_pred * said
        return ops.sum(ops.where(unknown, 0.0, losses), axis=-1)

    def get_config(self) -> dict[str, object]:
        """What the constructor takes, for saved models."""
        return {"name": self.name}


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
