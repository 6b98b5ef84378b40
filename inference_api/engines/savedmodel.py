"""TensorFlow runs SavedModels."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inference_api.engines.network import Arrays, Network, check_signature, graph_of
from inference_api.errors import SpecMismatchError
from inference_api.pipeline import ImageBatch
from inference_api.vision.released import SIGNATURE
from inference_api.vision.spec import ArtifactSpec

GRAPH_FILE = "saved_model.pb"
BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"


class SavedModelLoader:
    """TensorFlow in this process; it takes the number of threads only before its first use.

    bfloat16: compute so, for processors that have it.
    """

    slow_first_runs = True  # oneDNN makes a kernel for each shape

    def __init__(self, *, threads: int, bfloat16: bool = False) -> None:
        # TensorFlow takes these from nowhere else. Else it writes pages before the first line;
        # and at every call arranges the weights anew for the processor, as they could have changed.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # noqa: TID251
        os.environ.setdefault("TF_ONEDNN_ASSUME_FROZEN_WEIGHTS", "1")  # noqa: TID251
        import tensorflow as tf

        self._tf = tf
        self._bfloat16 = bfloat16
        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)

    def load(self, artifact: Path, spec: ArtifactSpec, widths: Mapping[str, int]) -> Network:
        """The artifact's serving signature; see `Loader`."""
        path = graph_of(artifact, spec, GRAPH_FILE)
        model, function = self._read(artifact, path)
        inputs, outputs = function.structured_input_signature[1], function.structured_outputs
        check_signature(path, spec, widths, inputs=_described(inputs), outputs=_described(outputs))
        return _SavedModel(self._tf, function, keep_alive=model, bfloat16=self._bfloat16)

    def _read(self, artifact: Path, path: Path) -> tuple[Any, Any]:
        """The model and its signature."""
        try:
            model = self._tf.saved_model.load(str(artifact))
        except (OSError, ValueError, KeyError, self._tf.errors.OpError) as error:
            problem = "cannot be loaded"
            raise SpecMismatchError(path=path, field=SIGNATURE, problem=problem) from error
        if SIGNATURE not in model.signatures:
            raise SpecMismatchError(path=path, field=SIGNATURE, problem="no such signature")
        return model, model.signatures[SIGNATURE]


class _SavedModel:
    """A SavedModel's serving signature as a Network."""

    def __init__(
        self,
        tensorflow: Any,
        function: Callable[..., Mapping[str, Any]],
        *,
        keep_alive: object,
        bfloat16: bool,
    ) -> None:
        self._tf = tensorflow
        self._function = function
        self._keep_alive = keep_alive  # the loaded model owns the variables that the function reads
        self._options = {BFLOAT16: bfloat16}

    def __call__(self, images: ImageBatch) -> Arrays:
        self._tf.config.optimizer.set_experimental_options(self._options)  # heeded at each call
        outputs = self._function(image=self._tf.constant(images))
        return {name: np.asarray(value, np.float32) for name, value in outputs.items()}


def _described(tensors: Mapping[str, Any]) -> dict[str, tuple[str, tuple[int | None, ...]]]:
    return {name: (each.dtype.name, tuple(each.shape)) for name, each in tensors.items()}
