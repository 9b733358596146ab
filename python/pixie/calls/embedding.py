"""Functions that Java calls to turn texts and pictures into vectors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pixie.calls.ending import end_without_destructors, import_torch
from pixie.calls.table import Handles, check_array, function
from pixie.errors import ImageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pixie.embedder import Embedder
    from pixie.picture_file import PictureFile
    from pixie.tables.tasks import RowPlan, RowTask

    Floats = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.uint8]

embedders: Handles[Embedder] = Handles("model")
imports: Handles[RowPlan] = Handles("import")

_opened: dict[tuple[str, str, str], int] = {}
_opening = threading.Lock()


@function
def embedder_open(argument: dict[str, Any]) -> dict[str, Any]:
    """Find a model without loading it; the same arguments give the same handle."""
    from pixie.embedder import Embedder

    key = (argument["model"], argument.get("device") or "auto", argument.get("dtype") or "auto")
    with _opening:
        if key not in _opened:
            model, device, dtype = key
            _opened[key] = embedders.add(Embedder.load(model, device=device, dtype=dtype))
        handle = _opened[key]
    embedder = embedders.get(handle)
    return {
        "embedder": handle,
        "name": embedder.name,
        "dimension": embedder.dimension,
        "fingerprint": embedder.fingerprint,
        "image_size": embedder.image_size,
        "max_tokens": embedder.max_tokens,
        "device": embedder.device,
        "batch_size": embedder.batch_size,
        "demo": embedder.is_demo,
    }


@function
def embedder_warm(argument: dict[str, Any]) -> dict[str, Any]:
    """Load a tower now, so that the first query need not wait for it."""
    embedder = embedders.get(argument["embedder"])
    if argument["tower"] == "image":
        import_torch()
    embedder.warm(argument["tower"])
    end_without_destructors()
    return {"dtype": embedder.dtype}


@function
def embed_texts(argument: dict[str, Any], out: Floats) -> dict[str, Any]:
    """Write the unit vector of each text into `out`, float32 (n, d)."""
    embedder, texts = embedders.get(argument["embedder"]), argument["texts"]
    check_array(out, "float32", (len(texts), embedder.dimension), "out")
    if not texts:
        return {"warnings": []}
    rows, warnings = embedder.embed_texts_with_warnings(texts)
    end_without_destructors()
    out[: len(texts)] = rows
    return {"warnings": warnings}


@function
def decode_images(argument: dict[str, Any], pixels: Bytes, *buffers: Bytes) -> dict[str, Any]:
    """Decode up to f = ``frames`` frames of file i into ``pixels`` from row i * f on, uint8 (n * f, S, S, 3).

    A bad file is an error in its place. A file whose content the collection of its ``plan`` has already is
    not decoded.
    """
    embedder, files, most = embedders.get(argument["embedder"]), argument["files"], argument.get("frames", 1)
    size = embedder.image_size
    check_array(pixels, "uint8", (len(files) * most, size, size, 3), "pixels")
    places = [pixels[first : first + most] for first in range(0, len(files) * most, most)]
    return {
        "images": [_decode(embedder, file, place, buffers) for file, place in zip(files, places, strict=True)]
    }


@function
def embed_pixels(argument: dict[str, Any], pixels: Bytes, out: Floats) -> dict[str, Any]:
    """Write the unit vectors of n = ``count`` pictures into `out`, float32 (n, d).

    ``frames`` says how many rows of `pixels`, uint8 (m, S, S, 3), each picture has: m in all, 1 each unless
    given.
    """
    embedder, count, frames = embedders.get(argument["embedder"]), argument["count"], argument.get("frames")
    size, rows = embedder.image_size, count if frames is None else sum(frames)
    check_array(pixels, "uint8", (rows, size, size, 3), "pixels")
    check_array(out, "float32", (count, embedder.dimension), "out")
    if count:
        import_torch()
        out[:count] = embedder.embed_pixels(pixels[:rows], frames)
    return {}


def _decode(
    embedder: Embedder, file: dict[str, Any], pixels: Bytes, buffers: tuple[Bytes, ...]
) -> dict[str, Any]:
    from pixie.picture_file import PictureFile

    try:
        if "row" in file:
            return _decode_row(embedder, imports.get(file["import"]).picture(file["row"]), pixels)
        if file.get("plan") is not None:
            return _decode_planned(embedder, file, pixels)
        if "path" in file:
            source = PictureFile.read(file["path"])
        else:
            # A copy: what is decoded must not depend on memory that Java takes back.
            source = PictureFile.of(bytes(memoryview(buffers[file["buffer"]])[: file["length"]]))
        if source.sha256 == file.get("known_hash"):
            return {"unchanged": True, "size": source.size, "mtime_ns": source.mtime_ns}
        return _decoded(embedder, source, pixels)
    except ImageError as error:
        return {"error": {"code": error.code, "message": error.message}}
    except Exception as error:  # noqa: BLE001 (one file, whatever is in it, must not stop the others)
        return {"error": {"code": "unreadable", "message": f"{type(error).__name__}: {error}"}}


def _decode_planned(embedder: Embedder, file: dict[str, Any], pixels: Bytes) -> dict[str, Any]:
    from pixie.calls.indexing import plans
    from pixie.equal_files import LaterError
    from pixie.picture_file import PictureFile

    plan, source = plans.get(file["plan"]).plan, PictureFile.read(file["path"])
    if source.sha256 == file["known_hash"]:
        return {"unchanged": True, "size": source.size, "mtime_ns": source.mtime_ns}
    try:
        twin = plan.twin(file["id"], source.sha256)
    except LaterError:
        return {"later": True}
    if twin is not None:
        stored = [{"modality": "image", "row": row} for row in twin.rows]
        return {"facts": twin.facts_of(source.size, source.mtime_ns), "stored": stored}
    try:
        return _decoded(embedder, source, pixels)
    except BaseException:
        plan.give_up(file["id"], source.sha256)
        raise


def _decode_row(embedder: Embedder, task: RowTask, pixels: Bytes) -> dict[str, Any]:
    try:
        source = task.picture()
        if source.sha256 == task.known_hash:
            return {
                "unchanged": True,
                "size": source.size,
                "mtime_ns": source.mtime_ns,
                "sha256": source.sha256,
            }
        return _decoded(embedder, source, pixels)
    except ImageError as error:
        raise task.said(error) from error


def _decoded(embedder: Embedder, source: PictureFile, pixels: Bytes) -> dict[str, Any]:
    frames, info = embedder.decode_frames(source, len(pixels))
    for place, frame in zip(pixels, frames, strict=False):
        place[:] = frame
    return {"facts": info.to_json(), "frames": len(frames)}
