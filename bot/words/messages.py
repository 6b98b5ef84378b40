"""Every word that a user reads. English here, other languages in `locales/` (gettext).

The functions speak the language of the surrounding I18n context; texts are plain, without markup,
so nothing in them needs escaping.
"""

import re
from pathlib import Path

from aiogram.types import BotCommand
from aiogram.utils.i18n import gettext as _
from aiogram.utils.i18n import ngettext

from bot.inference.schemas import Face

LABELLED = "labelled"  # the service's word for a face with a label
LOCALES = Path(__file__).parent / "locales"
NAME = re.compile(r'"X-Language-Name: (.+)\\n"')


def _languages() -> dict[str, str]:
    """The names of the languages by their codes; a translation's header names its own."""
    found = {path.parts[-3]: path.read_text("utf-8") for path in LOCALES.glob("*/*/bot.po")}
    names = {code: NAME.search(text) for code, text in sorted(found.items())}
    return {"en": "English"} | {code: name[1] for code, name in names.items() if name}


LANGUAGES = _languages()


def commands() -> list[BotCommand]:
    """The menu of commands."""
    words = {
        "start": _("What this bot does"),
        "help": _("How to send photos"),
        "privacy": _("What happens to your photos"),
        "cancel": _("Drop your photos that wait"),
        "language": _("Choose the language"),
        "forget": _("Remove what is kept about you"),
    }
    return [BotCommand(command=name, description=what) for name, what in words.items()]


def start(labels: str = "") -> str:
    """Answers /start; `labels` are the words of the two labels, where they are known."""
    return _(
        "Hello! Send me a photo of a face: I frame the face and say which of two labels a neural "
        "network gives it{labels}, or that it is not sure. It is a game: the network guesses on "
        "which side of an ordinary photo some people would put yours, it measures nothing about "
        "anyone, and it is often wrong.\n\n"
        "Please send only photos of adults who agree to it. More: /help, /privacy"
    ).format(labels=f" ({labels})" if labels else "")


def labels(lower: str, upper: str) -> str:
    """The two labels in a sentence."""
    return _("“{upper}” or “{lower}”").format(upper=upper, lower=lower)


def help_text(username: str) -> str:
    """Answers /help."""
    return _(
        "Send one photo, or an album of up to ten: each comes back with the faces framed. "
        "Images sent as files (JPEG, PNG, WebP, HEIC and others) work, too.\n\n"
        "In a group, reply to a photo with /rate@{username}. If I may read the group's messages "
        "(as an admin, or with privacy mode off), a photo with @{username} in its caption is "
        "enough.\n\n"
        "/cancel – drop your photos that wait\n"
        "/privacy – what happens to your photos\n"
        "/language – choose the language\n"
        "/forget – remove what is kept about you"
    ).format(username=username)


def privacy() -> str:
    """Answers /privacy."""
    return _(
        "Your photo is processed in memory and never stored or logged. Until it is answered I keep "
        "a note of which message waits (identifiers only), and for a day the number of the update, "
        "so that nothing is answered twice. If you choose a language, I keep the choice. "
        "/forget removes your waiting photos and your choice.\n\n"
        "The labels guess on which side of an ordinary photo some unknown people would put "
        "yours. They measure no property of anyone; please take them as a game, and send only "
        "photos of adults who agree to it. A face that may be a child's gets no label."
    )


def choose_language() -> str:
    """Answers /language, above the buttons."""
    return _("Which language shall I speak?")


def language_chosen() -> str:
    """After a button of /language."""
    return _("I will speak English with you.")


def old_button() -> str:
    """After a button of a version that is gone."""
    return _("This button is from an older version of me. Please send the command again.")


def forgotten(dropped: int, on_their_way: int) -> str:
    """Answers /forget."""
    return " ".join([_dropped(dropped, on_their_way), _("Nothing is kept about you.")])


def cancelled(dropped: int, on_their_way: int) -> str:
    """Answers /cancel."""
    return _dropped(dropped, on_their_way)


def _dropped(dropped: int, on_their_way: int) -> str:
    parts = [_("Done.")]
    if dropped:
        parts.append(
            ngettext(
                "{n} waiting photo is dropped.", "{n} waiting photos are dropped.", dropped
            ).format(n=dropped)
        )
    if on_their_way:
        parts.append(_("One answer is already on its way."))
    return " ".join(parts)


def hint() -> str:
    """Answers what is no photo."""
    return _("I only understand photos. Send me one with a face in it, or see /help.")


def not_seen() -> str:
    """Asked about a photo of another chat that Telegram does not pass on."""
    return _("I cannot see a photo there. Please send it to me, or reply to one in this chat.")


def added(username: str) -> str:
    """The bot was added to a group."""
    return _(
        "Hello! Reply to a photo with /rate@{username}, and I say what a neural network makes of "
        "the faces in it. It is only a game. To see photos that mention me, I have to be an admin "
        "here, or @BotFather's privacy mode has to be off. More: /help@{username}"
    ).format(username=username)


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


def in_queue(minutes: int) -> str:
    """The answer takes long; 0 minutes where nobody knows how long."""
    if not minutes:
        return _("Your photo is in the queue. I will answer it here.")
    return ngettext(
        "Your photo is in the queue: about {n} minute. I will answer it here.",
        "Your photo is in the queue: about {n} minutes. I will answer it here.",
        minutes,
    ).format(n=minutes)


def out_of_order() -> str:
    """The service is down while the photo waits."""
    return _(
        "I cannot look at photos just now. Yours is kept: I will answer it here as soon as I can."
    )


def without_picture() -> str:
    """Under words in place of a picture that Telegram did not take."""
    return _("(Telegram did not let me send the picture here.)")


def rejected(code: str) -> str:
    """Why there is no answer to a photo; `code` is the service's word, or the bot's own."""
    reasons = {
        "unsupported_image": _("This is not an image that I can read. Send a photo."),
        "undecodable_image": _("This image is broken or incomplete. Try to send it again."),
        "image_too_large": _("This image is too large for me. Send it as a photo instead."),
        "image_too_small": _("This image is too small to look for a face."),
        "not_there": _("Telegram could not give me this file. Please send it again."),
        "failed": _("I am sorry, I could not answer this photo. Please try again later."),
        "breaks": _("I am sorry, something in this photo is too much for me. Try another one."),
    }
    return reasons.get(code, _("I could not read this image. Try another one."))


def missing(number: int, reason: str) -> str:
    """A line of an album's caption for the photo that is not in the answer."""
    return _("Your photo no. {number} is missing: {reason}").format(number=number, reason=reason)


def no_face() -> str:
    """Nothing was found."""
    return _("No face found. Try a photo where the face is larger and turned to the camera.")


def verdict(face: Face) -> str:
    """What is said of one face; the one place that words a label, or why there is none."""
    if face.is_labelled:
        return _("{label}, {sure} sure").format(label=face.label, sure=f"{face.probability:.0%}")
    reasons = {
        "looks_under_age": _("no label: this may be a child"),
        "too_small": _("not sure: the face is too small"),
        "unclear": _("not sure: the face is hard to see"),
        "near_the_cut": _("not sure: it could be either label"),
    }
    return reasons.get(face.reason, _("not sure"))


def many_faces(number: int, summed_up: str) -> str:
    """More faces than are named one by one; `summed_up` is like "3 Sexy, 8 Ugly"."""
    return ngettext("{n} face: {labels}", "{n} faces: {labels}", number).format(
        n=number, labels=summed_up
    )


def a_game() -> str:
    """The last line of every verdict."""
    return _("Only a game: it measures nothing.")
