"""How many frames of an animation make its vector, in one collection: the same for all of its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixie.animation import checked_frames
from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    from pixie.store import Store


def check_frames(store: Store, name: str, now: int, wanted: int) -> bool:
    """Whether a collection has to be set to `wanted` frames, which it may be as long as it has no picture.

    Raises
    ------
    InvalidInputError
        `wanted` is no number of frames, or the collection `name` has pictures embedded with another.
    """
    if checked_frames(wanted) == now:
        return False
    with store.reading() as connection:
        found = connection.execute("SELECT 1 FROM vectors WHERE modality = 'image' LIMIT 1").fetchone()
    if found is None:
        return True
    raise InvalidInputError(
        f"the pictures of {name} were embedded with {now} of the frames of an animation, and {wanted} were"
        " asked for",
        fix="leave the frames out, or take the pictures into a new collection",
    )
