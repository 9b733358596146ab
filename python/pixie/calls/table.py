"""The table of functions that can be called by name, and the handles that stand for what they opened."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pixie.errors import ClosedError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Function = Callable[..., dict[str, Any]]

FUNCTIONS: dict[str, Function] = {}

F = TypeVar("F", bound="Function")
T = TypeVar("T")

_numbers = itertools.count(1)


def function(called: F) -> F:
    """Enter a function under its own name."""
    FUNCTIONS[called.__name__] = called
    return called


class Handles(Generic[T]):
    """Open objects by number; a number is never used twice. Safe to use from any thread.

    Parameters
    ----------
    what
        What an object is called in messages.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._open: dict[int, T] = {}
        self._guard = threading.Lock()

    def add(self, opened: T) -> int:
        """A number for `opened`."""
        with self._guard:
            number = next(_numbers)
            self._open[number] = opened
            return number

    def get(self, number: int) -> T:
        """What has this number.

        Raises
        ------
        ClosedError
            It was closed, or there never was one.
        """
        with self._guard:
            opened = self._open.get(number)
        if opened is None:
            raise ClosedError(f"the {self._what} {number} is closed", fix=f"open the {self._what} again")
        return opened

    def pop(self, number: int) -> T | None:
        """What has this number, which it then has no more; None when nothing has."""
        with self._guard:
            return self._open.pop(number, None)


def check_array(array: npt.NDArray[Any], dtype: str, shape: tuple[int, ...], name: str) -> None:
    """Refuse an array that is not C-contiguous, of `dtype`, and of `shape` or longer.

    Checked before anything is read or written, because the memory is not Python's.
    """
    fits = array.ndim == len(shape) and array.shape[0] >= shape[0] and array.shape[1:] == shape[1:]
    if array.dtype != dtype or not fits or not array.flags.c_contiguous:
        raise InvalidInputError(
            f"the array {name} is {array.dtype} {array.shape}, not {dtype} {shape}",
            fix="give a C-contiguous array of that type and shape",
        )
