"""Every word that a user reads. English here, other languages in `locales/` (gettext).

The functions speak the language of the surrounding I18n context; texts are plain, without markup,
so nothing in them needs escaping.
"""

from collections.abc import Iterable, Sequence

from aiogram.types import BotCommand
from aiogram.utils.i18n import gettext as _
from aiogram.utils.i18n import ngettext

from bot.inference.schemas import Face, Prediction

CAPTION_LIMIT = 1024
LANGUAGES = {"en": "English", "ru": "Русский"}


def commands() -> list[BotCommand]:
    """The menu of commands."""
    words = {
        "start": _("What this bot does"),
        "help": _("How to send photos"),
        "privacy": _("What happens to your photos"),
        "language": _("Choose the language"),
        "forget": _("Remove what is kept about you"),
    }
    return [BotCommand(command=name, description=what) for name, what in words.items()]


def start() -> str:
    """Answers /start."""
    return _(
        "Hello! Send me a photo of a face: I will frame the face and say which of two labels "
        "a neural network gives it. It repeats what some people said of some photos and measures "
        "nothing about anyone.\n\n"
        "Please send only photos of adults who agree to it. More: /help, /privacy"
    )


def help_text() -> str:
    """Answers /help."""
    return _(
        "Send one photo, or an album of up to ten: each comes back with the faces framed. "
        "Images sent as files (JPEG, PNG, WebP, HEIC and others) work, too.\n\n"
        "In a group, mention me in the caption, or reply to a photo and mention me.\n\n"
        "/privacy – what happens to your photos\n"
        "/language – choose the language\n"
        "/forget – remove what is kept about you"
    )


def privacy() -> str:
    """Answers /privacy."""
    return _(
        "Your photo is processed in memory and never stored or logged. Until it is answered I keep "
        "a note of which message waits (identifiers only), and for a day the number of the update, "
        "so that nothing is answered twice. If you choose a language, I keep the choice. "
        "/forget removes your waiting photos and your choice.\n\n"
        "The labels repeat what some people said of some photos. They measure no property of "
        "anyone; please take them as a game, and send only photos of adults who agree to it."
    )


def choose_language() -> str:
    """Answers /language, above the buttons."""
    return _("Which language shall I speak?")


def language_chosen() -> str:
    """After a button of /language."""
    return _("I will speak English with you.")


def forgotten(n_waiting: int) -> str:
    """Answers /forget."""
    if not n_waiting:
        return _("Done. Nothing is kept about you.")
    return ngettext(
        "Done. {n} waiting photo is dropped, nothing is kept about you.",
        "Done. {n} waiting photos are dropped, nothing is kept about you.",
        n_waiting,
    ).format(n=n_waiting)


def hint() -> str:
    """Answers what is no photo."""
    return _("I only understand photos. Send me one with a face in it, or see /help.")


def file_too_large(limit_bytes: int) -> str:
    """The file may not be downloaded by a bot."""
    return _(
        "This file is too large for me, the limit is {limit} MB. "
        "Send it as a photo instead: Telegram makes it smaller."
    ).format(limit=limit_bytes // 1_000_000)


def too_many(limit: int) -> str:
    """The user has as many photos waiting as one may have."""
    return ngettext(
        "That is a lot at once! I have {n} photo of yours to answer first; "
        "please send the rest again after that.",
        "That is a lot at once! I have {n} photos of yours to answer first; "
        "please send the rest again after that.",
        limit,
    ).format(n=limit)


def in_queue(n_waiting: int) -> str:
    """The answer takes long."""
    return ngettext(
        "Thank you for waiting: {n} photo is in the queue. I will answer yours here.",
        "Thank you for waiting: {n} photos are in the queue. I will answer yours here.",
        n_waiting,
    ).format(n=n_waiting)


def gave_up() -> str:
    """The photo failed for too long."""
    return _("I am sorry, I could not answer this photo. Please try again later.")


def rejected(code: str) -> str:
    """Why the service did not take the photo; `code` is the service's word."""
    reasons = {
        "unsupported_image": _("This is not an image that I can read. Send a photo."),
        "undecodable_image": _("This image is broken or incomplete. Try to send it again."),
        "image_too_large": _("This image is too large for me. Send it as a photo instead."),
        "image_too_small": _("This image is too small to look for a face."),
    }
    return reasons.get(code, _("I could not read this image. Try another one."))


def caption(prediction: Prediction) -> str:
    """Under the annotated photo: the faces, numbered when there are several."""
    return fit(_faces(prediction.faces))


def album_caption(numbered: Iterable[tuple[int, Prediction | str]]) -> str:
    """Under an album: what is in each photo by its number, or the code of its rejection."""
    return fit([_album_line(number, result) for number, result in numbered])


def fit(lines: Sequence[str], *, limit: int = CAPTION_LIMIT) -> str:
    r"""The lines, cut at what Telegram allows, counted as Telegram does.

    >>> fit(["one", "two", "three"], limit=8)
    'one\n…'
    """
    text = "\n".join(lines)
    if _telegram_length(text) <= limit:
        return text
    kept = list(lines)
    while kept and _telegram_length("\n".join([*kept, "…"])) > limit:
        kept.pop()
    return "\n".join([*kept, "…"])


def _telegram_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _album_line(number: int, result: Prediction | str) -> str:
    if isinstance(result, str):
        return f"{number}. {rejected(result)}"
    return f"{number}. " + "; ".join(_faces(result.faces))


def _faces(faces: Sequence[Face]) -> list[str]:
    if not faces:
        return [_("No face found. Try a photo where the face is larger and looks at the camera.")]
    if len(faces) == 1:
        return [_face(faces[0])]
    return [f"{number}) {_face(face)}" for number, face in enumerate(faces, 1)]


def _face(face: Face) -> str:
    return _("{label}, {sure} sure").format(label=face.label, sure=f"{face.probability:.0%}")
