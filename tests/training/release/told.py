"""Artifacts that say what they are told, and splits of photos that they know."""

import numpy as np
import tensorflow as tf

from inference_api.vision.letterbox import GREY
from inference_api.vision.spec import sha256_of, write_spec
from training.dataset.prepared import Split

COMMON = {
    "version": "1", "architecture": "told", "pad_color": GREY, "resize_filter": "area",
    "threshold": 0.5, "libraries": {}, "data_id": "", "git_commit": "", "sha256": {},
}  # fmt: skip


def write_told(folder, spec_class, answers, *, size, **fields):
    """An artifact that gives row r of each of its `answers` for a picture that says r."""
    module = tf.Module()
    module.answers = {name: tf.Variable(np.float32(rows)) for name, rows in answers.items()}

    def serve(image):
        rows = tf.cast(image[:, 0, 0, 0], tf.int32)
        return {name: tf.gather(values, rows) for name, values in module.answers.items()}

    module.serve = tf.function(serve)
    image = tf.TensorSpec((None, size, size, 3), tf.uint8, "image")
    tf.saved_model.save(module, str(folder), module.serve.get_concrete_function(image))
    files = [path for path in folder.rglob("*") if path.is_file()]
    listed = {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}
    spec = spec_class(
        **{**COMMON, "input_size": size, "name": folder.name, **fields, "sha256": listed}
    )
    write_spec(spec, folder)
    return folder


def pictures(count, *, size):
    """Pictures that say their row; any photo of a split is square and as large as this."""
    rows = np.arange(count, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(rows, (count, size, size, 3)).copy()


def record(size, *boxes, **fields):
    """A record of a square photo of `size` pixels with these faces, in pixels."""
    return {
        "source": "a.jpg", "dataset": "mine", "size_wh": [size, size],
        "boxes_rel_xyxy": [[side / size for side in box] for box in boxes],
        "box_source": "person", "identity": None, "duplicate_group": None, "fold": 0,
        "score": None, "category": None, "group": {}, "licence": "", "crop": None, **fields,
    }  # fmt: skip


def split(records, *, size, crops=0):
    """A split of these records, as many crops first."""
    return Split(records, pictures(len(records), size=size), pictures(crops, size=size))


def rows_of(table):
    """The table's rows by their first cell, each a figure by the name of its column."""
    return {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
