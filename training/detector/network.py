"""The compact pair's detector, in Keras 3: many faces, a tenth of the arithmetic.

It takes uint8 RGB as the service feeds it, scales it itself, and is built of 3x3 and 1x1
convolutions with batch normalization and ReLU, which every runtime folds and quantizes well.
Its first stages are MobileNetV2's, so that training can start from what ImageNet taught them.
"""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from training.detector.mobilenet import trunk

DETECTOR_IN_TRAINING = "detector_in_training"
DETECTOR_SIZE = 320  # pixels
STRIDES = (8, 16, 32)  # pixels of the input between neighbouring points of each map
COARSE_CHANNELS, COARSE_BLOCKS = 192, 2  # at a stride of 32, behind MobileNetV2's stages
NECK_CHANNELS = 64
PRIOR_SIDE = 4  # strides; the box that a point stands for before it has learned anything
LARGEST_LOG = 3.0  # of a side over the prior: 20 times, more than the picture
PRIOR_PROBABILITY = 0.01  # of a face at a point, at the start (Lin et al. 2017, RetinaNet)


def build_detector(*, size: int = DETECTOR_SIZE, normalized: bool = True) -> keras.Model:
    """A one-stage, anchor-free detector: MobileNetV2's trunk, a feature pyramid, one head a map.

    Behind the trunk (`training.detector.mobilenet`) come a stage of separable residual blocks at
    a stride of 32, a top-down pyramid (Lin et al. 2017, arXiv:1612.03144) and a prediction at each
    point of three maps (Tian et al. 2019, arXiv:1904.01355): how probable a face is, where its
    center lies from the point, and the logarithms of its sides.

    `image` uint8 RGB (N, size, size, 3), size a multiple of 32 → `box_rel_xyxy` (N, K, 4), not
    clipped to the picture, and `face_probability` (N, K, 1), float32. The K points are those
    of `grid(size)`, 2100 for 320 pixels. 0.98 GFLOP and 0.71 million parameters. Without
    batch normalization it is what is released (`training.fitting.grow` folds it away).
    """
    add = _Convolutions(normalized=normalized)
    image = keras.Input((size, size, 3), dtype="uint8", name="image")
    eight, sixteen = trunk(image, normalized=normalized)
    x = add.separable(sixteen, COARSE_CHANNELS, kernel=3, stride=2, name="stage3")
    for block in range(1, COARSE_BLOCKS + 1):
        x = add.residual(x, name=f"stage3_block{block}")
    maps = [eight, sixteen, x]
    logits, said = _heads(add, _pyramid(add, maps))
    outputs = {
        "face_probability": layers.Activation("sigmoid", name="face_probability")(logits),
        "box_rel_xyxy": DecodeBoxes(size, name="box_rel_xyxy")(said),
    }
    return keras.Model({"image": image}, outputs, name="compact_detector")


def grid(size: int) -> npt.NDArray[np.float32]:
    """The points that the detector predicts at: x, y and stride in pixels, float32 (K, 3).

    The map of the finest stride first, each row by row; a point is the middle of its cell.
    """
    levels = []
    for stride in STRIDES:
        middles = (np.arange(size // stride, dtype=np.float32) + 0.5) * stride
        y, x = np.meshgrid(middles, middles, indexing="ij")
        levels.append(np.stack([x, y, np.full_like(x, stride)], axis=-1).reshape(-1, 3))
    return np.concatenate(levels)


@keras.saving.register_keras_serializable("photo_appeal")
class DecodeBoxes(layers.Layer):
    """From what the heads say of each point to boxes_rel_xyxy (N, K, 4).

    The input (N, K, 4) is the center's way from the point and the logarithms of width and
    height, both in units of PRIOR_SIDE strides.
    """

    def __init__(self, size: int, **options: object) -> None:
        super().__init__(**options)
        self.size = size
        points = grid(size) / np.float32(size)
        self._points, self._priors = points[:, :2], points[:, 2:] * np.float32(PRIOR_SIDE)

    def call(self, said: keras.KerasTensor) -> keras.KerasTensor:
        """Centers and sides as left, top, right, bottom."""
        center = self._points + said[..., :2] * self._priors
        half = ops.exp(ops.minimum(said[..., 2:], LARGEST_LOG)) * self._priors / 2
        return ops.concatenate([center - half, center + half], axis=-1)

    def get_config(self) -> dict[str, object]:
        """What the constructor takes, for saved models."""
        return {**super().get_config(), "size": self.size}


class _Convolutions:
    """Convolutions with ReLU, each followed by batch normalization `X_norm` or with a bias."""

    def __init__(self, *, normalized: bool) -> None:
        self._normalized = normalized

    def dense(
        self, x: keras.KerasTensor, width: int, *, kernel: int, stride: int, name: str
    ) -> keras.KerasTensor:
        """Every channel from every channel."""
        convolution = layers.Conv2D(
            width, kernel, stride, padding="same", use_bias=not self._normalized,
            kernel_initializer="he_normal", name=name,
        )  # fmt: skip
        return self._finish(convolution(x), name=name)

    def separable(
        self, x: keras.KerasTensor, width: int, *, kernel: int, stride: int, name: str
    ) -> keras.KerasTensor:
        """Each channel by itself, then every channel from every channel at one point."""
        x = self._depthwise(x, kernel=kernel, stride=stride, name=name, active=True)
        return self.dense(x, width, kernel=1, stride=1, name=f"{name}_pointwise")

    def residual(self, x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
        """A separable convolution whose result is added to what it was made of."""
        y = self._depthwise(x, kernel=3, stride=1, name=name, active=False)
        y = self.dense(y, x.shape[-1], kernel=1, stride=1, name=f"{name}_pointwise")
        return layers.Add(name=f"{name}_add")([x, y])

    def _depthwise(
        self, x: keras.KerasTensor, *, kernel: int, stride: int, name: str, active: bool
    ) -> keras.KerasTensor:
        convolution = layers.DepthwiseConv2D(
            kernel, stride, padding="same", use_bias=not self._normalized, name=f"{name}_depthwise"
        )
        return self._finish(convolution(x), name=convolution.name, active=active)

    def _finish(self, x: keras.KerasTensor, *, name: str, active: bool = True) -> keras.KerasTensor:
        if self._normalized:
            x = layers.BatchNormalization(momentum=0.97, name=f"{name}_norm")(x)
        return layers.ReLU(name=f"{name}_relu")(x) if active else x


def _pyramid(add: _Convolutions, maps: Sequence[keras.KerasTensor]) -> list[keras.KerasTensor]:
    """Each map with what the coarser ones know added, all NECK_CHANNELS wide, finest first."""
    merged: list[keras.KerasTensor] = []
    for stride, features in reversed(list(zip(STRIDES, maps, strict=True))):
        x = add.dense(features, NECK_CHANNELS, kernel=1, stride=1, name=f"lateral{stride}")
        if merged:
            above = layers.UpSampling2D(2, name=f"up{stride}")(merged[0])
            x = layers.Add(name=f"merge{stride}")([x, above])
        x = add.separable(x, NECK_CHANNELS, kernel=3, stride=1, name=f"neck{stride}")
        merged.insert(0, x)
    return merged


def _heads(
    add: _Convolutions, maps: Sequence[keras.KerasTensor]
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """What is said of each point: face logits (N, K, 1), where its box is (N, K, 4)."""
    faces, boxes = [], []
    start = keras.initializers.Constant(float(np.log(PRIOR_PROBABILITY / (1 - PRIOR_PROBABILITY))))
    for stride, x in zip(STRIDES, maps, strict=True):
        for number in (1, 2):
            name = f"head{stride}_{number}"
            x = add.separable(x, NECK_CHANNELS, kernel=3, stride=1, name=name)  # noqa: PLW2901
        face = layers.Conv2D(1, 1, bias_initializer=start, name=f"head{stride}_face")(x)
        box = layers.Conv2D(4, 1, name=f"head{stride}_box")(x)
        faces.append(layers.Reshape((-1, 1), name=f"head{stride}_faces")(face))
        boxes.append(layers.Reshape((-1, 4), name=f"head{stride}_boxes")(box))
    logits = layers.Concatenate(axis=1, name="face_logits")(faces)
    return logits, layers.Concatenate(axis=1, name="points")(boxes)
