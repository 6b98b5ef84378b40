"""Photos for the record, on a clock that the test sets."""

from dataclasses import dataclass

from bot.record.jobs import Photo, Record, Rules, Verdict

RULES = Rules(max_waiting=3, settle_s=2, spacing_s=1)


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def photo(update_id: int, clock: Clock, **facts) -> Photo:
    facts = {"chat_id": 7, "user_id": 7, "file_id": f"file-{update_id}", **facts}
    return Photo(
        update_id=update_id,
        message_id=update_id,
        language="en",
        received_at=clock.now,
        **facts,
    )


async def take_in(record: Record, *photos: Photo) -> list[Verdict]:
    return [await record.take_in(each.update_id, each) for each in photos]
