"""A backup's file: a ZIP archive, nothing compressed, of what a collection can't be made anew from.

::

    backup.json        {"format": 1, "name", "rows", "generation", "created", "sizes": {file: bytes}}
    collection.json
    items.sqlite       without a write-ahead log
    vectors.f32        the committed rows, as many as items.sqlite names

Any ZIP tool lists, tests and unpacks it. The directory at its end says that it is whole, and each file has a
CRC32.
"""

from __future__ import annotations

import json
import os
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pixie import database, manifest, vectors
from pixie.disk import disk_error, sync_folder
from pixie.errors import CollectionError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 1
FACTS = "backup.json"
FILES = (manifest.FILE_NAME, database.FILE_NAME, vectors.FILE_NAME)


@contextmanager
def written(path: Path) -> Iterator[zipfile.ZipFile]:
    """A new archive that has its name once it is whole and on the disk; there is none when the block fails.

    Raises
    ------
    InvalidInputError
        There is a file of that name, now or when the archive is whole.
    CollectionError
        ``disk_full`` or ``read_only``.
    """
    refuse_existing(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        try:
            # Unlike a rename, this does not replace what came there meanwhile.
            os.link(temporary, path)
        except FileExistsError:
            refuse_existing(path)
        except OSError:
            # A file system without links.
            refuse_existing(path)
            temporary.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise disk_error(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def refuse_existing(path: Path) -> None:
    """Refuse to write where something is."""
    if path.exists() or path.is_symlink():
        raise InvalidInputError(f"there is a file {path} already", fix="name another one", item=str(path))


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """An archive and its facts.

    Raises
    ------
    InvalidInputError
        There is no such file.
    CollectionError
        ``damaged`` when it is not whole, or no backup; ``newer_format``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            facts = json.loads(archive.read(FACTS))
            if facts["format"] > FORMAT:
                raise CollectionError(
                    f"the backup {path} has format {facts['format']}, this Pixie reads up to {FORMAT}",
                    fix="update Pixie",
                    code="newer_format",
                )
            sizes = {name: archive.getinfo(name).file_size for name in FILES}
            if sizes != facts["sizes"]:
                raise damaged(path, "its files have other sizes than it says")
            yield archive, facts
    except FileNotFoundError as error:
        raise InvalidInputError(f"there is no file {path}", fix="check its name", item=str(path)) from error
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, NotImplementedError, EOFError) as error:
        raise damaged(path, str(error)) from error
    except IsADirectoryError as error:
        raise damaged(path, "it is a folder") from error


def damaged(path: Path, why: str) -> CollectionError:
    """The error for an archive that can't be trusted."""
    return CollectionError(
        f"{path} is damaged or no backup: {why}", fix="take another backup", item=str(path), code="damaged"
    )
