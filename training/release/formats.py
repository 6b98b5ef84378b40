"""Artifacts in other number formats, and how far these agree with float32."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference_api.vision.boxes import Box, Boxes
from inference_api.vision.letterbox import Image, crop_square, letterbox
from inference_api.vision.spec import (
    ArtifactSpec,
    FormatName,
    LocalizerSpec,
    NumberFormat,
    read_spec,
    sha256_of,
    write_spec,
)
from training.dataset.kinds import NOT_VALIDATED
from training.dataset.prepared import Split
from training.localizer.metrics import rowwise_iou
from training.release.lite import LiteFunction, convert
from training.release.saved_model import Floats, SignatureFunction

Outputs = Mapping[str, Floats]
SAVED_MODEL = "saved_model.pb"
DIGITS = 5  # of what is stored
SEED = 0  # of the choice of calibration photos


@dataclass(frozen=True, slots=True)
class Compared:
    """Photos that formats are compared on.

    images: uint8 RGB (N, S, S, 3). boxes_rel_xyxy: people's boxes (M, 4) of the first M of them.
    """

    images: Image
    boxes_rel_xyxy: Boxes


def export(
    artifact: Path, number_format: FormatName, *, calibration: Image, compared: Compared
) -> ArtifactSpec:
    """Write the artifact's file in this format and what is measured of it into the spec.

    Returns the spec; bfloat16 is in it only if this processor can tell.
    """
    spec, expected = read_spec(artifact), SignatureFunction(artifact)(compared.images)
    content, said = _made(artifact, number_format, calibration, compared.images)
    if content is None and all(np.array_equal(said[name], expected[name]) for name in said):
        return spec
    path = artifact / (f"{number_format}.tflite" if content else SAVED_MODEL)
    same = _decisions(expected, spec) == _decisions(said, spec)
    made = NumberFormat(
        file=path.name,
        calibration_photos=len(calibration) if number_format == "int8" else 0,
        validation_photos=len(same),
        mean_iou_loss=round(_iou_loss(expected, said, compared), DIGITS),
        label_agreement=round(float(same.mean()), DIGITS),
    )
    if content:  # last, so that an export cut short leaves the artifact as it was
        path.write_bytes(content)
    update = {
        "sha256": {**spec.sha256, path.name: sha256_of(path)},
        "formats": {**spec.formats, number_format: made},
    }
    write_spec(spec := spec.model_copy(update=update), artifact)
    return spec


def _made(
    artifact: Path, number_format: FormatName, calibration: Image, images: Image
) -> tuple[bytes | None, Outputs]:
    """The file's content, if the format has one of its own, and what the network then says."""
    if number_format == "bfloat16":
        return None, SignatureFunction(artifact, bfloat16=True)(images)
    content = convert(artifact, number_format, calibration=calibration)
    return content, LiteFunction(content)(images)


def calibration_images(train: Split, spec: ArtifactSpec, *, count: int) -> Image:
    """Up to `count` training photos as the network sees them (N, S, S, 3), always the same ones."""
    source = train.photos if isinstance(spec, LocalizerSpec) else train.crops
    rows = np.random.default_rng(SEED).permutation(len(source))[:count]
    if isinstance(spec, LocalizerSpec):
        return _fitted(source[rows], spec)
    windows = train.crop_windows[rows] * source.shape[1]
    cut = [
        crop_square(crop, Box(*window), margin=0, size=spec.input_size, pad_color=spec.pad_color)
        for crop, window in zip(source[rows], windows.tolist(), strict=True)
    ]
    return _squares(cut, spec)


def compared_photos(validation: Split, spec: ArtifactSpec) -> Compared:
    """Photos with one face, then those without, for a localizer; the rated faces for others."""
    if not isinstance(spec, LocalizerSpec):
        return Compared(_fitted(validation.crops, spec), np.empty((0, 4), np.float32))
    singles = validation.rows(faces=1, without=NOT_VALIDATED)
    rows = np.concatenate([singles, validation.rows(faces=0)])
    return Compared(_fitted(validation.photos[rows], spec), validation.boxes_rel_xyxy[singles])


def _fitted(images: Image, spec: ArtifactSpec) -> Image:
    return _squares([letterbox(image, size=spec.input_size)[0] for image in images], spec)


def _squares(images: Sequence[Image], spec: ArtifactSpec) -> Image:
    """uint8 (N, S, S, 3), which an empty list is, too."""
    return np.array(images, np.uint8).reshape(-1, spec.input_size, spec.input_size, 3)


def _iou_loss(expected: Outputs, said: Outputs, compared: Compared) -> float:
    """How much less mean IoU with people's boxes `said` has; 0 where there are no boxes."""
    boxes = compared.boxes_rel_xyxy
    if not len(boxes):
        return 0.0
    ious = [rowwise_iou(_best(each)[1][: len(boxes)], boxes) for each in (expected, said)]
    return float(ious[0].mean() - ious[1].mean())


def _decisions(outputs: Outputs, spec: ArtifactSpec) -> npt.NDArray[np.bool_]:
    """Whether there is a face, or which label it has, (N,)."""
    found = _best(outputs)[0] if isinstance(spec, LocalizerSpec) else outputs["probability"][:, 0]
    return found >= np.float32(spec.threshold)


def _best(outputs: Outputs) -> tuple[Floats, Boxes]:
    """The most probable face of each photo: probability (N,) and rel_xyxy (N, 4)."""
    probabilities = outputs["face_probability"].reshape(len(outputs["face_probability"]), -1)
    rows, best = np.arange(len(probabilities)), probabilities.argmax(axis=1)
    return probabilities[rows, best], outputs["box_rel_xyxy"].reshape(len(rows), -1, 4)[rows, best]
