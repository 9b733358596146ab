"""Rows of a table that are to be embedded, and what became of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pixie.errors import ImageError
from pixie.picture_file import PictureFile
from pixie.records import FailedFile
from pixie.reports import Failure, Warning  # noqa: A004

if TYPE_CHECKING:
    from pixie.tables.incoming import Incoming


@dataclass(frozen=True, slots=True)
class RowTask:
    """A row that is to be embedded.

    Attributes
    ----------
    known_hash
        The SHA-256 of the picture that the item has a vector of: a picture of that content is not embedded
        again.
    source
        The table that it is a row of, None for what is no row.
    says
        A hash of all that the row says.
    size, mtime_ns
        Of the picture's file before it was read; None without one.
    """

    item: Incoming
    known_hash: str | None
    source: str | None = None
    says: str = ""
    size: int | None = None
    mtime_ns: int | None = None

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture to look at."""
        return self.item.path is not None or self.item.data is not None

    def picture(self) -> PictureFile:
        """The row's picture, read.

        Raises
        ------
        ImageError
            It can't be read.
        """
        if self.item.path is not None:
            return PictureFile.read(self.item.path)
        assert self.item.data is not None
        return PictureFile.of(self.item.data)

    def said(self, error: ImageError) -> ImageError:
        """What is wrong with the picture, said of the row."""
        return ImageError(f"row {self.item.row}: {error.message}", item=self.item.id, code=error.code)

    def failed(self, code: str, message: str) -> FailedFile:
        """That the row could not be taken in."""
        failure = Failure(self.item.id, self.item.path, code, message)
        return FailedFile(failure, self.size, self.mtime_ns, self.source, self.says)

    def to_json(self) -> dict[str, Any]:
        """The task's JSON object."""
        return {
            "row": self.item.row,
            "id": self.item.id,
            "path": self.item.path,
            "picture": self.has_picture,
            "text": self.item.text,
            "metadata": dict(self.item.metadata),
            "seen": {
                "source": self.source,
                "said": self.says,
                "size": self.size,
                "mtime_ns": self.mtime_ns,
            },
        }


@dataclass(slots=True)
class Taken:
    """Some rows of a table: those to embed, and what became of the others.

    ``added`` and ``updated`` count rows that needed no embedding and are committed, ``failed_before`` those
    that failed before and are left alone, ``repeated`` those whose ids later rows have; ``ended`` says that
    there are no more.
    """

    tasks: list[RowTask] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    failed_before: int = 0
    repeated: int = 0
    warnings: list[Warning] = field(default_factory=list)
    ended: bool = False

    def to_json(self) -> dict[str, Any]:
        """Its JSON object."""
        return {
            "rows": [task.to_json() for task in self.tasks],
            "failures": [failure.to_json() for failure in self.failures],
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "failed_before": self.failed_before,
            "repeated": self.repeated,
            "warnings": [warning.to_json() for warning in self.warnings],
            "ended": self.ended,
        }


class RowPlan(Protocol):
    """What hands out rows that are to be embedded, a few at a time."""

    @property
    def total(self) -> int | None:
        """How many rows there are, None while that is not known."""

    def take(self, most: int) -> Taken:
        """The next rows, at most `most`."""

    def picture(self, row: int) -> RowTask:
        """The task of a row that was handed out and has a picture; asked for once."""

    def close(self) -> None:
        """Let go of it."""
