"""The first stages of MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381), as torchvision has them.

Padding is zeros on both sides, activations are ReLU6 and pixels are normalized by ImageNet's mean,
so that its weights (`training.detector.mobilenet_weights`) mean here what they meant there.
"""

import keras
from keras import layers

MEAN_RGB, STD_RGB = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, of 0-1
STEM_CHANNELS = 32
# Of each stage: expansion of its blocks, channels, blocks, stride of the first one.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1))
FIRST_BLOCKS = tuple(sum(blocks for _, _, blocks, _ in STAGES[:i]) + 1 for i in range(len(STAGES)))
FROZEN = ("stem1", *(f"features{number}_" for number in range(1, FIRST_BLOCKS[3])))
"""What the names of the layers up to a stride of 8 begin with."""


def trunk(
    image: keras.KerasTensor, *, normalized: bool = True
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Maps of RGB pixels 0-255 at strides of 8 (192 channels) and 16 (96 channels).

    The first is what the first block behind a stride of 8 widens its input to. Layers are named
    `stem1` and `featuresN_expand`, `_depthwise` and `_project`, N as in torchvision; each is
    followed by its batch normalization `NAME_norm`, or has a bias.
    """
    # Not Normalization, whose constants LiteRT's converter does not find.
    scale = [1 / 255 / deviation for deviation in STD_RGB]
    offset = [-mean / deviation for mean, deviation in zip(MEAN_RGB, STD_RGB, strict=True)]
    x = layers.Rescaling(scale, offset, name="scale")(image)
    x = _convolution(x, STEM_CHANNELS, kernel=3, stride=2, name="stem1", normalized=normalized)
    number, eight = 1, None
    for stage, (expansion, width, blocks, first_stride) in enumerate(STAGES):
        for block in range(blocks):
            entry, name = x, f"features{number}"
            y, stride = x, first_stride if block == 0 else 1
            if expansion > 1:
                y = _convolution(
                    y, x.shape[-1] * expansion, name=f"{name}_expand", normalized=normalized
                )
            if (stage, block) == (3, 0):
                eight = y
            y = _convolution(
                y, None, kernel=3, stride=stride, name=f"{name}_depthwise", normalized=normalized
            )
            y = _convolution(y, width, name=f"{name}_project", normalized=normalized, active=False)
            added = stride == 1 and entry.shape[-1] == width
            x = layers.Add(name=f"{name}_add")([entry, y]) if added else y
            number += 1
    return eight, x


def _convolution(  # noqa: PLR0913  (what a convolution takes)
    x: keras.KerasTensor,
    width: int | None,
    *,
    name: str,
    normalized: bool,
    kernel: int = 1,
    stride: int = 1,
    active: bool = True,
) -> keras.KerasTensor:
    """To `width` channels, or each by itself when that is None."""
    if kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)
    options = {"use_bias": not normalized, "name": name}
    if width is None:
        x = layers.DepthwiseConv2D(kernel, stride, **options)(x)
    else:
        x = layers.Conv2D(width, kernel, stride, kernel_initializer="he_normal", **options)(x)
    if normalized:
        x = layers.BatchNormalization(epsilon=1e-5, momentum=0.97, name=f"{name}_norm")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if active else x
