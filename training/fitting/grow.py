"""Make a trained network wider without changing what it computes, and fold normalization away.

Training all of VGG16 from nothing on two cores would take weeks. So a narrow VGG16 with batch
normalization is trained first; then its normalization is folded into the convolutions, its
channels are copied to the full width (Net2WiderNet: Chen, Goodfellow & Shlens 2016,
arXiv:1511.05641), with a little noise so that the copies can part, and training goes on.
"""

import keras
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def fold_batch_normalization(trained: keras.Model, plain: keras.Model) -> None:
    """Copy `trained` into `plain`, the same network without its normalization layers.

    A normalization layer `X_norm` follows the convolution `X`, which has no bias of its own.
    """
    for layer in plain.layers:
        if not layer.weights:
            continue
        source = trained.get_layer(layer.name)
        norm = _layer_or_none(trained, f"{layer.name}_norm")
        if norm is None:
            layer.set_weights(source.get_weights())
            continue
        (kernel,) = source.get_weights()
        gamma, beta, mean, variance = norm.get_weights()
        scale = gamma / np.sqrt(variance + norm.epsilon)
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)  # kernel (H, W, channels, 1)
        by_channel = scale[:, None] if depthwise else scale
        layer.set_weights([kernel * by_channel, beta - mean * scale])


def widen(narrow: keras.Model, wide: keras.Model, *, noise: float, seed: int) -> None:
    """Copy `narrow` into `wide`, each channel repeated as often as the widths ask for.

    The outputs stay what they were but for `noise`, a fraction of each kernel's standard
    deviation. Raises ValueError when a width is not a whole multiple.
    """
    rng = np.random.default_rng(seed)
    for layer in wide.layers:
        if not layer.weights:
            continue
        kernel, bias = narrow.get_layer(layer.name).get_weights()
        shape = tuple(layer.kernel.shape)
        kernel = _repeat(_repeat(kernel, shape[-2], axis=-2, share=True), shape[-1], axis=-1)
        kernel = kernel + rng.normal(0, noise * kernel.std(), shape)
        layer.set_weights([kernel.astype(np.float32), _repeat(bias, shape[-1], axis=0)])


def _repeat(values: Floats, size: int, *, axis: int, share: bool = False) -> Floats:
    copies, rest = divmod(size, values.shape[axis])
    if rest:
        raise ValueError(f"{size} channels are no multiple of {values.shape[axis]}")
    repeated = np.concatenate([values] * copies, axis=axis)
    return repeated / copies if share else repeated


def _layer_or_none(model: keras.Model, name: str) -> keras.layers.Layer | None:
    return next((layer for layer in model.layers if layer.name == name), None)
