"""Writing vector instructions in LLVM's form, for what numba does not reach by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import cgutils

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PATHS = {"plain": 1, "avx2": 2, "avx512": 3}
"""Length of the tuple that stands for each path."""

I1, I8, I16, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 16, 32, 64))
F32, F64 = ir.FloatType(), ir.DoubleType()


def path(of: Any) -> str:
    """Which of `PATHS` a type stands for."""
    return next(name for name, length in PATHS.items() if length == of.count)


def vector(of: Any, lanes: int) -> Any:
    """The type of so many lanes."""
    return ir.VectorType(of, lanes)


def constant(of: Any, lanes: int, value: float) -> Any:
    """A number in every lane."""
    return ir.Constant(vector(of, lanes), [value] * lanes)


def load(builder: Any, of: Any, base: Any, offset: Any = 0) -> Any:
    """What is at an address, aligned or not."""
    if isinstance(offset, int):
        offset = ir.Constant(I64, offset)
    return builder.load(builder.inttoptr(builder.add(base, offset), of.as_pointer()), align=1)


def splat(builder: Any, value: Any, lanes: int) -> Any:
    """A value in every lane."""
    empty = ir.Constant(vector(value.type, lanes), ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(I32, 0))
    return builder.shuffle_vector(first, empty, constant(I32, lanes, 0))


def call(builder: Any, name: str, returns: Any, *arguments: Any) -> Any:
    """What an instruction gives, by LLVM's name for it."""
    kind = ir.FunctionType(returns, [argument.type for argument in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def half(builder: Any, wide: Any, first: int, lanes: int) -> Any:
    """Some of the lanes, from the first of them on."""
    places = ir.Constant(vector(I32, lanes), list(range(first, first + lanes)))
    return builder.shuffle_vector(wide, wide, places)


def sum_of_lanes(builder: Any, wide: Any, add: Callable[[Any, Any], Any]) -> Any:
    """What `add` makes of all lanes, halves first."""
    lanes = wide.type.count
    while lanes > 1:
        lanes //= 2
        wide = add(half(builder, wide, 0, lanes), half(builder, wide, lanes, lanes))
    return builder.extract_element(wide, ir.Constant(I32, 0))


def accumulated(
    builder: Any, steps: Any, starts: Sequence[Any], step: Callable[[Any, list[Any]], list[Any]]
) -> list[Any]:
    """Values after `steps` turns of a loop that gets its counter and the values of the turn before."""
    places = [cgutils.alloca_once_value(builder, start) for start in starts]
    with cgutils.for_range(builder, steps, intp=I64) as loop:
        for place, value in zip(
            places, step(loop.index, [builder.load(place) for place in places]), strict=True
        ):
            builder.store(value, place)
    return [builder.load(place) for place in places]
