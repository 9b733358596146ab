"""Functions that Java calls to look after a collection's folder; each begins a job, see `job_step`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pixie.calls.indexes import begin
from pixie.calls.table import function


@function
def collection_verify(argument: dict[str, Any]) -> dict[str, Any]:
    """Begin to check everything that must hold of the collection in a folder; gives a job."""
    from pixie.care.verifying import verify_steps

    return begin(verify_steps(_folder(argument), bool(argument.get("full"))))


@function
def collection_repair(argument: dict[str, Any]) -> dict[str, Any]:
    """Begin to fix what can be fixed of the collection in a folder; gives a job."""
    from pixie.care.repairing import repair_steps

    return begin(repair_steps(_folder(argument), bool(argument.get("dry_run"))))


@function
def collection_compact(argument: dict[str, Any]) -> dict[str, Any]:
    """Begin to give back the room that removed vectors take in the collection in a folder; gives a job."""
    from pixie.care.compacting import compact_steps

    return begin(compact_steps(_folder(argument), bool(argument.get("dry_run"))))


@function
def collection_backup(argument: dict[str, Any]) -> dict[str, Any]:
    """Begin to copy the collection in a folder into a file; gives a job."""
    from pixie.care.backing_up import backup_steps

    return begin(backup_steps(_folder(argument), Path(os.path.abspath(argument["file"]))))


@function
def collection_restore(argument: dict[str, Any]) -> dict[str, Any]:
    """Begin to make a collection of such a file; gives a job."""
    from pixie.care.backing_up import restore_steps

    return begin(restore_steps(Path(os.path.abspath(argument["file"])), _folder(argument)))


def _folder(argument: dict[str, Any]) -> Path:
    return Path(os.path.abspath(argument["path"]))
