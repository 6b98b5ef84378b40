"""The bright localizer and the red classifier as SavedModels, in the released layout.

TensorFlow is imported where it is used: it costs seconds, and few tests need it.
"""

from pathlib import Path

from inference_api.vision.spec import ArtifactSpec, sha256_of, write_spec


def write_localizer(folder: Path, spec: ArtifactSpec, *, bright: int) -> None:
    """An artifact that puts one box around whatever is brighter than `bright`."""
    import tensorflow as tf

    module = tf.Module()
    module.size = tf.Variable(float(spec.input_size))

    def first_and_end(lines):
        hits = tf.cast(lines, tf.float32)
        first = tf.cast(tf.argmax(hits, axis=1), tf.float32)
        return first, module.size - tf.cast(tf.argmax(hits[:, ::-1], axis=1), tf.float32)

    def localize(image):
        is_bright = tf.reduce_max(tf.cast(image, tf.float32), axis=-1) > bright  # (N, S, S)
        left, right = first_and_end(tf.reduce_any(is_bright, axis=1))
        top, bottom = first_and_end(tf.reduce_any(is_bright, axis=2))
        face = tf.cast(tf.reduce_any(is_bright, axis=[1, 2]), tf.float32)
        boxes = tf.stack([left, top, right, bottom], axis=1) / module.size
        return {"face_probability": face[:, None], "box_rel_xyxy": boxes}

    _save(module, localize, folder, spec)


def write_classifier(
    folder: Path, spec: ArtifactSpec, *, dtype: str = "uint8", output: str = "probability"
) -> None:
    """An artifact that gives the share of red in what is red or blue."""
    import tensorflow as tf

    module = tf.Module()
    module.least = tf.Variable(1.0)

    def classify(image):
        means = tf.reduce_mean(tf.cast(image, tf.float32), axis=[1, 2])
        return {
            output: (means[:, 0] / tf.maximum(means[:, 0] + means[:, 2], module.least))[:, None]
        }

    _save(module, classify, folder, spec, dtype=dtype)


def _save(module, call, folder: Path, spec: ArtifactSpec, *, dtype: str = "uint8") -> None:
    import tensorflow as tf

    module.call = tf.function(call)
    image = tf.TensorSpec((None, spec.input_size, spec.input_size, 3), dtype, "image")
    tf.saved_model.save(module, str(folder), module.call.get_concrete_function(image))
    files = [path for path in folder.rglob("*") if path.is_file()]
    listed = {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}
    write_spec(spec.model_copy(update={"sha256": listed}), folder)
