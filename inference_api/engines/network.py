"""Loaded networks as the pipeline sees them, whatever runs them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from inference_api.errors import SpecMismatchError
from inference_api.pipeline import Found, ImageBatch, Probabilities
from inference_api.vision.boxes import Boxes, suppress
from inference_api.vision.labelling import Opinion
from inference_api.vision.spec import (
    SPEC_FILE,
    ArtifactSpec,
    ClassifierSpec,
    Detection,
    LocalizerSpec,
)

Arrays = Mapping[str, npt.NDArray[np.float32]]
Shape = tuple[int | None, ...]
"""None where any number is taken."""
Tensors = Mapping[str, tuple[str, Shape]]
"""dtype and shape by name."""


class Network(Protocol):
    """A loaded network: uint8 (N, S, S, 3) → its named float32 outputs."""

    def __call__(self, images: ImageBatch) -> Arrays:
        """Run one batch."""


class Loader(Protocol):
    """What loads artifacts.

    slow_first_runs: whether its networks are slow at the first run of a batch size.
    """

    slow_first_runs: bool

    def load(self, artifact: Path, spec: ArtifactSpec, widths: Mapping[str, int]) -> Network:
        """The artifact's network; `widths` says how many values each output has for an image.

        Raises SpecMismatchError when its file or its signature is not what the spec says.
        """


class NetworkLocalizer:
    """A network that gives one box (N, 4) or K candidates (N, K, 4) for each square."""

    def __init__(self, network: Network, spec: LocalizerSpec) -> None:
        self.spec = spec
        self._network = network

    def localize(self, squares: ImageBatch) -> list[Found]:
        """The box of each square, or the faces among its candidates."""
        outputs, count = self._network(squares), len(squares)
        boxes = outputs["box_rel_xyxy"].reshape(count, -1, 4)
        probabilities = outputs["face_probability"].reshape(count, -1)
        found = (Found(*pair) for pair in zip(boxes, probabilities, strict=True))
        detection = self.spec.detection
        return [self._faces(*one, detection) for one in found] if detection else list(found)

    def _faces(self, boxes: Boxes, probabilities: Probabilities, detection: Detection) -> Found:
        """The candidates that no more probable one covers, the surest that the spec allows."""
        kept = suppress(
            boxes, probabilities, threshold=self.spec.threshold, max_iou=detection.max_iou
        )[: detection.max_faces]
        return Found(boxes[kept], probabilities[kept])


class NetworkClassifier:
    """A network that gives the probability (N, 1) of the upper category for each crop.

    And, where the spec makes use of it, `age_years` and `clear_probability` (N, 1).
    """

    def __init__(self, network: Network, spec: ClassifierSpec) -> None:
        self.spec = spec
        self._network = network

    def classify(self, crops: ImageBatch) -> list[Opinion]:
        """What the network says of each crop."""
        outputs = self._network(crops)
        said = {name: outputs[name].reshape(-1).tolist() for name in self.spec.outputs}
        unsaid = [None] * len(crops)
        ages, clear = (said.get(name, unsaid) for name in ("age_years", "clear_probability"))
        return [Opinion(*one) for one in zip(said["probability"], ages, clear, strict=True)]


def graph_of(artifact: Path, spec: ArtifactSpec, name: str) -> Path:
    """The artifact's file `name`; raises SpecMismatchError unless its SHA-256 was checked."""
    if name not in spec.sha256:
        problem = f"does not list {name}"
        raise SpecMismatchError(path=artifact / SPEC_FILE, field="sha256", problem=problem)
    return artifact / name


def check_signature(
    graph: Path, spec: ArtifactSpec, widths: Mapping[str, int], *, inputs: Tensors, outputs: Tensors
) -> None:
    """Raise SpecMismatchError unless uint8 images go in and float32 outputs come out."""
    side = spec.input_size
    detection = spec.detection if isinstance(spec, LocalizerSpec) else None
    candidates = (detection.candidates(side),) if detection else ()
    _check_tensor(graph, inputs, "image", ("uint8", (None, side, side, 3)))
    for name, width in widths.items():
        _check_tensor(graph, outputs, name, ("float32", (None, *candidates, width)))


def _check_tensor(graph: Path, tensors: Tensors, name: str, wanted: tuple[str, Shape]) -> None:
    if name not in tensors:
        problem = f"the signature lacks it, it has {', '.join(sorted(tensors))}"
        raise SpecMismatchError(path=graph, field=name, problem=problem)
    if (actual := tensors[name]) != wanted:
        problem = f"the signature has {_text(actual)}, the spec asks for {_text(wanted)}"
        raise SpecMismatchError(path=graph, field=name, problem=problem)


def _text(tensor: tuple[str, Shape]) -> str:
    return f"{tensor[0]} {tensor[1]}"
