"""Runs artifacts: the only file of the service that touches a model runtime.

An artifact is held to its spec when it is loaded (files, signature names, dtypes, shapes), so
that a wrong one stops the start and not a photo.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from inference_api.errors import ArtifactMissingError, SpecMismatchError
from inference_api.pipeline import Found, ImageBatch, Pipeline, Probabilities
from inference_api.vision.spec import ArtifactSpec, ClassifierSpec, LocalizerSpec, read_spec

GRAPH_FILE = "saved_model.pb"
SIGNATURE = "serving_default"
PAIRS: Mapping[str, tuple[str, str]] = {
    "original": ("face_localizer", "attractiveness_classifier"),
}
"""Folders of localizer and classifier by the name of the pair."""

Arrays = Mapping[str, npt.NDArray[np.float32]]
Shape = tuple[int | None, ...]
_Spec = TypeVar("_Spec", LocalizerSpec, ClassifierSpec)


class Network(Protocol):
    """A loaded network, whatever runs it: uint8 (N, S, S, 3) → its named float32 outputs."""

    def __call__(self, images: ImageBatch) -> Arrays:
        """Run one batch."""


class NetworkLocalizer:
    """A network that gives one box (N, 4) or K boxes (N, K, 4) for each square."""

    def __init__(self, network: Network, spec: LocalizerSpec) -> None:
        self.spec = spec
        self._network = network

    def localize(self, squares: ImageBatch) -> list[Found]:
        """The candidates of each square."""
        outputs, count = self._network(squares), len(squares)
        boxes = outputs["box_rel_xyxy"].reshape(count, -1, 4)
        probabilities = outputs["face_probability"].reshape(count, -1)
        return [Found(*pair) for pair in zip(boxes, probabilities, strict=True)]


class NetworkClassifier:
    """A network that gives the probability (N, 1) of the upper category for each crop."""

    def __init__(self, network: Network, spec: ClassifierSpec) -> None:
        self.spec = spec
        self._network = network

    def classify(self, crops: ImageBatch) -> Probabilities:
        """The probability (N,) for each crop."""
        return self._network(crops)["probability"].reshape(-1)


def load_pipeline(models_dir: Path, *, pair: str, threads: int = 0) -> Pipeline:
    """Load the pair of artifacts called `pair` (a key of PAIRS) from `models_dir`.

    threads: how many the runtime may use, 0 for one a core; another number is possible only
    before the runtime's first use in a process. Raises ModelUnusableError naming the file and
    the field that is wrong.
    """
    folders = [models_dir / folder for folder in PAIRS[pair]]
    specs = _spec_of(folders[0], LocalizerSpec), _spec_of(folders[1], ClassifierSpec)
    tensorflow = _tensorflow(threads)
    localizer = _load(tensorflow, folders[0], specs[0], {"face_probability": 1, "box_rel_xyxy": 4})
    classifier = _load(tensorflow, folders[1], specs[1], {"probability": 1})
    return Pipeline(NetworkLocalizer(localizer, specs[0]), NetworkClassifier(classifier, specs[1]))


def _spec_of(artifact: Path, kind: type[_Spec]) -> _Spec:
    spec = read_spec(artifact)
    path = artifact / "spec.json"
    if not isinstance(spec, kind):
        wanted = kind.model_fields["kind"].annotation
        problem = f"{spec.kind!r} in the place of {wanted}"
        raise SpecMismatchError(path=path, field="kind", problem=problem)
    if not (artifact / GRAPH_FILE).is_file():
        raise ArtifactMissingError(path=artifact / GRAPH_FILE)
    if GRAPH_FILE not in spec.sha256:
        raise SpecMismatchError(path=path, field="sha256", problem=f"does not list {GRAPH_FILE}")
    return spec


def _tensorflow(threads: int) -> Any:
    # Else it writes pages before the first line; it takes this from nowhere else.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # noqa: TID251
    import tensorflow as tf

    if threads:  # can be set only before the first operation of the process
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    return tf


class _SavedModel:
    """A SavedModel's serving signature as a Network."""

    def __init__(self, function: Callable[..., Mapping[str, Any]], keep_alive: object) -> None:
        self._function = function
        self._keep_alive = keep_alive  # the loaded model owns the variables that the function reads

    def __call__(self, images: ImageBatch) -> Arrays:
        import tensorflow as tf

        outputs = self._function(image=tf.constant(images))
        return {name: np.asarray(value, np.float32) for name, value in outputs.items()}


def _load(
    tensorflow: Any, artifact: Path, spec: ArtifactSpec, widths: Mapping[str, int]
) -> Network:
    """The artifact's network, its signature checked; `widths`: values per image and output."""
    path = artifact / GRAPH_FILE
    try:
        model = tensorflow.saved_model.load(str(artifact))
    except (OSError, ValueError, KeyError, tensorflow.errors.OpError) as error:
        raise SpecMismatchError(path=path, field=SIGNATURE, problem="cannot be loaded") from error
    function = model.signatures.get(SIGNATURE)
    if function is None:
        raise SpecMismatchError(path=path, field=SIGNATURE, problem="no such signature")
    inputs, outputs = function.structured_input_signature[1], function.structured_outputs
    side = spec.input_size
    _check_tensor(path, inputs, "image", dtype="uint8", shape=(None, side, side, 3))
    for name, width in widths.items():
        _check_tensor(path, outputs, name, dtype="float32", shape=(None, width))
    return _SavedModel(function, model)


def _check_tensor(
    path: Path, tensors: Mapping[str, Any], name: str, *, dtype: str, shape: Shape
) -> None:
    """Raise SpecMismatchError unless `tensors` has `name` in this dtype and shape."""
    if name not in tensors:
        problem = f"the signature lacks it, it has {', '.join(sorted(tensors))}"
        raise SpecMismatchError(path=path, field=name, problem=problem)
    tensor = tensors[name]
    actual = tensor.dtype.name, tuple(tensor.shape)
    if actual != (dtype, shape):
        problem = f"the signature has {actual[0]} {actual[1]}, the spec asks for {dtype} {shape}"
        raise SpecMismatchError(path=path, field=name, problem=problem)
