"""The compact pair's classifier, in Keras 3: a face network and three linear heads.

What tells faces apart is also most of what makes people rate them as they do, so the convolutions
are those of a face recognition network (`training.classifier.faceres`) as they are. What is learned
is linear in the averages of two of its maps (`training.classifier.heads`).
"""

import keras
from keras import layers, ops

from training.classifier.faceres import FIRST, MEAN_RGB, Floats

CLASSIFIER_SIZE = 160  # pixels; the face network was trained on 224, and loses little by it
STEM_CHANNELS = 32
BLOCK_CHANNELS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
STRIDED_BLOCKS = (2, 4, 6, 12)
SEEN_BLOCKS = (13, 11)  # whose maps are averaged: 1,024 and 512 numbers
CEILING = 6.0  # of each value in the maps
FEATURES, PROBABILITY, AGE, CLEAR = "seen", "probability", "age_root", "clear_probability"


def build_compact_classifier(*, size: int = CLASSIFIER_SIZE) -> keras.Model:
    """A MobileNetV1 (Howard et al. 2017, arXiv:1704.04861) for faces, with three heads.

    `image` uint8 RGB (N, size, size, 3), a face crop → float32 (N, 1) each: `probability` of the
    upper category, `age_years` as the face looks, `clear_probability` that it is seen well. 0.3
    GFLOP and 3.2 million parameters.
    """
    image = keras.Input((size, size, 3), dtype="uint8", name="image")
    x = layers.Rescaling(1.0, offset=[-mean for mean in MEAN_RGB], name="subtract_mean")(image)
    x = layers.Conv2D(STEM_CHANNELS, 3, 2, "same", name=FIRST)(x)
    x = layers.ReLU(CEILING, name="stem_relu")(x)
    averages = {}
    for block, channels in enumerate(BLOCK_CHANNELS, start=1):
        stride = 2 if block in STRIDED_BLOCKS else 1
        x = layers.DepthwiseConv2D(3, stride, "same", name=f"conv_dw_{block}")(x)
        x = layers.ReLU(CEILING, name=f"conv_dw_{block}_relu")(x)
        x = layers.Conv2D(channels, 1, name=f"conv_pw_{block}")(x)
        x = layers.ReLU(CEILING, name=f"conv_pw_{block}_relu")(x)
        if block in SEEN_BLOCKS:
            averages[block] = layers.GlobalAveragePooling2D(name=f"average_{block}")(x)
    seen = layers.Concatenate(name=FEATURES)([averages[block] for block in SEEN_BLOCKS])
    outputs = {
        "probability": layers.Dense(1, activation="sigmoid", name=PROBABILITY)(seen),
        "age_years": ops.square(layers.Dense(1, activation="relu", name=AGE)(seen)),
        "clear_probability": layers.Dense(1, activation="sigmoid", name=CLEAR)(seen),
    }
    return keras.Model({"image": image}, outputs, name="compact_classifier")


def fill_convolutions(model: keras.Model, weights: dict[str, list[Floats]]) -> list[str]:
    """Give the layers of `model` the weights of the same name; the names of those filled."""
    filled = [layer for layer in model.layers if layer.name in weights]
    for layer in filled:
        layer.set_weights(weights[layer.name])
    return [layer.name for layer in filled]
