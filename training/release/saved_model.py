"""Keras networks as SavedModels of half the size, and back as functions.

Weights are stored once, in half precision, and become single precision variables when the model
is loaded; Keras' own `export` would store each twice in single precision, 134 MB for VGG16
instead of 34. The rounding is well below what training leaves undecided (a test holds the
outputs together).
"""

import uuid
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from inference_api.vision.letterbox import Image
from inference_api.vision.released import SIGNATURE

Floats = npt.NDArray[np.float32]
BATCH_SIZE = 32
BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"


class HalfPrecisionWeight(tf.saved_model.experimental.TrackableResource):
    """A float32 variable whose SavedModel holds float16: filled from it on loading.

    The float16 values are a variable too: as a constant they would be copied with each graph
    that mentions them, which took the service 0.6 GB.
    """

    def __init__(self, value: Floats) -> None:
        super().__init__()
        self.half = tf.Variable(value.astype(np.float16), trainable=False)
        self._shared_name = uuid.uuid4().hex

    def _create_resource(self) -> tf.Tensor:
        return tf.raw_ops.VarHandleOp(
            dtype=tf.float32, shape=self.half.shape, shared_name=self._shared_name
        )

    def _initialize(self) -> None:
        value = tf.cast(self.half, tf.float32)
        tf.raw_ops.AssignVariableOp(resource=self.resource_handle, value=value)

    def read(self) -> tf.Tensor:
        """The weight in float32."""
        value = tf.raw_ops.ReadVariableOp(resource=self.resource_handle, dtype=tf.float32)
        value.set_shape(self.half.shape)
        return value


def save_half_precision(model: keras.Model, folder: Path) -> None:
    """Write `model` as a SavedModel whose signature takes `image` and names its outputs."""
    weights = [HalfPrecisionWeight(np.asarray(weight)) for weight in model.trainable_variables]
    frozen = [HalfPrecisionWeight(np.asarray(weight)) for weight in model.non_trainable_variables]
    size = model.inputs[0].shape[1]

    @tf.function(input_signature=[tf.TensorSpec((None, size, size, 3), tf.uint8, "image")])  # type: ignore[untyped-decorator]
    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        read = [[weight.read() for weight in group] for group in (weights, frozen)]
        outputs, _ = model.stateless_call(*read, {"image": image}, training=False)
        return dict(outputs)

    module = tf.Module()
    module.weights = [*weights, *frozen]
    module.stored = [weight.half for weight in module.weights]
    for weight in module.weights:
        weight._initialize()  # noqa: SLF001  (saving traces the signature, which reads it)
    tf.saved_model.save(module, str(folder), signatures={SIGNATURE: serve})


class SignatureFunction:
    """An artifact as a function of uint8 RGB (N, S, S, 3), any N, to its named outputs.

    bfloat16: compute so where the processor can; elsewhere it stays with float32.
    """

    def __init__(self, artifact: Path, *, bfloat16: bool = False) -> None:
        self._loaded = tf.saved_model.load(str(artifact))  # keeps the signature's weights alive
        self._signature = self._loaded.signatures[SIGNATURE]
        self._options = {BFLOAT16: bfloat16}

    def __call__(self, images: Image) -> dict[str, Floats]:
        """Each output as float32 (N, …)."""
        tf.config.optimizer.set_experimental_options(self._options)  # heeded at each call
        batches = [
            self._signature(image=tf.constant(images[start : start + BATCH_SIZE]))
            for start in range(0, len(images), BATCH_SIZE)
        ]
        tf.config.optimizer.set_experimental_options({BFLOAT16: False})  # training goes on without
        return {name: np.concatenate([b[name].numpy() for b in batches]) for name in batches[0]}
