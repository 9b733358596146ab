"""The collections there are: listing, describing, renaming, copying and deleting them."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from pixie import catalog, home, manifest
from pixie.care.copying import copied, copy_records
from pixie.database import FILE_NAME as DATABASE_NAME
from pixie.database import Database
from pixie.disk import disk_errors, folder_size, sync_folder
from pixie.editions import INDEX_FOLDER, data_folder
from pixie.errors import CollectionError, InvalidInputError, PixieError
from pixie.lock import WriterLock
from pixie.manifest import Manifest
from pixie.opening import COPIES_PREFIX, LEFT_OUT_PREFIX, is_own
from pixie.vectors import FILE_NAME as VECTORS_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pixie.manifest import Model

    Name = str | os.PathLike[str]

DESCRIPTION = "description"
"""Key of a collection's description among the settings in ``collection.json``."""

_LONGEST_DESCRIPTION = 10_000
_UNFINISHED = ".unfinished-"
"""What the names of folders begin with that are being copied or deleted."""


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """What is known of a collection without opening its model.

    ``items`` and ``model`` are None for one that can't be read, and ``error`` says why then. ``bytes`` is
    what all files in its folder take, ``created`` when it was made, ISO 8601 in UTC.
    """

    name: str
    path: str
    description: str | None
    items: int | None
    model: Model | None
    bytes: int
    created: str | None
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The collection's JSON object."""
        return {**asdict(self), "model": None if self.model is None else self.model.to_json()}


def list_collections() -> list[CollectionInfo]:
    """The collections in Pixie's home, by name; none where there is no such folder yet."""
    folder = home.collections()
    try:
        found = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except FileNotFoundError:
        return []
    return [collection_info(path) for path in found if manifest.exists(path)]


def collection_info(collection: Name | None = None) -> CollectionInfo:
    """What is known of a collection, which is named as for `pixie.open`.

    Raises
    ------
    CollectionError
        ``missing``. One that is there and can't be read has an ``error``.
    """
    folder = home.collection_folder(collection)
    try:
        found = Manifest.read(folder)
    except CollectionError as error:
        if error.code == "missing":
            raise
        return _unreadable(folder, error)
    known = CollectionInfo(
        name=found.name,
        path=str(folder),
        description=found.settings.get(DESCRIPTION),
        items=None,
        model=found.model,
        bytes=folder_size(folder),
        created=found.created,
    )
    try:
        records = Database(data_folder(folder, found.edition) / DATABASE_NAME, read_only=True)
        with contextlib.closing(records), records.reading() as connection:
            return replace(known, items=catalog.count(connection))
    except PixieError as error:
        return replace(known, error=error.message)


def describe_collection(collection: Name | None, description: str | None) -> None:
    """Say in a few words what a collection is for; None takes the description away.

    Raises
    ------
    InvalidInputError
        It is longer than 10,000 characters.
    CollectionError
        ``missing``, ``locked`` while another process writes, ``read_only`` or ``disk_full``.
    """
    if description is not None and len(description) > _LONGEST_DESCRIPTION:
        raise InvalidInputError(
            f"the description has {len(description)} characters",
            fix=f"give {_LONGEST_DESCRIPTION} at most",
        )
    folder = _existing(collection)
    with _locked(folder):
        found = Manifest.read(folder)
        settings = {name: value for name, value in found.settings.items() if name != DESCRIPTION}
        if description is not None and description.strip():
            settings[DESCRIPTION] = description
        replace(found, settings=settings).write(folder)


def rename_collection(collection: Name, name: Name) -> Path:
    """Give a collection another name, or move it to another place on the same disk; its new folder.

    Who has it open for reading goes on until it opens a file anew.

    Raises
    ------
    InvalidInputError
        There is something of the new name already.
    CollectionError
        ``missing``, ``locked`` while another process writes, ``read_only`` or ``disk_full``.
    """
    folder, target = _existing(collection), _vacant(name)
    with _locked(folder):
        with disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(target)
            sync_folder(target.parent)
        replace(Manifest.read(target), name=target.name).write(target)
    return target


def copy_collection(collection: Name, name: Name) -> Path:
    """Copy a collection as it is at one moment, also while another process writes to it; the copy's folder.

    The log of queries stays behind.

    Raises
    ------
    InvalidInputError
        There is something of the new name already.
    CollectionError
        ``missing``, ``damaged``, ``read_only`` or ``disk_full``; no part of a copy is left then.
    """
    folder, target = _existing(collection), _vacant(name)
    while True:
        found = Manifest.read(folder)
        try:
            return _copy(folder, found, target)
        except CollectionError:
            # Its files may have gone, with another edition in their place.
            if Manifest.read(folder).edition == found.edition:
                raise


def _copy(folder: Path, found: Manifest, target: Path) -> Path:
    data = data_folder(folder, found.edition)
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.parent / f"{_UNFINISHED}{secrets.token_hex(8)}"
        unfinished.mkdir()
    try:
        source = data / VECTORS_NAME
        # Opened first, because a new edition may take the place of this one; the items copied first, because
        # rows they name are in the vectors by then, which only grow.
        with disk_errors(source), source.open("rb") as rows_file:
            rows = _copy_items(data, unfinished)
            _copy_start(rows_file, unfinished / VECTORS_NAME, rows * 4 * found.model.dimension)
        if (data / INDEX_FOLDER).is_dir():
            # Made anew when a writer replaced it meanwhile: it is checked when it is opened.
            with contextlib.suppress(OSError, shutil.Error):
                shutil.copytree(data / INDEX_FOLDER, unfinished / INDEX_FOLDER)
        replace(found, name=target.name, edition=1).write(unfinished)
        with disk_errors(target):
            unfinished.rename(target)
            sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return target


def delete_collection(collection: Name) -> None:
    """Delete a collection: what Pixie made in its folder, and the folder unless other things are in it.

    Picture files are never touched.

    Raises
    ------
    CollectionError
        ``missing``, ``locked`` while another process writes, or ``read_only``.
    """
    named = _existing(collection)
    # A link is not what holds the data, and can't be deleted as a folder.
    folder = named.resolve() if named.is_symlink() else named
    _delete(folder)
    if folder != named:
        with disk_errors(named):
            named.unlink()


def _delete(folder: Path) -> None:
    with _locked(folder), disk_errors(folder):
        names = [entry.name for entry in folder.iterdir()]
        if all(map(is_own, names)):
            # Gone at once, also for who looks while its files are removed one by one.
            unfinished = folder.with_name(f"{_UNFINISHED}{secrets.token_hex(8)}")
            folder.rename(unfinished)
            shutil.rmtree(unfinished)
            return
        # First what makes the folder a collection.
        (folder / manifest.FILE_NAME).unlink()
        for name in names:
            path = folder / name
            if not is_own(name) or name.startswith((COPIES_PREFIX, LEFT_OUT_PREFIX)):
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _existing(collection: Name | None) -> Path:
    folder = home.collection_folder(collection)
    if not manifest.exists(folder):
        raise manifest.missing(folder)
    return folder


def _vacant(name: Name) -> Path:
    target = home.collection_folder(name)
    if target.name.startswith("."):
        raise InvalidInputError(
            f"the name {target.name!r} begins with a dot",
            fix="give one that does not: hidden folders are passed over",
        )
    if target.exists() or target.is_symlink():
        raise InvalidInputError(
            f"there is something at {target} already", fix="choose another name, or remove what is there"
        )
    return target


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = WriterLock(folder)
    try:
        yield
    finally:
        lock.release()


def _copy_items(folder: Path, target: Path) -> int:
    """Copy the items as they are at one moment; how many rows of vectors they know."""
    _, rows, _ = copy_records(folder / DATABASE_NAME, target / DATABASE_NAME, "WAL")
    with (target / DATABASE_NAME).open("rb") as file:
        os.fsync(file.fileno())
    return rows


def _copy_start(file: BinaryIO, target: Path, size: int) -> None:
    """Copy the first `size` bytes of a file, which has as many."""
    with disk_errors(target), target.open("wb") as copy:
        try:
            for _ in copied(file, copy, size):
                pass
        except EOFError:
            raise CollectionError(
                f"{file.name} is damaged: its last {size - copy.tell()} bytes are missing",
                fix="restore the file from a backup, or index into a new collection",
                code="damaged",
            ) from None
        copy.flush()
        os.fsync(copy.fileno())


def _unreadable(folder: Path, error: CollectionError) -> CollectionInfo:
    return CollectionInfo(
        folder.name, str(folder), None, None, None, folder_size(folder), None, error.message
    )
