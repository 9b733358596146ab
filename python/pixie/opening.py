"""Opening a collection by name or path, and making a new one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pixie import manifest
from pixie.collection import Collection
from pixie.database import FILE_NAME as DATABASE_NAME
from pixie.disk import disk_errors, sync_folder
from pixie.editions import INDEX_FOLDER, UNFINISHED_PREFIX
from pixie.editions import PREFIX as EDITION_PREFIX
from pixie.errors import InvalidInputError
from pixie.holdings import Holdings
from pixie.home import collection_folder
from pixie.lock import FILE_NAME as LOCK_NAME
from pixie.lock import WriterLock
from pixie.manifest import Manifest, Model
from pixie.query_file import FILE_NAME as QUERIES_NAME
from pixie.store import Store
from pixie.vectors import FILE_NAME as VECTORS_NAME

if TYPE_CHECKING:
    import os

    from pixie.embedder import Embedder

DEFAULT_MODEL = "openai/clip-vit-large-patch14"
INDEX_SETTINGS = {"kind": "auto"}
"""A new collection's index: auto, which scans exactly while a collection is small."""

COPIES_PREFIX = "damaged-"
"""What the names of folders begin with in which a repair keeps what it replaced."""

LEFT_OUT_PREFIX = "left-out-"
"""What the names of files begin with that say what is known of items without a vector of a new model."""

_OWN = re.compile(
    rf"(?:{'|'.join(map(re.escape, (manifest.FILE_NAME, DATABASE_NAME, QUERIES_NAME, VECTORS_NAME)))})"
    r"(?:-wal|-shm|-journal|\.damaged.*|\.\d+(?:\.mended)?\.tmp.*)?"
    rf"|{re.escape(LOCK_NAME)}|{INDEX_FOLDER}"
    rf"|{EDITION_PREFIX}\d+|{UNFINISHED_PREFIX}[a-z]+|{COPIES_PREFIX}\d{{8}}T.*"
    rf"|{LEFT_OUT_PREFIX}\d{{8}}T.*"
)


def is_own(name: str) -> bool:
    """Whether something of this name in a collection's folder is Pixie's."""
    return _OWN.fullmatch(name) is not None


def open(  # noqa: A001 (users write pixie.open, as they write gzip.open)
    collection: str | os.PathLike[str] | None = None,
    model: str | os.PathLike[str] | None = None,
    *,
    create: bool = True,
    read_only: bool = False,
    device: str = "auto",
    dtype: str = "auto",
    frames: int | None = None,
) -> Collection:
    """Open a collection, and make it when it is not there.

    Opening loads no model; the first call that needs one does.

    Parameters
    ----------
    collection
        A name, for a collection in Pixie's home, or a path: an ``os.PathLike``, or text with a separator,
        ``.``, ``..`` or a leading ``~``. None is the collection ``default``.
    model
        A Hugging Face repository id, a checkpoint's folder or ``demo``. None is the collection's own model,
        and ``openai/clip-vit-large-patch14`` for a new collection.
    create
        Whether a collection that is not there is made; never with `read_only`.
    read_only
        Open for reading beside a writer, which may be another process. Otherwise this is the one writer.
    device, dtype
        Where and in what precision the model runs; see `Embedder.load`.
    frames
        How many frames, spread over it, make the vector of an animation or of a TIFF of several pages, 1 to
        32: the mean of theirs, scaled to length 1. The collection keeps the number for all that is done with
        it, so it can be given until there is a picture in it. None is the collection's own, 1 for a new one.

    Raises
    ------
    InvalidInputError
        `frames` is no such number, or not that of the pictures in the collection.
    CollectionError
        ``missing``, ``locked``, ``damaged``, ``newer_format``, ``read_only`` or ``disk_full``;
        ``wrong_model`` when `model` is not the collection's.
    ModelError
        A collection is to be made and its model can't be found.

    Examples
    --------
    >>> with pixie.open("photos") as photos:  # doctest: +SKIP
    ...     photos.index("~/Pictures")
    ...     photos.search("a dog on a beach", k=5)
    """
    folder = collection_folder(collection)
    if frames is not None:
        from pixie.animation import checked_frames

        checked_frames(frames)
    embedder = None
    if model is not None or (create and not read_only and not manifest.exists(folder)):
        from pixie.embedder import Embedder

        embedder = Embedder.load(str(model or DEFAULT_MODEL), device=device, dtype=dtype)
        if create and not read_only:
            create_collection(folder, model_of(embedder))
    opened = Collection(Holdings(folder, read_only), device=device, dtype=dtype)
    try:
        if embedder is not None:
            opened.use(embedder)
        if frames is not None:
            opened.holdings.set_frames(frames)
    except BaseException:
        opened.close()
        raise
    return opened


def model_of(embedder: Embedder) -> Model:
    """What a collection records of its model; a folder goes by its absolute path."""
    is_folder = not embedder.is_demo and Path(embedder.name).expanduser().is_dir()
    name = str(embedder.folder) if is_folder else embedder.name
    return Model(name, embedder.fingerprint, embedder.dimension)


def create_collection(folder: Path, model: Model) -> bool:
    """Make an empty collection for a model's vectors, and leave one that is there alone; whether it was made.

    Raises
    ------
    InvalidInputError
        The folder holds other things.
    CollectionError
        ``locked``, ``read_only``, ``disk_full`` or ``damaged``.
    """
    folder = folder.absolute()
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        others = [entry.name for entry in folder.iterdir() if not is_own(entry.name)]
    if others and not manifest.exists(folder):
        raise InvalidInputError(
            f"{folder} holds other files ({sorted(others)[0]!r} for one) and no collection",
            fix="name a new or empty folder for the collection",
            item=str(folder),
        )
    lock = WriterLock(folder)
    try:
        if manifest.exists(folder):
            return False
        Store.create(folder)
        # Last, because a folder is a collection from here on.
        Manifest.new(folder.name, model, {"index": INDEX_SETTINGS}).write(folder)
        sync_folder(folder.parent)
        return True
    finally:
        lock.release()
