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
    """Decode file i into ``pixels[i]``, uint8 (n, S, S, 3); a bad file is an error in its place.

    A file whose content the collection of its ``plan`` has already is not decoded.
    """
    embedder, files = embedders.get(argument["embedder"]), argument["files"]
    size = embedder.image_size
    check_array(pixels, "uint8", (len(files), size, size, 3), "pixels")
    return {"images": [_decode(embedder, file, pixels[i], buffers) for i, file in enumerate(files)]}


@function
def embed_pixels(argument: dict[str, Any], pixels: Bytes, out: Floats) -> dict[str, Any]:
    """Write the unit vectors of `pixels`, uint8 (n, S, S, 3), into `out`, float32 (n, d)."""
    embedder, count = embedders.get(argument["embedder"]), argument["count"]
    size = embedder.image_size
    check_array(pixels, "uint8", (count, size, size, 3), "pixels")
    check_array(out, "float32", (count, embedder.dimension), "out")
    if count:
        import_torch()
        out[:count] = embedder.embed_pixels(pixels[:count])
    return {}


def _decode(
    embedder: Embedder, file: dict[str, Any], pixels: Bytes, buffers: tuple[Bytes, ...]
) -> dict[str, Any]:
    from pixie.picture_file import PictureFile

    try:
        if "row" in file:
            return _decode_row(embedder, imports.get(file["import"]).picture(file["row"]), pixels)
        if "path" in file:
            source = PictureFile.read(file["path"])
        else:
            # A copy: what is decoded must not depend on memory that Java takes back.
            source = PictureFile.of(bytes(memoryview(buffers[file["buffer"]])[: file["length"]]))
        if source.sha256 == file.get("known_hash"):
            return {"unchanged": True, "size": source.size, "mtime_ns": source.mtime_ns}
        if file.get("plan") is not None:
            from pixie.calls.indexing import plans

            twin = plans.get(file["plan"]).plan.twin(source.sha256)
            if twin is not None:
                stored = [{"modality": "image", "row": row} for row in twin.rows]
                return {"facts": twin.facts_of(source.size, source.mtime_ns), "stored": stored}
        pixels[:], info = embedder.decode(source)
    except ImageError as error:
        return {"error": {"code": error.code, "message": error.message}}
    except Exception as error:  # noqa: BLE001 (one file, whatever is in it, must not stop the others)
        return {"error": {"code": "unreadable", "message": f"{type(error).__name__}: {error}"}}
    return {"facts": info.to_json()}


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
        pixels[:], info = embedder.decode(source)
    except ImageError as error:
        raise task.said(error) from error
    return {"facts": info.to_json()}
