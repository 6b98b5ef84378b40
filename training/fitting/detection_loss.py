"""What the detector is taught: which point answers for which face, and how far off it is.

A face belongs to the maps whose stride fits its size, and there to the points near its middle
(Tian et al. 2019, arXiv:1904.01355, with center sampling). Everything else is background, but
for points inside faces that nobody should be asked about: too small, cut off, or not judged.
All of it is tensors, so that it runs where the network does.
"""

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from training.detector.network import STRIDES, grid
from training.detector.targets import FACE, IGNORED, LOOSE_FACE
from training.fitting.losses import GIOU_WEIGHT, generalized_iou

Floats = npt.NDArray[np.float32]
FACE_SIDES = ((0.0, 44.0), (30.0, 110.0), (80.0, 1e9))  # pixels, of each stride; they overlap
CENTER_RADIUS = 1.5  # strides from the face's middle; its nearest point always counts
SMALLEST_SIDE = 6.0  # pixels of the input; a smaller face is neither asked for nor forbidden
LOOSE_QUALITY = 0.9  # what the probability is taught where the box is not to be trusted
FAR = 1e9


@keras.saving.register_keras_serializable("photo_appeal")
class FaceLoss(keras.losses.Loss):
    """Targets (N, M, 5), candidates (N, K, 5) → a scalar, for a picture of `size` pixels.

    Targets are the rows of `training.detector.targets`; a candidate is rel_xyxy and a
    probability.

    Generalized IoU at the points that answer for a face, but for loose boxes. The probability
    of such a point is taught the root of the IoU that its own box has, of any other point 0, by
    the quality focal loss (Li et al. 2020, arXiv:2006.04388, equation 4 with beta 2). Both are
    divided by the number of answering points in the batch.
    """

    def __init__(self, size: int, *, name: str = "face_loss") -> None:
        super().__init__(name=name, reduction="sum")
        self.size = size
        self._points = grid(size)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """See the class."""
        y_true, y_pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        boxes, loose, is_face, counts = assign(y_true, self._points, self.size)
        giou = generalized_iou(boxes, y_pred[..., :4])
        tight = is_face * (1.0 - loose)
        box = ops.sum(tight * (1.0 - giou))
        quality = ops.sqrt(ops.stop_gradient(ops.clip(giou, 1e-4, 1.0)))
        quality = is_face * (loose * LOOSE_QUALITY + (1.0 - loose) * quality)
        probability = ops.clip(y_pred[..., 4], 1e-6, 1.0 - 1e-6)
        surprise = -(quality * ops.log(probability) + (1.0 - quality) * ops.log(1.0 - probability))
        confidence = ops.sum(counts * ops.square(quality - probability) * surprise)
        return (GIOU_WEIGHT * box + confidence) / ops.maximum(ops.sum(is_face), 1.0)

    def get_config(self) -> dict[str, object]:
        """What the constructor takes, for saved models."""
        return {"name": self.name, "size": self.size}


def assign(
    targets: keras.KerasTensor, points: Floats, size: int
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    """What each point answers for: box (N, K, 4), and loose, is_face and counts (N, K), 0 or 1.

    targets (N, M, 5) as `FaceLoss` takes them; points (K, 3) of `grid(size)`. Where two faces
    claim a point, the smaller has it. Points that do not count lie inside an ignored box or a
    face that is too small, and answer for none.
    """
    kind = targets[..., 4]
    x, y, stride = (points[None, None, :, column] for column in range(3))
    left, top, right, bottom = (targets[..., column, None] * size for column in range(4))
    sides = ops.sqrt(ops.maximum(right - left, 0.0) * ops.maximum(bottom - top, 0.0))  # (N, M, 1)
    inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
    away = ops.maximum(ops.abs(x - (left + right) / 2), ops.abs(y - (top + bottom) / 2)) / stride
    asked = (kind[..., None] >= FACE) & (sides >= SMALLEST_SIDE)  # (N, M, 1)
    claims = []
    for number, (smallest, largest) in enumerate(FACE_SIDES):
        start, end = _rows(size)[number]
        of = away[..., start:end]
        near = (of <= CENTER_RADIUS) & inside[..., start:end]
        nearest = of <= ops.min(of, axis=-1, keepdims=True) + 1e-4
        claims.append((near | nearest) & asked & (sides >= smallest) & (sides < largest))
    claimed = ops.concatenate(claims, axis=-1)  # (N, M, K)
    owner = ops.argmin(ops.where(claimed, sides, FAR), axis=1)  # (N, K)
    is_face = ops.cast(ops.any(claimed, axis=1), "float32")
    owned = ops.take_along_axis(targets, owner[..., None], axis=1)  # (N, K, 5)
    loose = is_face * ops.cast(owned[..., 4] == LOOSE_FACE, "float32")
    small = (kind[..., None] >= FACE) & (sides < SMALLEST_SIDE)
    hidden = inside & (small | (kind[..., None] == IGNORED))
    counts = ops.maximum(is_face, 1.0 - ops.cast(ops.any(hidden, axis=1), "float32"))
    return owned[..., :4], loose, is_face, counts


def _rows(size: int) -> list[tuple[int, int]]:
    """First row and end of each stride's points in `grid(size)`."""
    ends = np.cumsum([(size // stride) ** 2 for stride in STRIDES]).tolist()
    return list(zip([0, *ends], ends, strict=False))
