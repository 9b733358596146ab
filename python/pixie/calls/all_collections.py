"""Functions that Java calls to list, describe, rename, copy and delete collections, by their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pixie import collections
from pixie.calls.table import function


@function
def collections_list(_argument: dict[str, Any]) -> dict[str, Any]:
    """The collections in Pixie's home."""
    return {"collections": [info.to_json() for info in collections.list_collections()]}


@function
def collections_info(argument: dict[str, Any]) -> dict[str, Any]:
    """What is known of the collection in a folder."""
    return _info(Path(argument["path"]))


@function
def collections_describe(argument: dict[str, Any]) -> dict[str, Any]:
    """Give a collection a description; null takes it away."""
    folder = Path(argument["path"])
    collections.describe_collection(folder, argument["description"])
    return _info(folder)


@function
def collections_rename(argument: dict[str, Any]) -> dict[str, Any]:
    """Move a collection to another folder, whose name becomes its own."""
    return _info(collections.rename_collection(Path(argument["path"]), Path(argument["to"])))


@function
def collections_copy(argument: dict[str, Any]) -> dict[str, Any]:
    """Copy a collection to another folder, whose name becomes the copy's."""
    return _info(collections.copy_collection(Path(argument["path"]), Path(argument["to"])))


@function
def collections_delete(argument: dict[str, Any]) -> dict[str, Any]:
    """Delete a collection."""
    collections.delete_collection(Path(argument["path"]))
    return {}


def _info(folder: Path) -> dict[str, Any]:
    return collections.collection_info(folder).to_json()
