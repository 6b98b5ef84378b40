"""The bodies that the service answers with."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from inference_api import pipeline
from inference_api.vision.labelling import Reason, Verdict

HEADER_FACES = 32


class Box(BaseModel):
    """A face's rectangle, half-open, in pixels of the upright photo from its top-left corner."""

    left: float
    top: float
    right: float
    bottom: float


class Face(BaseModel):
    """One face."""

    box: Box
    face_probability: float = Field(description="How sure the localizer is of the face, 0–1.")
    verdict: Verdict = Field(
        description="Whether the face has one of the two labels; else why it has none, in kind."
    )
    reason: Reason = Field(description="Why it has no label; `none` where it has one.")
    label: str = Field(
        description="One of the classifier's two words; or its words for `not_sure` and for "
        "`no_label_for_children`, which can be shown as they are."
    )
    probability: float | None = Field(
        description="How probable it is that a rater would put the face on this side of the "
        "cut, 0.5–1; null unless the verdict is `labelled`."
    )


class Size(BaseModel):
    """Pixels of the photo after its EXIF orientation."""

    width: int
    height: int


class Model(BaseModel):
    """A released network."""

    name: str
    version: str


_EXAMPLE: JsonDict = {
    "image": {"width": 1280, "height": 960},
    "faces": [
        {
            "box": {"left": 512.4, "top": 201.7, "right": 760.1, "bottom": 534.9},
            "face_probability": 0.9987,
            "verdict": "labelled",
            "reason": "none",
            "label": "Sexy",
            "probability": 0.7312,
        },
        {
            "box": {"left": 88.0, "top": 310.2, "right": 214.6, "bottom": 470.9},
            "face_probability": 0.9102,
            "verdict": "not_sure",
            "reason": "near_the_cut",
            "label": "not sure",
            "probability": None,
        },
    ],
    "max_faces": 100,
    "models": [
        {"name": "compact_detector", "version": "1.0.0"},
        {"name": "compact_classifier", "version": "2.0.0"},
    ],
    "timings_ms": {"decode": 9.1, "wait": 0.2, "localize": 51.3, "classify": 4.8},
    "request_id": "5f0c7bd2a4c84f1e8a6d3a3c9b1f2e77",
}


class PredictionReply(BaseModel):
    """What was found in a photo; no face is an answer with an empty list."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    image: Size
    faces: list[Face] = Field(description="The largest first.")
    max_faces: int = Field(description="The most that are answered; of a crowd the surest are.")
    models: list[Model]
    timings_ms: dict[str, float] = Field(
        description="Milliseconds by stage; photos that were run together share the networks' "
        "time. `look_again` is there only if the photo was looked at more closely or turned."
    )
    request_id: str

    @classmethod
    def of(cls, prediction: pipeline.Prediction, *, request_id: str) -> Self:
        """The reply that says what `prediction` says, boxes to 0.1 pixel."""
        width, height = prediction.size_wh
        return cls(
            image=Size(width=width, height=height),
            faces=[_face(face) for face in prediction.faces],
            max_faces=prediction.max_faces,
            models=_models(prediction.models),
            timings_ms={stage: round(ms, 1) for stage, ms in prediction.timings_ms.items()},
            request_id=request_id,
        )


class ModelsReply(BaseModel):
    """The networks that answer, and their words."""

    models: list[Model]
    labels: list[str] = Field(description="The two words, the lower category first.")
    meaning: str = Field(description="What the classifier's probability is of.")

    @classmethod
    def of(cls, served: pipeline.Pipeline) -> Self:
        """The reply about `served`."""
        spec = served.classifier.spec
        words = [spec.labels.lower, spec.labels.upper]
        return cls(models=_models(served.models), labels=words, meaning=spec.meaning)


class Line(BaseModel):
    """How long the line is that a photo would join now."""

    wait_s: float = Field(description="Seconds that a photo sent now is expected to take.")


class Health(BaseModel):
    """That the service lives, or is ready."""

    status: str = Field(examples=["ok"])


def _models(models: tuple[pipeline.Model, ...]) -> list[Model]:
    return [Model(name=model.name, version=model.version) for model in models]


def _face(face: pipeline.Face) -> Face:
    corners = {side: round(getattr(face.box, side), 1) for side in Box.model_fields}
    said = face.answer
    return Face(
        box=Box(**corners),
        face_probability=round(face.face_probability, 4),
        verdict=said.verdict,
        reason=said.reason,
        label=said.label,
        probability=None if said.probability is None else round(said.probability, 4),
    )
