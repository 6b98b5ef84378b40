"""PyTorch's files of before 1.6, written here by hand, and what else is refused."""

import pickle
import sys
from collections import OrderedDict
from types import ModuleType

import numpy as np
import pytest

from training.detector.mobilenet_weights import MAGIC, read_torch_weights


class Tensor:
    def __init__(self, values, offset, shape):
        self.values, self.offset, self.shape = values, offset, shape


def write(  # noqa: C901  (it stands in for PyTorch)
    path, tensors, storages, *, magic=MAGIC
):
    """storages: their values by key. tensors: key, offset and shape by name."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")

    def rebuild(*_):
        raise AssertionError("only its name is pickled")

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild
    kinds = {}
    for name in ("FloatStorage", "LongStorage"):
        kinds[name] = type(name, (), {"__module__": "torch"})
        setattr(torch, name, kinds[name])

    class Storage:
        def __init__(self, key):
            self.key = key

    class Pickler(pickle.Pickler):
        def persistent_id(self, it):
            if not isinstance(it, Storage):
                return None
            values = storages[it.key]
            kind = kinds["FloatStorage" if values.dtype == np.float32 else "LongStorage"]
            return ("storage", kind, it.key, "cpu", len(values), None)

        def reducer_override(self, it):
            if not isinstance(it, Tensor):
                return NotImplemented
            return rebuild, (Storage(it.values), it.offset, it.shape, (1,), False, OrderedDict())

    modules = {"torch": torch, "torch._utils": utils}
    sys.modules.update(modules)
    try:
        with path.open("wb") as file:
            for constant in (magic, 1001, {"little_endian": True}):
                pickle.dump(constant, file, protocol=2)
            named = OrderedDict((name, Tensor(*tensor)) for name, tensor in tensors.items())
            Pickler(file, protocol=2).dump(named)
            pickle.dump(list(storages), file, protocol=2)
            for values in storages.values():
                file.write(np.int64(len(values)).tobytes() + values.tobytes())
    finally:
        for name in modules:
            del sys.modules[name]


def test_tensors_come_with_their_names_shapes_and_values(tmp_path):
    values = np.random.default_rng(0).random(12).astype(np.float32)
    path = tmp_path / "weights.pth"
    write(
        path,
        {"a.weight": ("7", 0, (2, 5)), "a.bias": ("7", 10, (2,)), "n": ("9", 0, ())},
        {"7": values, "9": np.array([3], np.int64)},
    )

    read = read_torch_weights(path)

    np.testing.assert_array_equal(read["a.weight"], values[:10].reshape(2, 5))
    np.testing.assert_array_equal(read["a.bias"], values[10:])
    assert read["n"] == 3


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "weights.pth"
    write(path, {}, {}, magic=5)

    with pytest.raises(ValueError, match=r"before 1\.6"):
        read_torch_weights(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", pickle.dumps(print, protocol=2)])
def test_nothing_else_is_unpickled(content, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)

    with pytest.raises(ValueError, match="does not hold"):
        read_torch_weights(path)
