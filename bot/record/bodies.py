"""Entries as the storages keep them, in JSON; a damaged one spoils no other."""

import logging
from collections.abc import Iterable

from pydantic import TypeAdapter, ValidationError

from bot.record.jobs import Photo, Words

_ENTRY: TypeAdapter[Photo | Words] = TypeAdapter(Photo | Words)
logger = logging.getLogger(__name__)


def read_entries(
    bodies: Iterable[tuple[int, str]],
) -> tuple[tuple[Photo | Words, ...], list[int]]:
    """The entries, oldest first, and the update ids of those that cannot be read."""
    entries, damaged = [], []
    for update_id, body in bodies:
        try:
            entries.append(_ENTRY.validate_json(body))
        except ValidationError as error:
            damaged.append(update_id)
            fields = {".".join(map(str, each["loc"])) for each in error.errors()}
            logger.error(  # noqa: TRY400 - the traceback would hold the body
                "the record: update %d is damaged and set aside: %s", update_id, fields
            )
    return tuple(sorted(entries, key=lambda entry: entry.update_id)), damaged
