"""Where Pixie keeps what outlives a process: collections, measurements, environments."""

from __future__ import annotations

import os
from pathlib import Path

from pixie.errors import InvalidInputError

DEFAULT_COLLECTION = "default"


def home() -> Path:
    """Pixie's home folder, which may not exist yet.

    ``PIXIE_HOME``, else ``$XDG_DATA_HOME/pixie``, else ``~/.local/share/pixie``.
    """
    chosen = os.environ.get("PIXIE_HOME")
    if chosen:
        return _absolute(chosen)
    data = os.environ.get("XDG_DATA_HOME", "")
    # The XDG specification has relative paths ignored.
    if Path(data).is_absolute():
        return Path(data) / "pixie"
    return _absolute("~/.local/share/pixie")


def cache() -> Path:
    """Folder of what can be made again: measurements, extracted files."""
    return home() / "cache"


def collections() -> Path:
    """Folder of the collections that are known by name."""
    return home() / "collections"


def collection_folder(argument: str | os.PathLike[str] | None = None) -> Path:
    """The folder a collection argument means.

    Parameters
    ----------
    argument
        A path (an ``os.PathLike``, or text with a separator, ``.``, ``..`` or a leading ``~``), else a
        name under :func:`collections`; ``None`` is the collection ``default``.

    Raises
    ------
    InvalidInputError
        The name is empty or holds a NUL.

    Examples
    --------
    >>> collection_folder("./photos") == Path.cwd() / "photos"
    True
    """
    if argument is None:
        argument = DEFAULT_COLLECTION
    text = os.fspath(argument)
    if not text.strip() or "\0" in text:
        raise InvalidInputError(
            f"{text!r} names no collection", fix="give a name such as photos, or a folder such as ./photos"
        )
    separators = {os.sep, os.altsep, "/"} - {None}
    named = isinstance(argument, str) and text not in {".", ".."} and not text.startswith("~")
    if named and not any(separator in text for separator in separators if separator):
        return collections() / text
    return _absolute(text)


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(path)))
