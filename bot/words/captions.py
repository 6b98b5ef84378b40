"""Captions: what was found, cut to what Telegram allows so that what matters most stays."""

from collections import Counter
from collections.abc import Iterable, Sequence

from bot.inference.schemas import Face, Prediction
from bot.words import messages

CAPTION_LIMIT = 1024
MOST_FACES = 10
"""More than these in one photo are summed up; the picture numbers them."""
Outcome = Prediction | str
"""What became of one photo; a string is the code of why there is no answer."""


def caption(prediction: Prediction) -> str:
    """Under one annotated photo: its faces, numbered as in the picture, and that it is a game."""
    return _fit([*_faces(prediction.faces), messages.a_game()], keep=0)


def album_caption(outcomes: Sequence[Outcome]) -> str:
    """Under an album: its pictures, numbered as they come, then the photos that are not among them.

    Those stand first to be kept where the whole is too long: nothing else tells of them.
    """
    missing = [
        messages.missing(number, messages.rejected(outcome))
        for number, outcome in enumerate(outcomes, 1)
        if isinstance(outcome, str)
    ]
    found = [outcome for outcome in outcomes if not isinstance(outcome, str)]
    for most in (MOST_FACES, 1):
        lines = [
            f"{number}. " + "; ".join(_faces(prediction.faces, most=most))
            for number, prediction in enumerate(found, 1)
        ]
        text = "\n".join([*lines, *missing, messages.a_game()])
        if telegram_length(text) <= CAPTION_LIMIT:
            return text
    return _fit([*missing, *lines], keep=len(missing))


def _faces(faces: Sequence[Face], *, most: int = MOST_FACES) -> list[str]:
    if not faces:
        return [messages.no_face()]
    if len(faces) == 1:
        return [messages.verdict(faces[0])]
    if len(faces) > most:
        return [messages.many_faces(len(faces), _summed_up(faces))]
    return [f"{number}) {messages.verdict(face)}" for number, face in enumerate(faces, 1)]


def _summed_up(faces: Iterable[Face]) -> str:
    labels = Counter(face.label if face.is_labelled else messages.verdict(face) for face in faces)
    return ", ".join(f"{number} {label}" for label, number in labels.most_common())


def _fit(lines: Sequence[str], *, keep: int) -> str:
    """The lines; where they are too long, as many as fit, the first `keep` of them in any case."""
    text = "\n".join(lines)
    if telegram_length(text) <= CAPTION_LIMIT:
        return text
    kept = list(lines)
    while len(kept) > max(keep, 1) and telegram_length("\n".join([*kept, "…"])) > CAPTION_LIMIT:
        kept.pop()
    return cut("\n".join([*kept, "…"]), CAPTION_LIMIT)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, as Telegram counts them.

    >>> cut("one two", 5), cut("🦊🦊", 3)
    ('one …', '🦊…')
    """
    if telegram_length(text) <= limit:
        return text
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)]
    return units.decode("utf-16-le", "ignore") + "…"


def telegram_length(text: str) -> int:
    """Characters as Telegram counts them, in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
