"""The service's replies, as far as the bot reads them; fields it does not know are ignored."""

from pydantic import BaseModel, ConfigDict

LABELLED = "labelled"


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class ImageSize(_Reply):
    """Pixels, after the photo's EXIF orientation is applied."""

    width: int
    height: int


class Face(_Reply):
    """One face; `probability` (0–1) is of `label`, None where `verdict` says that none is given.

    A service that knows no verdicts labels every face; a verdict that is not known here is like
    one without a label.
    """

    label: str
    probability: float | None
    verdict: str = LABELLED
    reason: str = ""

    @property
    def is_labelled(self) -> bool:
        """Whether it was given a label."""
        return self.verdict == LABELLED and self.probability is not None


class Prediction(_Reply):
    """What was found in one photo; an empty tuple of faces is an answer."""

    image: ImageSize
    faces: tuple[Face, ...]


class Problem(_Reply):
    """RFC 9457 problem details; `code` is the stable word to act on."""

    code: str


class Labels(_Reply):
    """What the served classifier calls its two categories, the lower one first."""

    labels: tuple[str, str]
