"""LiteRT runs .tflite files, without TensorFlow."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inference_api.engines.network import Network, check_signature, graph_of
from inference_api.errors import SpecMismatchError
from inference_api.vision.released import SIGNATURE
from inference_api.vision.spec import ArtifactSpec, FormatName


class LiteLoader:
    """LiteRT with the artifacts' files in one number format."""

    slow_first_runs = False

    def __init__(self, number_format: FormatName, *, threads: int) -> None:
        # Else it says on the terminal which delegate it made; it takes this from nowhere else.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # noqa: TID251
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter
        self._format = number_format
        self._threads = threads or os.cpu_count()

    def load(self, artifact: Path, spec: ArtifactSpec, widths: Mapping[str, int]) -> Network:
        """The serving signature of the artifact's file in this number format; see `Loader`."""
        path = graph_of(artifact, spec, spec.formats[self._format].file)
        try:
            interpreter = self._interpreter(str(path), num_threads=self._threads)
            signature = interpreter.get_signature_runner(SIGNATURE)
        except ValueError as error:
            problem = f"cannot be loaded: {error}"
            raise SpecMismatchError(path=path, field=SIGNATURE, problem=problem) from error
        inputs, outputs = signature.get_input_details(), signature.get_output_details()
        check_signature(path, spec, widths, inputs=_described(inputs), outputs=_described(outputs))
        return lambda images: signature(image=images)


def _described(tensors: Mapping[str, Any]) -> dict[str, tuple[str, tuple[int | None, ...]]]:
    return {
        name: (
            np.dtype(each["dtype"]).name,
            tuple(None if side < 0 else int(side) for side in each["shape_signature"]),
        )
        for name, each in tensors.items()
    }
