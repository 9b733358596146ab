"""Text files as tables are written: an encoding that is checked first, and lines that can be read twice."""

from __future__ import annotations

import codecs
import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pixie.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD_INPUT = "-"

_CHUNK = 1 << 20


class TextFile:
    """A text file that is read from its beginning as often as needed.

    Standard input is kept in a temporary file, because types are found in a first reading and rows taken in a
    second.

    Parameters
    ----------
    path
        The file, or `STANDARD_INPUT`.
    encoding
        Its encoding by Python's name for it; None for UTF-8. A byte order mark is left out.

    Raises
    ------
    InvalidInputError
        The file can't be read, the encoding is unknown, or the file is not written in it: the message names
        the line and the byte.
    """

    def __init__(self, path: str, encoding: str | None) -> None:
        self.encoding = _codec(encoding)
        # Half of a surrogate pair, as Java allows, has three bytes in what Pixie writes.
        self._errors = "surrogatepass" if self.encoding == "utf-8-sig" else "strict"
        self.name, self.folder, self._file = _opened(path)
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def text(self) -> IO[str]:
        """The whole text from its beginning, line ends as they are. Ends what was read before."""
        self._file.seek(0)
        # The wrapper must not close the file with it.
        raw = io.FileIO(self._file.fileno(), closefd=False)
        return io.TextIOWrapper(
            io.BufferedReader(raw, _CHUNK), encoding=self.encoding, errors=self._errors, newline=""
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _check(self) -> None:
        decoder = codecs.getincrementaldecoder(self.encoding)(self._errors)
        line, start = 1, 0
        for part in self._parts():
            # What an earlier part ended in the middle of comes first.
            waiting = decoder.getstate()[0]
            try:
                line += decoder.decode(part, final=not part).count("\n")
            except UnicodeDecodeError as error:
                whole = error.object
                line += whole[: error.start].count(b"\n")
                wrong = " ".join(
                    f"0x{byte:02x}" for byte in whole[error.start : max(error.end, error.start + 1)]
                )
                raise InvalidInputError(
                    f"{self.name} is not {_said(self.encoding)}: line {line} has {wrong} at byte"
                    f" {start - len(waiting) + error.start}",
                    fix="name its encoding, such as --encoding cp1252",
                    item="encoding",
                ) from error
            except UnicodeError as error:
                raise InvalidInputError(
                    f"{self.name} is not {_said(self.encoding)}: {error}",
                    fix="name its encoding, such as --encoding cp1252",
                    item="encoding",
                ) from error
            start += len(part)

    def _parts(self) -> Iterator[bytes]:
        self._file.seek(0)
        while part := self._file.read(_CHUNK):
            yield part
        yield b""


def table_path(path: str) -> tuple[str, Path]:
    """What a table is called, and the folder that paths in it are relative to."""
    if path == STANDARD_INPUT:
        return "stdin", Path.cwd()
    absolute = Path(path).absolute()
    return absolute.stem, absolute.parent


def open_binary(path: str) -> IO[bytes]:
    """The file of a table, which can be sought in; standard input is copied into a temporary one.

    Raises
    ------
    InvalidInputError
        It can't be opened, or is a folder.
    """
    try:
        if path == STANDARD_INPUT:
            return _copied(sys.stdin.buffer)
        file = open(path, "rb")  # noqa: SIM115 (the caller closes it)
        if file.seekable():
            return file
        # A pipe that has a name, as <(...) makes.
        with file:
            return _copied(file)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(
            f"the table {path} can't be read: {reason}", fix="check the path", item=path
        ) from error


def _copied(file: IO[bytes]) -> IO[bytes]:
    kept = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    try:
        shutil.copyfileobj(file, kept, _CHUNK)
    except BaseException:
        kept.close()
        raise
    return kept


def _opened(path: str) -> tuple[str, Path, IO[bytes]]:
    return (*table_path(path), open_binary(path))


def _codec(encoding: str | None) -> str:
    try:
        found = codecs.lookup(encoding or "utf-8")
        # Others, such as base64, make bytes of bytes.
        if not getattr(found, "_is_text_encoding", True):
            raise LookupError
    except (LookupError, ValueError) as error:
        raise InvalidInputError(
            f"there is no encoding {encoding!r}",
            fix="give a name such as utf-8, utf-16, cp1252 or latin-1",
            item="encoding",
        ) from error
    return "utf-8-sig" if found.name == "utf-8" else found.name


def _said(encoding: str) -> str:
    return "UTF-8" if encoding == "utf-8-sig" else encoding
