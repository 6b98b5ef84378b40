"""The photo with its prediction drawn on it."""

from collections.abc import Sequence
from pathlib import Path

from inference_api.pipeline import Prediction
from inference_api.vision.drawing import DEFAULT_FONT, Mark, draw_marks
from inference_api.vision.images import EncodedFormat, encode, first_that_holds
from inference_api.vision.labelling import Answer
from inference_api.vision.letterbox import Image


def annotate(image: Image, prediction: Prediction, *, font_path: Path = DEFAULT_FONT) -> Image:
    """A copy of `image` with each face framed and, where it has a label, labelled: `Sexy 87 %`."""
    marks = [Mark(face.box, _text(face.answer)) for face in prediction.faces]
    return draw_marks(image, marks, font_path=font_path)


def render(
    image: Image, prediction: Prediction, *, formats: Sequence[EncodedFormat], font_path: Path
) -> bytes:
    """The annotated copy of `image` as a file of the first of `formats` that can hold it.

    Raises ImageTooLargeError where none can.
    """
    height, width = image.shape[:2]
    image_format = first_that_holds((width, height), formats)
    return encode(annotate(image, prediction, font_path=font_path), image_format=image_format)


def _text(answer: Answer) -> str:
    """What stands on the plate; nothing where no label is given."""
    if answer.probability is None:
        return ""
    return f"{answer.label} {round(answer.probability * 100)} %"
