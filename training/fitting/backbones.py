"""Pretrained weights for the localizer's VGG16 to start from."""

from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from training.localizer.network import IMAGENET_MEAN_RGB

Floats = npt.NDArray[np.float32]


def load_backbone(model: keras.Model, weights: str) -> list[str]:
    """Fill the layers of `model` that the weights have by name, and return those names.

    `weights` is `none`; `imagenet`, which downloads Keras' VGG16; or a path to an `.npz` with
    arrays `NAME/kernel` and `NAME/bias`. A file whose names are `block1_conv1` … holds VGG weights
    for BGR minus the ImageNet mean, one with `conv11` … the slim VGG-19 of Wang et al. 2020
    (arXiv:2003.08436), whose first layers `conv0` and `conv11` are merged into one. Kernels
    narrower than the layer fill its first channels.
    """
    if weights == "none":
        return []
    if weights == "imagenet":
        vgg = keras.applications.VGG16(include_top=False, weights="imagenet")
        kernels = {layer.name: layer.get_weights() for layer in vgg.layers if layer.weights}
        kernels["block1_conv1"][0] = kernels["block1_conv1"][0][:, :, ::-1]  # BGR to RGB
    else:
        kernels = _read(Path(weights))
    filled = [layer for layer in model.layers if layer.name in kernels]
    for layer in filled:
        _fill(layer, *kernels[layer.name])
    return [layer.name for layer in filled]


def _read(path: Path) -> dict[str, list[Floats]]:
    with np.load(path) as file:
        arrays = dict(file)
    layers = {name.split("/")[0] for name in arrays}
    kernels = {name: [arrays[f"{name}/kernel"], arrays[f"{name}/bias"]] for name in layers}
    if "conv0" not in kernels:
        kernels["block1_conv1"][0] = kernels["block1_conv1"][0][:, :, ::-1]
        return kernels
    color, shift = kernels.pop("conv0")
    kernel, bias = kernels["conv11"]
    # conv0 takes RGB 0-1; ours takes 0-255 minus the mean.
    color = color[0, 0] / 255
    shift = shift + np.array(IMAGENET_MEAN_RGB, np.float32) @ color
    bias = bias + np.einsum("hwco,c->o", kernel, shift)
    kernels["conv11"] = [np.einsum("ic,hwco->hwio", color, kernel), bias]
    return {
        f"block{name[4]}_conv{name[5]}": pair for name, pair in kernels.items() if len(name) == 6
    }


def _fill(layer: keras.layers.Layer, kernel: Floats, bias: Floats) -> None:
    values = layer.get_weights()
    inputs, outputs = (
        min(a, b) for a, b in zip(values[0].shape[2:], kernel.shape[2:], strict=True)
    )
    values[0][:, :, :inputs, :outputs] = kernel[:, :, :inputs, :outputs]
    if len(values) > 1:
        values[1][:outputs] = bias[:outputs]
    layer.set_weights(values)
