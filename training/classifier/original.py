"""The original pair's classifier, in Keras 3.

It takes uint8 RGB as the service feeds it and scales it itself.
"""

import keras
from keras import layers

from training.dataset.sizes import INPUT_SIZE

HIDDEN = "hidden_relu"  # the layer whose 512 numbers the last one weighs


def build_classifier(*, normalized: bool = False, dropout: float = 0.0) -> keras.Model:
    """Three convolutions with pooling, then Dense 512 and one sigmoid: a small CNN.

    `image` uint8 RGB (N, 120, 120, 3), a face crop → `probability` float32 (N, 1) in [0, 1] of
    the upper category. 3x3 valid convolutions: sides 118, 59, 57, 28, 26, 13. The released
    network has the default arguments and 5,562,401 parameters; batch normalization and dropout
    (of the hidden layer, half as much of the maps before it) help in training and are folded
    away before export (`training.fitting.grow`).
    """
    image = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), dtype="uint8", name="image")
    x = layers.Rescaling(1 / 255, name="scale")(image)
    for block, width in enumerate((16, 32, 64), start=1):
        # Normalizing the first maps would cost more time than all convolutions together.
        norm = normalized and block > 1
        conv = layers.Conv2D(width, 3, use_bias=not norm, name=f"conv{block}")
        x = _activate(conv(x), name=conv.name, normalized=norm)
        x = layers.MaxPooling2D(2, name=f"pool{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(dropout / 2, name="flatten_dropout")(x) if dropout else x
    hidden = layers.Dense(512, use_bias=not normalized, name="hidden")
    x = _activate(hidden(x), name=hidden.name, normalized=normalized)
    x = layers.Dropout(dropout, name="hidden_dropout")(x) if dropout else x
    probability = layers.Dense(1, activation="sigmoid", name="probability")(x)
    return keras.Model({"image": image}, {"probability": probability}, name="small_cnn_classifier")


def _activate(x: keras.KerasTensor, *, name: str, normalized: bool) -> keras.KerasTensor:
    if normalized:
        x = layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
