"""The one module that Java calls: JSON and arrays in, JSON out, and no exception ever.

The functions are in `pixie.calls`; `docs/json.md` describes the JSON objects.
"""

from __future__ import annotations

import contextlib
import json
import platform
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pixie
from pixie.calls import all_collections as _all_collections  # noqa: F401 (enters its functions)
from pixie.calls import care as _care  # noqa: F401 (enters its functions into the table)
from pixie.calls import collections as _collections  # noqa: F401
from pixie.calls import contents as _contents  # noqa: F401
from pixie.calls import embedding as _embedding  # noqa: F401
from pixie.calls import indexes as _indexes  # noqa: F401
from pixie.calls import indexing as _indexing  # noqa: F401
from pixie.calls import reembedding as _reembedding  # noqa: F401
from pixie.calls import tables as _tables  # noqa: F401
from pixie.calls import watches as _watches  # noqa: F401
from pixie.calls.table import FUNCTIONS, function
from pixie.errors import PixieError
from pixie.query import Term

if TYPE_CHECKING:
    import numpy.typing as npt

_LAST_RESORT = (
    '{"error": {"type": "failure", "message": "an error occurred, and another one while it was described",'
    ' "fix": null, "item": null, "code": null, "traceback": ""}}'
)


def call(name: str, argument: str, *arrays: npt.NDArray[Any]) -> str:
    """Call a function by its name.

    Parameters
    ----------
    name
        One of `names`.
    argument
        A JSON object.
    *arrays
        C-contiguous float32 or uint8 arrays over the caller's memory, which is read and written during the
        call and not referred to after it.

    Returns
    -------
    str
        A JSON object in ASCII: ``{"ok": value}`` or ``{"error": error}``. Nothing is raised, not even for
        ``SystemExit``, which would end the JVM.
    """
    try:
        try:
            return _answer(name, argument, arrays)
        except BaseException as error:  # noqa: BLE001
            return _described(error)
    except BaseException:  # noqa: BLE001
        # Out of memory or of stack while the first error was put into words, or interrupted a second time.
        return _LAST_RESORT


def names() -> list[str]:
    """The functions there are."""
    return sorted(FUNCTIONS)


@function
def hello(_argument: dict[str, Any]) -> dict[str, Any]:
    """Who is speaking, so that the two halves can check that they belong together."""
    return {
        "version": pixie.__version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "package": str(Path(pixie.__file__).parent),
    }


@function
def parse_term(argument: dict[str, Any]) -> dict[str, Any]:
    """Read a term of a query as the command line takes it."""
    return Term.parse(argument["text"]).to_json()


def _answer(name: str, argument: str, arrays: tuple[npt.NDArray[Any], ...]) -> str:
    try:
        called = FUNCTIONS.get(name)
        if called is None:
            raise PixieError(
                f"Python's half of Pixie has no function {name!r}",
                fix="use the halves of one version of Pixie",
            )
        return json.dumps({"ok": called(json.loads(argument), *arrays)}, allow_nan=False)
    finally:
        _flush()


def _described(error: BaseException) -> str:
    if isinstance(error, PixieError):
        facts: dict[str, Any] = error.as_dict()
    else:
        name, said = type(error).__name__, _said(error)
        facts = {
            "type": "failure",
            "message": f"{name}: {said}" if said else name,
            "fix": None,
            "item": None,
            "code": None,
        }
    facts["traceback"] = "".join(traceback.format_exception(error))
    # The frames hold views of the caller's arrays, which end with the call.
    traceback.clear_frames(error.__traceback__)
    return json.dumps({"error": facts})


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (an exception's __str__ may itself be broken)
        return ""


def _flush() -> None:
    # The JVM does not end Python in order, so what stays in a buffer is lost.
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
