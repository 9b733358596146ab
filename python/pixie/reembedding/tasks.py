"""Items to be embedded again, and finding their pictures."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixie.errors import ImageError
from pixie.picture_file import PictureFile
from pixie.tables.tasks import RowTask

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class ItemTask(RowTask):
    """An item of which vectors are to be made.

    Attributes
    ----------
    sha256
        What is on record as its picture's content.
    elsewhere
        Gives the other files on record with that content.
    """

    sha256: str | None = None
    elsewhere: Callable[[], list[str]] = list

    def picture(self) -> PictureFile:
        """The picture on record, from whichever file has it still; else what is in the item's file now."""
        assert self.item.path is not None
        try:
            own = PictureFile.read(self.item.path)
        except ImageError:
            found = self._elsewhere()
            if found is None:
                raise
            return found
        if self.sha256 is None or own.sha256 == self.sha256:
            return own
        return self._elsewhere() or own

    def said(self, error: ImageError) -> ImageError:
        """What is wrong with the picture."""
        return ImageError(error.message, item=self.item.id, code=error.code)

    def _elsewhere(self) -> PictureFile | None:
        for path in self.elsewhere():
            with contextlib.suppress(ImageError):
                found = PictureFile.read(path)
                if found.sha256 == self.sha256:
                    return found
        return None
