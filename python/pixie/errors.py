"""The errors Pixie raises: each says what was wrong, with which item, and what to do about it."""

from __future__ import annotations

from typing import ClassVar


class PixieError(Exception):
    """Root of every error Pixie raises on purpose.

    Parameters
    ----------
    message
        What went wrong and why, in one sentence.
    fix
        What the user can do about it.
    item
        The input it is about: an item's id, a file's path, an argument's name.
    code
        A short, stable reason that programs can branch on, such as ``truncated``.
    """

    type: ClassVar[str] = "failure"
    """Name of the error class in JSON."""

    def __init__(
        self,
        message: str,
        *,
        fix: str | None = None,
        item: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.item = item
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} ({self.fix})" if self.fix else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # BaseException's own form calls cls(*args) and would lose the keyword-only fields.
        return (type(self), (self.message,), {"fix": self.fix, "item": self.item, "code": self.code})

    def as_dict(self) -> dict[str, str | None]:
        """The error's JSON object, without a traceback."""
        return {
            "type": type(self).type,
            "message": self.message,
            "fix": self.fix,
            "item": self.item,
            "code": self.code,
        }


class InvalidInputError(PixieError):
    """An argument, an item or a query is wrong; nothing was changed."""

    type = "invalid_input"


class ImageError(InvalidInputError):
    """A picture can't be read.

    ``code`` is one of ``missing``, ``unreadable``, ``empty``, ``not_an_image``, ``truncated``, ``too_large``,
    ``too_slow`` and ``unsupported``.
    """


class ModelError(PixieError):
    """A checkpoint can't be found, fetched or used.

    ``code`` is one of ``not_found``, ``download_failed``, ``unsupported``, ``damaged`` and ``device``.
    """

    type = "model"


class CollectionError(PixieError):
    """A collection can't be opened, read or written.

    ``code`` is one of ``missing``, ``locked``, ``wrong_model``, ``replaced``, ``damaged``, ``newer_format``,
    ``older_format``, ``read_only`` and ``disk_full``.
    """

    type = "collection"


class ClosedError(PixieError):
    """The object was closed before the call."""

    type = "closed"


class SetupError(PixieError):
    """The Python environment lacks something Pixie needs."""

    type = "setup"
