"""The most that the processor does in a number format, on products large enough to show it.

A format's peak is the best of a product of matrices and a convolution, run by the library that also
runs our networks in it: TensorFlow's oneDNN, and LiteRT's XNNPACK in int8.
"""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

BATCH = 8
RUNS = 12
MATRIX = 2048  # rows and columns
CONVOLVED, CHANNELS = 30, 256  # pixels and channels, as in the middle of VGG16
Floats = npt.NDArray[np.float32]


class Product(NamedTuple):
    """compute(x, weights), the shapes of both, and how many operations that is."""

    compute: Callable[[Any, Any], Any]
    shape: tuple[int, ...]
    weights_shape: tuple[int, ...]
    operations: int


def peak(number_format: str) -> float:
    """Operations a second of one core in float32, bfloat16 or int8."""
    return max(
        product.operations / cpu_s(_prepared(product, number_format)) for product in _products()
    )


def cpu_s(work: Callable[[], object]) -> float:
    """Processor seconds of this process's threads for one run: the least of several."""
    work()
    return min(_one_run_s(work) for _ in range(RUNS))


def _one_run_s(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _products() -> Iterator[Product]:
    import tensorflow as tf

    yield Product(tf.linalg.matmul, (MATRIX, MATRIX), (MATRIX, MATRIX), 2 * MATRIX**3)
    image, kernel = (BATCH, CONVOLVED, CONVOLVED, CHANNELS), (3, 3, CHANNELS, CHANNELS)
    operations = 2 * BATCH * CONVOLVED**2 * 9 * CHANNELS**2
    yield Product(lambda x, w: tf.nn.conv2d(x, w, 1, "SAME"), image, kernel, operations)


def _prepared(product: Product, number_format: str) -> Callable[[], object]:
    """The product, to be run again and again."""
    import tensorflow as tf

    x, weights = (_random(shape) for shape in (product.shape, product.weights_shape))
    if number_format == "int8":
        return _quantized(lambda x: product.compute(x, tf.constant(weights)), x)
    x, weights = (tf.cast(each, number_format) for each in (x, weights))
    return lambda: product.compute(x, weights).numpy()


def _quantized(compute: Callable[[Any], Any], x: Floats) -> Callable[[], object]:
    """`compute` in int8 throughout, for inputs such as `x`."""
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    function = tf.function(compute)
    traced = function.get_concrete_function(tf.TensorSpec(x.shape))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced], function)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.representative_dataset = lambda: [[x]]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    interpreter = Interpreter(model_content=converter.convert(), num_threads=os.cpu_count())
    interpreter.allocate_tensors()
    run: Callable[[], object] = interpreter.invoke
    return run


def _random(shape: tuple[int, ...]) -> Floats:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)
