"""What an update is worth: a photo or words to record, a call to make, or nothing.

One router per kind. Handlers decide: each returns a Photo, Words, a Bot API method or None, and
the intake records before anything is sent.
"""

from aiogram import Router

from bot.intake.handlers import commands, hints, membership, photos


def create_routers() -> list[Router]:
    """In the order in which they are asked: a photo is looked at, whatever its caption says."""
    rooms = (photos, commands, membership, hints)
    return [room.create_router() for room in rooms]
