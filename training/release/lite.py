"""Artifacts as .tflite files for LiteRT, and these as functions."""

import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer.calibrator import CalibrationMode
from ai_edge_quantizer.qtyping import TFLOperationName as Operation
from ai_edge_quantizer.quantizer import Quantizer

from inference_api.vision.letterbox import Image
from inference_api.vision.released import SIGNATURE
from inference_api.vision.spec import FormatName
from training.release.saved_model import BATCH_SIZE, Floats

# The names of the operations of a compact network's first layers, and of a classifier's heads.
EXACT = r".*(stem|age_root|[^_]probability|clear_probability).*"
CALIBRATION_BATCH = 50  # photos whose range is taken as one; between batches it is averaged


def convert(artifact: Path, number_format: FormatName, *, calibration: Image) -> bytes:
    """The artifact's serving signature as a .tflite file: uint8 images in, float32 out.

    float16: the weights are stored so and computed in float32. int8: with the ranges that
    `calibration` (uint8 RGB (N, S, S, 3)) leads to, or none (N = 0): then every operation finds
    its range anew for each image, which is truer and a little slower.
    """
    with tempfile.TemporaryDirectory() as folder:
        _save_with_plain_variables(artifact, Path(folder))
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if number_format == "float16":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        content = bytes(converter.convert())
    if number_format != "int8":
        return content
    return _calibrated(content, calibration) if len(calibration) else _dynamic(content)


def _dynamic(content: bytes) -> bytes:
    """The float32 network with 8-bit weights, and activations as each image needs them.

    What would lose time by it stays in float32. To depthwise convolutions whose ranges are found
    anew LiteRT's delegate (XNNPACK) does not attend, and the kernel that does takes several times
    as long; in the stem, where maps are large and channels few, finding a range costs more than
    8-bit products save; and heads are a trifle of the work, and decide.
    """
    quantizer = Quantizer(content)
    for operation in (Operation.CONV_2D, Operation.FULLY_CONNECTED):
        quantizer.add_dynamic_config(".*", operation, 8)
    quantizer.update_quantization_recipe(
        EXACT, Operation.ALL_SUPPORTED, algorithm_key="no_quantize"
    )
    return bytes(quantizer.quantize().quantized_model)


def _calibrated(content: bytes, calibration: Image) -> bytes:
    """The float32 network with 8-bit weights (a scale for each channel) and activations.

    The ranges of the activations are fixed, but for dense layers, which find theirs anew for each
    image, and what makes boxes of the last layer's values stays in float32: both are a trifle
    of the work, and otherwise boxes jump by a hundredth of the photo.
    """
    interpreter = Interpreter(model_content=content)
    outputs = interpreter.get_signature_list()[SIGNATURE]["outputs"]
    last = f".*({'|'.join(outputs)}|StatefulPartitionedCall).*"  # the names of their operations
    quantizer = Quantizer(content)
    quantizer.add_static_config(".*", Operation.ALL_SUPPORTED, 8, 8)
    for operation in (Operation.INPUT, Operation.LOGISTIC, Operation.OUTPUT):
        quantizer.update_quantization_recipe(".*", operation, algorithm_key="no_quantize")
    quantizer.update_quantization_recipe(last, Operation.ALL_SUPPORTED, algorithm_key="no_quantize")
    for names in (".*", last):
        quantizer.add_dynamic_config(names, Operation.FULLY_CONNECTED, 8)
    starts = range(0, len(calibration), CALIBRATION_BATCH)
    batches = [{"image": calibration[start : start + CALIBRATION_BATCH]} for start in starts]
    mode = CalibrationMode.CALIBRATION_PROFILER_BASED
    ranges = quantizer.calibrate({SIGNATURE: batches}, mode=mode)
    return bytes(quantizer.quantize(ranges).quantized_model)


class LiteFunction:
    """A .tflite file as a function of uint8 RGB (N, S, S, 3), any N, to its named outputs."""

    def __init__(self, content: bytes) -> None:
        self._signature = Interpreter(model_content=content).get_signature_runner(SIGNATURE)

    def __call__(self, images: Image) -> dict[str, Floats]:
        """Each output as float32 (N, …)."""
        batches = [
            self._signature(image=np.asarray(images[start : start + BATCH_SIZE]))
            for start in range(0, len(images), BATCH_SIZE)
        ]
        return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def _save_with_plain_variables(artifact: Path, folder: Path) -> None:
    """Save the signature again with ordinary variables: the converter knows no other weights."""
    loaded = tf.saved_model.load(str(artifact))
    signature = loaded.signatures[SIGNATURE]
    graph, module = signature.graph.as_graph_def(), tf.Module()
    captured = [pair for pair in signature.graph.captures if pair[1].dtype == tf.resource]
    module.weights = [
        tf.Variable(tf.raw_ops.ReadVariableOp(resource=outer, dtype=tf.float32), trainable=False)
        for outer, _ in captured
    ]

    @tf.function(input_signature=[signature.structured_input_signature[1]["image"]])  # type: ignore[untyped-decorator]
    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        inputs = {"image:0": image}
        for (_, inner), weight in zip(captured, module.weights, strict=True):
            weight.read_value()  # lets the function know that it owns the weight
            inputs[inner.name] = tf.compat.v1.get_default_graph().capture(weight.handle)
        outputs = tf.graph_util.import_graph_def(
            graph, inputs, [tensor.name for tensor in signature.outputs], name=""
        )
        return tf.nest.pack_sequence_as(signature.structured_outputs, outputs)  # type: ignore[no-any-return]

    tf.saved_model.save(module, str(folder), signatures={SIGNATURE: serve})
