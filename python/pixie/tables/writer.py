"""Where an export goes: a file that appears when it is complete, or a stream."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pixie.disk import sync_folder
from pixie.errors import InvalidInputError
from pixie.tables.text_file import STANDARD_INPUT as STANDARD_OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from pixie.tables.export import ExportedItem


class Writer(ABC):
    """Writes items to a file. Used as a context, whose end without an error makes the file complete."""

    @abstractmethod
    def write(self, items: Sequence[ExportedItem]) -> None:
        """Write some items."""

    @abstractmethod
    def __enter__(self) -> Writer: ...

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Output:
    """A binary file that takes its name when it is complete; what had the name stays until then.

    Standard output, pipes and devices are written as they are.

    Parameters
    ----------
    path
        The file, or ``-`` for standard output.

    Raises
    ------
    InvalidInputError
        It can't be written; with the code ``broken_pipe`` its reader has gone.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._temporary: Path | None = None
        with output_errors(path):
            self.file = self._opened()

    def errors(self) -> contextlib.AbstractContextManager[None]:
        """What to write to `file` in."""
        return output_errors(self._path)

    def write(self, content: bytes) -> None:
        """Write some bytes."""
        with self.errors():
            self.file.write(content)

    def finish(self) -> None:
        """Make it complete."""
        with output_errors(self._path):
            self.file.flush()
            if self._temporary is None:
                self.file.close()
                return
            os.fsync(self.file.fileno())
            self.file.close()
            self._temporary.replace(self._path)
            self._temporary = None
            sync_folder(Path(self._path).absolute().parent)

    def abandon(self) -> None:
        """Leave things as they were."""
        with contextlib.suppress(OSError):
            self.file.close()
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._temporary.unlink()

    def _opened(self) -> IO[bytes]:
        if self._path == STANDARD_OUTPUT:
            sys.stdout.flush()
            # A second descriptor, because closing this file must not close standard output.
            return os.fdopen(os.dup(1), "wb")
        path = Path(self._path)
        try:
            ordinary = stat.S_ISREG(path.stat().st_mode)
        except FileNotFoundError:
            ordinary = True
        if not ordinary:
            return path.open("wb")
        self._path = os.path.realpath(path)
        self._temporary = Path(f"{self._path}.{os.getpid()}.tmp")
        return self._temporary.open("wb")


@contextlib.contextmanager
def output_errors(path: str) -> Iterator[None]:
    """Say of an `OSError` what it means for an export to `path`."""
    try:
        yield
    except BrokenPipeError as error:
        raise InvalidInputError(
            "the export's reader stopped reading: Broken pipe",
            fix="nothing, if that was wanted",
            code="broken_pipe",
        ) from error
    except OSError as error:
        raise InvalidInputError(
            f"{path} can't be written: {error.strerror or error}",
            fix="check the folder, its permissions and the space on its disk",
            item=path,
        ) from error
