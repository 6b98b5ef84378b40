"""Everything that can go wrong inside the service, as one tree.

FaceServiceError
├── ImageRejectedError            the photo's sender can do something about it
│   ├── UnsupportedImageError     not an image format that is read here
│   ├── UndecodableImageError     the right format, but broken
│   ├── ImageTooLargeError        too many bytes or pixels
│   ├── ImageTooCostlyError       decoding takes more time or memory than one photo may
│   └── ImageTooSmallError        too few pixels to hold a face
├── OverloadedError               the photo would wait too long; try again later
├── DeadlineExceededError         the photo was taken in but its time ran out
└── ModelUnusableError            the operator must repair an artifact
    ├── ArtifactMissingError      a file of the artifact is not there
    ├── SpecMismatchError         a file contradicts what spec.json says
    └── NoEngineError             nothing installed can run the artifacts as they should

Each class carries its facts as attributes; the text is made from them.
"""

from collections.abc import Mapping
from pathlib import Path


class FaceServiceError(Exception):
    """Base of every error that this project raises on purpose."""


class ImageRejectedError(FaceServiceError):
    """The photo itself is the reason that there is no answer."""


class UnsupportedImageError(ImageRejectedError):
    """The bytes are not in an image format that is read here."""

    def __init__(self, *, n_bytes: int, detected: str | None = None) -> None:
        self.n_bytes = n_bytes
        self.detected = detected
        found = f"found {detected}" if detected else "the format was not recognized"
        super().__init__(f"not a supported image ({n_bytes} bytes, {found})")


class UndecodableImageError(ImageRejectedError):
    """The format is known, but its data is truncated or corrupt."""

    def __init__(self, *, n_bytes: int, detected: str) -> None:
        self.n_bytes = n_bytes
        self.detected = detected
        super().__init__(f"the {detected} image is broken or cut short ({n_bytes} bytes)")


class ImageTooLargeError(ImageRejectedError):
    """More bytes or pixels than are accepted; `unit` says which."""

    def __init__(self, *, actual: int, limit: int, unit: str) -> None:
        self.actual = actual
        self.limit = limit
        self.unit = unit
        super().__init__(f"the image has {actual} {unit}, the limit is {limit}")


class ImageTooCostlyError(ImageRejectedError):
    """Reading the photo takes more than one photo may; `limit` says how much of a `resource`.

    That is what a worker ran out of, or what the file's structure has too much of.
    """

    PROCESSOR_TIME = "processor time"
    MEMORY = "memory"

    def __init__(self, *, resource: str, limit: str) -> None:
        self.resource = resource
        self.limit = limit
        super().__init__(f"the image needs too much or many: {resource}, the limit is {limit}")


class ImageTooSmallError(ImageRejectedError):
    """Too few pixels on a side to look for a face."""

    def __init__(self, *, size_wh: tuple[int, int], min_side: int) -> None:
        self.size_wh = size_wh
        self.min_side = min_side
        width, height = size_wh
        super().__init__(f"the image is {width}x{height} pixels, each side needs {min_side}")


class OverloadedError(FaceServiceError):
    """Taken in now, the photo would wait longer than its deadline."""

    def __init__(self, *, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"the service is busy, try again in {retry_after_s:.0f} s")


class DeadlineExceededError(FaceServiceError):
    """The photo was admitted, but its answer did not come in time."""

    def __init__(self, *, deadline_s: float) -> None:
        self.deadline_s = deadline_s
        super().__init__(f"no answer within {deadline_s:.0f} s")


class ModelUnusableError(FaceServiceError):
    """An artifact cannot be served; the service refuses to start."""


class ArtifactMissingError(ModelUnusableError):
    """A file that the artifact needs is not there."""

    def __init__(self, *, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is missing")


class SpecMismatchError(ModelUnusableError):
    """A field of spec.json is wrong, or a file is not what the field says."""

    def __init__(self, *, path: Path, field: str, problem: str) -> None:
        self.path = path
        self.field = field
        self.problem = problem
        super().__init__(f"{path}: {field}: {problem}")


class NoEngineError(ModelUnusableError):
    """No engine that the setting allows is fit; `objections` says why, by engine."""

    def __init__(self, *, setting: str, objections: Mapping[str, str]) -> None:
        self.setting = setting
        self.objections = objections
        reasons = "; ".join(f"{engine}: {reason}" for engine, reason in objections.items())
        super().__init__(f"no engine is fit (engine setting {setting}): {reasons}")
