"""`spec.json`: what an artifact is, in words that the service can hold it to.

An artifact is a folder with a SavedModel, this file and a model card. Everything that must be
the same in training and in serving (input size, pad color, crop margin, threshold, label
words) is read from here, never from a constant in the code.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from inference_api.errors import ArtifactMissingError, SpecMismatchError

SPEC_FILE = "spec.json"
Color = tuple[int, int, int]
Probability = Annotated[float, Field(ge=0, le=1)]


FormatName = Literal["int8", "bfloat16", "float16"]


class NumberFormat(BaseModel):
    """The artifact in other numbers than float32, and how far it then agrees with float32.

    file: holds it, by its path in the artifact. calibration_photos: training photos that set the
    ranges of its integers. validation_photos: those that it was compared on. mean_iou_loss: how
    much of the mean IoU with people's boxes is lost (0 for a network without boxes).
    label_agreement: share of the photos with the same decision (a face or none, which label).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    calibration_photos: Annotated[int, Field(ge=0)]
    validation_photos: Annotated[int, Field(gt=0)]
    mean_iou_loss: float
    label_agreement: Probability


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    architecture: str
    input_size: Annotated[int, Field(gt=0)]
    pad_color: Color
    resize_filter: Literal["area"]
    threshold: Probability
    libraries: dict[str, str]
    data_id: str
    git_commit: str
    sha256: dict[str, str]
    formats: dict[FormatName, NumberFormat] = {}


class LookAgain(BaseModel):
    """When a photo gets a second look and what that is (`vision.looks`).

    long_side: pixels that the photo's longer side is scaled to, to be seen in tiles of the input
    size. overlap: pixels that neighbouring tiles share at least; a face must be 6 pixels smaller
    to be seen whole for certain. small_face: a face whose side is a smaller fraction of the first
    look's square asks for another. many_faces: so many do, whatever their size. turns: degrees
    clockwise that a photo is turned by where nothing was found.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    long_side: Annotated[int, Field(gt=0)]
    overlap: Annotated[int, Field(ge=0)]
    small_face: Probability
    many_faces: Annotated[int, Field(gt=0)]
    turns: tuple[Literal[90, 180, 270], ...] = ()


class Detection(BaseModel):
    """How a detector's many candidates become faces.

    strides: pixels between the points that a box is predicted at, of each map. max_iou: of two
    candidates that overlap more, the less probable goes. max_faces: the most that are answered.
    look_again: None where one look is all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strides: tuple[Annotated[int, Field(gt=0)], ...]
    max_iou: Probability
    max_faces: Annotated[int, Field(gt=0)]
    look_again: LookAgain | None = None

    def candidates(self, input_size: int) -> int:
        """How many boxes the network gives for a square of `input_size` pixels."""
        return sum((input_size // stride) ** 2 for stride in self.strides)


class LocalizerSpec(_Spec):
    """A network from one letterboxed photo to boxes.

    input_size: side of the square, pixels. pad_color: RGB 0–255. threshold: the least
    face_probability that counts as a face. sha256: of each file, by its path in the artifact.
    formats: in which other numbers it was exported. detection: None for a network that gives
    one box.
    """

    kind: Literal["localizer"]
    box_format: Literal["rel_xyxy"]
    detection: Detection | None = None

    @property
    def max_faces(self) -> int:
        """The most faces that a photo is answered with."""
        return self.detection.max_faces if self.detection else 1

    @property
    def look_again(self) -> LookAgain | None:
        """The second look, where there is one."""
        return self.detection.look_again if self.detection else None

    @model_validator(mode="after")
    def _tiles_are_few(self) -> Self:
        """The second look sees more than the first, in tiles that do not grow without end."""
        look, size = self.look_again, self.input_size
        if look and not size < look.long_side <= 4 * size:
            problem = f"look_again.long_side is {look.long_side}, not above {size} up to {4 * size}"
            raise ValueError(problem)
        if look and look.overlap > size / 2:
            problem = f"look_again.overlap is {look.overlap}, more than half of {size}"
            raise ValueError(problem)
        return self


class Labels(BaseModel):
    """The words for the two categories; `upper` is the one that `probability` is of.

    not_sure, child: what is said where neither is given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lower: str
    upper: str
    not_sure: str = "not sure"
    child: str = "no label for children"


class Cut(BaseModel):
    """What the threshold between the two labels was chosen on.

    faces: of which set it is the median, in words. n: how many. upper_share: the share of other
    faces of that set, never used for the choice, that lie above it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    faces: str
    n: Annotated[int, Field(gt=0)]
    upper_share: Probability


class NotSure(BaseModel):
    """When a face gets no label but "not sure".

    least_probability: a label must have that much (0.5 is the cut itself). least_side: pixels of
    the face's longer side in the photo. least_clear: of the network's output `clear_probability`;
    None for a network without it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    least_probability: Annotated[float, Field(ge=0.5, le=1)] = 0.5
    least_side: Annotated[int, Field(ge=0)] = 0
    least_clear: Probability | None = None


class ClassifierSpec(_Spec):
    """A network from one face crop to the probability of the upper category.

    crop_margin: how far the box is expanded, as a fraction of its sides. threshold: the least
    probability that is labelled `labels.upper`. meaning: what the probability is of, a sentence.
    cut: what the threshold was chosen on, None where it was not chosen on anything.
    adult_from_years: estimates of the output `age_years` below it get no label; None for a
    network that does not estimate ages.
    """

    kind: Literal["classifier"]
    crop_margin: Annotated[float, Field(ge=0, le=2)]
    labels: Labels
    meaning: str = ""
    cut: Cut | None = None
    not_sure: NotSure = NotSure()
    adult_from_years: Annotated[float, Field(ge=0)] | None = None

    @property
    def outputs(self) -> dict[str, int]:
        """The outputs that the service asks the network for, with their widths."""
        names = ["probability"]
        if self.adult_from_years is not None:
            names.append("age_years")
        if self.not_sure.least_clear is not None:
            names.append("clear_probability")
        return dict.fromkeys(names, 1)


ArtifactSpec = LocalizerSpec | ClassifierSpec
_ADAPTER: TypeAdapter[ArtifactSpec] = TypeAdapter(
    Annotated[ArtifactSpec, Field(discriminator="kind")]
)


def read_spec(artifact: Path) -> ArtifactSpec:
    """The spec of the artifact folder, with every file's SHA-256 checked.

    Raises ArtifactMissingError for a file that is not there, SpecMismatchError for a field
    that is wrong or a file that was altered; both name the file.
    """
    path = artifact / SPEC_FILE
    try:
        spec = _ADAPTER.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ArtifactMissingError(path=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise SpecMismatchError(path=path, field=field, problem=first["msg"]) from error
    for name, expected in spec.sha256.items():
        _check_file(artifact / name, expected)
    return spec


def write_spec(spec: ArtifactSpec, artifact: Path) -> None:
    """Write `spec` as indented JSON into the artifact folder."""
    text = json.dumps(spec.model_dump(exclude_none=True), indent=2, ensure_ascii=False)
    (artifact / SPEC_FILE).write_text(text + "\n", encoding="utf-8")


def sha256_of(path: Path) -> str:
    """The file's SHA-256 as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_file(path: Path, expected: str) -> None:
    if not path.is_file():
        raise ArtifactMissingError(path=path)
    if (actual := sha256_of(path)) != expected:
        problem = f"the file's SHA-256 is {actual[:12]}…, the spec says {expected[:12]}…"
        raise SpecMismatchError(path=path, field="sha256", problem=problem)
