"""The original pair's localizer, layer by layer, in Keras 3.

It takes uint8 RGB as the service feeds it; the mean is a layer inside, so an exported model
cannot be fed wrongly scaled pixels. The compact pair finds faces with
`training.detector.network`.
"""

from collections.abc import Collection, Sequence

import keras
from keras import layers

from training.dataset.sizes import INPUT_SIZE

VGG16_CONVOLUTIONS = (2, 2, 3, 3, 3)  # in each block
VGG16_CHANNELS = (64, 128, 256, 512, 512)
NARROW_CHANNELS = (16, 32, 64, 128, 256)  # a tenth of the arithmetic, to train and then grow
IMAGENET_MEAN_RGB = (123.68, 116.779, 103.939)


def build_localizer(
    *, channels: Sequence[int] = VGG16_CHANNELS, normalized_blocks: Collection[int] = ()
) -> keras.Model:
    """VGG16 without its top, then two branches: is there a face, and where.

    VGG16 is configuration D of Simonyan & Zisserman 2015 (arXiv:1409.1556). The branches are
    global max pooling, Dense 2048 and one sigmoid output each.

    `image` uint8 RGB (N, 120, 120, 3) → `face_probability` (N, 1) and `box_rel_xyxy` (N, 4),
    both float32 in [0, 1]. The released network has the default arguments and 16,826,181
    parameters; fewer `channels` a block and batch normalization in some blocks (1-5) are for
    the network that is trained first and then grown (`training.fitting.grow`).
    """
    image = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), dtype="uint8", name="image")
    offset = [-mean for mean in IMAGENET_MEAN_RGB]
    x = layers.Rescaling(1.0, offset=offset, name="subtract_mean")(image)
    for block, (width, convolutions) in enumerate(
        zip(channels, VGG16_CONVOLUTIONS, strict=True), 1
    ):
        for conv in range(1, convolutions + 1):
            name, normalized = f"block{block}_conv{conv}", block in normalized_blocks
            x = _convolution(x, width, name=name, normalized=normalized)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    face = _branch(x, outputs=1, name="face_probability")
    box = _branch(x, outputs=4, name="box_rel_xyxy")
    outputs = {"face_probability": face, "box_rel_xyxy": box}
    return keras.Model({"image": image}, outputs, name="vgg16_localizer")


def _convolution(
    x: keras.KerasTensor, width: int, *, name: str, normalized: bool
) -> keras.KerasTensor:
    x = layers.Conv2D(
        width, 3, padding="same", use_bias=not normalized, kernel_initializer="he_normal", name=name
    )(x)
    return _activate(x, name=name, normalized=normalized)


def _activate(x: keras.KerasTensor, *, name: str, normalized: bool) -> keras.KerasTensor:
    if normalized:
        x = layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _branch(features: keras.KerasTensor, *, outputs: int, name: str) -> keras.KerasTensor:
    x = layers.GlobalMaxPooling2D(name=f"{name}_pool")(features)
    x = layers.Dense(2048, activation="relu", name=f"{name}_hidden")(x)
    return layers.Dense(outputs, activation="sigmoid", name=name)(x)
