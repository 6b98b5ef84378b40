"""The compact pair's classifier, in Keras 3: a residual network that knows faces already.

What tells faces apart is also most of what makes people rate them as they do, so it has the first
stages of a face recognition network, whose weights it starts from
(`training.classifier.dlib_weights`).
"""

import keras
from keras import layers, ops

from training.classifier.dlib_weights import MEAN_RGB, SCALE

CLASSIFIER_SIZE = 150  # pixels, what the face recognition network takes
STEM_CHANNELS = 32
STAGE_CHANNELS = (32, 64, 128, 256)  # on 35, 17, 8 and 4 pixels
STAGE_BLOCKS = (3, 4, 3, 1)  # the original goes on with 2 more and a fifth stage
STAGE_CELLS = (1, 1, 2, 2)  # where in the face the later stages saw something counts, too
HIDDEN = 256


def build_compact_classifier(
    *,
    size: int = CLASSIFIER_SIZE,
    panels: int = 2,
    in_training: bool = False,
    dropout: float = 0.0,
    frozen_stages: int = 0,
) -> keras.Model:
    """A ResNet (He et al. 2016, arXiv:1512.03385): that of dlib up to its first block on 4 pixels.

    `image` uint8 RGB (N, size, size, 3), a face crop → `probability` float32 (N, 1) of the upper
    category. 0.48 GFLOP and 2.5 million parameters. Normalization is folded into the
    convolutions from the start. Panels rated different kinds of photos and differ in what they
    like, so a hidden layer over the maps' averages says what each would say, and whose photos
    this one is like (mixture of experts: Jacobs et al. 1991, doi:10.1162/neco.1991.3.1.79).

    in_training: with the outputs `opinions` (N, panels), logits, and `panel` (N, panels), their
    weights. dropout: of the hidden layer, half of it of the averages. frozen_stages: that many
    stages, and the stem, stay as they are.
    """
    image = keras.Input((size, size, 3), dtype="uint8", name="image")
    offset = [-mean / SCALE for mean in MEAN_RGB]
    x = layers.Rescaling(1 / SCALE, offset=offset, name="scale")(image)
    x = layers.Conv2D(
        STEM_CHANNELS, 7, 2, activation="relu", trainable=not frozen_stages, name="stem"
    )(x)
    x = layers.MaxPooling2D(3, 2, name="stem_pool")(x)
    seen = []
    for stage, (width, blocks) in enumerate(zip(STAGE_CHANNELS, STAGE_BLOCKS, strict=True), 1):
        for block in range(1, blocks + 1):
            stride = 2 if block == 1 and stage > 1 else 1
            name, trainable = f"stage{stage}_block{block}", stage > frozen_stages
            x = _residual(x, width, stride=stride, name=name, trainable=trainable)
        seen.append(_averages(x, cells=STAGE_CELLS[stage - 1], name=f"stage{stage}"))
    x = layers.Concatenate(name="seen")(seen)
    x = layers.BatchNormalization(momentum=0.95, name="seen_norm")(x)
    x = layers.Dropout(dropout / 2, name="seen_dropout")(x) if dropout else x
    x = layers.Dense(HIDDEN, activation="relu", name="hidden")(x)
    x = layers.Dropout(dropout, name="hidden_dropout")(x) if dropout else x
    outputs = _mixed_opinions(x, panels)
    if not in_training:
        outputs = {"probability": outputs["probability"]}
    return keras.Model({"image": image}, outputs, name="compact_classifier")


def _averages(x: keras.KerasTensor, *, cells: int, name: str) -> keras.KerasTensor:
    """The averages of a square of cells, cells x cells of them, each of every channel."""
    x = layers.AveragePooling2D(x.shape[1] // cells, name=f"{name}_average")(x)
    return layers.Flatten(name=f"{name}_seen")(x)


def _mixed_opinions(x: keras.KerasTensor, panels: int) -> dict[str, keras.KerasTensor]:
    """A mixture of experts: each panel's opinion, and whose photos this one is like.

    In single precision whatever the rest is trained in: a probability needs its digits. Opinions
    start from zero: a random start would be sure of itself, and take epochs to unlearn it.
    """
    say = layers.Dense(panels, kernel_initializer="zeros", dtype="float32", name="opinions")
    tell = layers.Dense(panels, dtype="float32", name="panel")
    # A softmax; Keras' own warns of a single panel, which is what one data set has.
    opinions, panel = say(x), ops.exp(ops.log_softmax(tell(x)))
    mixed = ops.sum(opinions * panel, axis=1, keepdims=True)
    # Says what goes in; calibration (training.export) puts its slope and offset there.
    output = layers.Dense(
        1, activation="sigmoid", kernel_initializer="ones", trainable=False, dtype="float32",
        name="probability",
    )  # fmt: skip
    return {"probability": output(mixed), "opinions": opinions, "panel": panel}


def _residual(
    x: keras.KerasTensor, width: int, *, stride: int, name: str, trainable: bool
) -> keras.KerasTensor:
    """Two convolutions, added to what they were made of; that is averaged where they stride."""
    # Without padding where the side is odd and with it where it is even, the first point
    # looks at the same pixels as in dlib.
    padding = "valid" if stride > 1 and x.shape[1] % 2 else "same"
    y = layers.Conv2D(
        width, 3, stride, padding, activation="relu", kernel_initializer="he_normal",
        trainable=trainable, name=f"{name}_conv1",
    )(x)  # fmt: skip
    y = layers.Conv2D(width, 3, padding="same", trainable=trainable, name=f"{name}_conv2")(y)
    if stride > 1:
        x = layers.AveragePooling2D(stride, name=f"{name}_shrink")(x)
        x = ops.pad(x, [(0, 0), (0, 0), (0, 0), (0, width - x.shape[-1])])
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, y]))
