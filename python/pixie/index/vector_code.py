"""Instructions that numba does not reach by itself, as intrinsics over addresses; the same on every path.

Floats are added and compared in one fixed order, so all processors give the same results to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pixie.index import emit
from pixie.index.codes import LANES

if TYPE_CHECKING:
    from collections.abc import Callable

_IS_X86 = llvmlite.binding.get_process_triple().startswith(("x86_64", "i686"))


@intrinsic
def address(_typing: Any, array: Any) -> Any:
    """Where an array's first entry is."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.ptrtoint(data, emit.I64)

    return types.uintp(array), code


@intrinsic
def prefetch(_typing: Any, where: Any) -> Any:
    """Ask for the cache line at an address."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], emit.I8.as_pointer())
        hints = [ir.Constant(emit.I32, hint) for hint in (0, 3, 1)]
        emit.call(builder, "llvm.prefetch.p0", ir.VoidType(), pointer, *hints)
        return context.get_dummy_value()

    return types.void(types.uintp), code


@intrinsic
def lowest_bit(_typing: Any, bits: Any) -> Any:
    """The number of the lowest bit that is set in a uint16 other than 0."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.zext(builder.cttz(arguments[0], ir.Constant(emit.I1, 1)), emit.I64)

    return types.int64(types.uint16), code


@intrinsic
def cycles(_typing: Any) -> Any:
    """The processor's time stamp, int64; always 0 where none can be read."""

    def code(_context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        if not _IS_X86:
            return ir.Constant(emit.I64, 0)
        return emit.call(builder, "llvm.readcyclecounter", emit.I64)

    return types.int64(), code


def _largest(magnitudes: bool) -> Callable[..., Any]:
    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        numbers, chunks = arguments

        def larger(one: Any, other: Any) -> Any:
            return builder.select(builder.fcmp_ordered(">", one, other), one, other)

        def step(chunk: Any, best: list[Any]) -> list[Any]:
            found = emit.load(
                builder, emit.vector(emit.F32, LANES), numbers, builder.mul(chunk, ir.Constant(emit.I64, 64))
            )
            if magnitudes:
                bits = builder.bitcast(found, emit.vector(emit.I32, LANES))
                found = builder.bitcast(
                    builder.and_(bits, emit.constant(emit.I32, LANES, 0x7FFFFFFF)),
                    emit.vector(emit.F32, LANES),
                )
            return [larger(found, best[0])]

        best = emit.accumulated(builder, chunks, [emit.constant(emit.F32, LANES, float("-inf"))], step)[0]
        return emit.sum_of_lanes(builder, best, larger)

    return code


@intrinsic
def largest_of(_typing: Any, numbers: Any, chunks: Any) -> Any:
    """The largest of the `chunks` * 16 float32 numbers at an address; -inf of none."""
    return types.float32(types.uintp, types.int64), _largest(magnitudes=False)


@intrinsic
def largest_magnitude(_typing: Any, numbers: Any, chunks: Any) -> Any:
    """The largest magnitude of the `chunks` * 16 float32 numbers at an address; -inf of none."""
    return types.float32(types.uintp, types.int64), _largest(magnitudes=True)


@intrinsic
def raise_to(_typing: Any, numbers: Any, others: Any, chunks: Any) -> Any:
    """Put the larger of each pair of `chunks` * 16 float32 numbers at two addresses at the first."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        numbers, others, chunks = arguments

        def step(chunk: Any, _nothing: list[Any]) -> list[Any]:
            offset = builder.mul(chunk, ir.Constant(emit.I64, 64))
            ours = emit.load(builder, emit.vector(emit.F32, LANES), numbers, offset)
            theirs = emit.load(builder, emit.vector(emit.F32, LANES), others, offset)
            larger = builder.select(builder.fcmp_ordered(">", theirs, ours), theirs, ours)
            where = builder.inttoptr(builder.add(numbers, offset), larger.type.as_pointer())
            builder.store(larger, where).align = 4
            return []

        emit.accumulated(builder, chunks, [], step)
        return context.get_dummy_value()

    return types.void(types.uintp, types.uintp, types.int64), code


@intrinsic
def at_least(_typing: Any, scores: Any, floor: Any) -> Any:
    """A bit for each of the 16 float32 scores at an address that is `floor` or more."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        scores, floor = arguments
        found = emit.load(builder, emit.vector(emit.F32, LANES), scores)
        return builder.bitcast(builder.fcmp_ordered(">=", found, emit.splat(builder, floor, LANES)), emit.I16)

    return types.uint16(types.uintp, types.float32), code


@intrinsic
def count_at_least(_typing: Any, scores: Any, chunks: Any, floor: Any) -> Any:
    """How many of the `chunks` * 16 float32 scores at an address are `floor` or more."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        scores, chunks, floor = arguments
        floors = emit.splat(builder, floor, LANES)

        def step(chunk: Any, sums: list[Any]) -> list[Any]:
            found = emit.load(
                builder, emit.vector(emit.F32, LANES), scores, builder.mul(chunk, ir.Constant(emit.I64, 64))
            )
            reached = builder.zext(builder.fcmp_ordered(">=", found, floors), sums[0].type)
            return [builder.add(sums[0], reached)]

        total = emit.accumulated(builder, chunks, [emit.constant(emit.I32, LANES, 0)], step)[0]
        return builder.zext(emit.sum_of_lanes(builder, total, builder.add), emit.I64)

    return types.int64(types.uintp, types.int64, types.float32), code


@intrinsic
def cosine(_typing: Any, row: Any, query: Any, dim: Any) -> Any:
    """The product of a float32 row with a float64 query, added up in float64 and in one fixed order."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        row, query, dim = arguments

        def eight(chunk: Any, sums: list[Any]) -> list[Any]:
            ours = builder.add(row, builder.mul(chunk, ir.Constant(emit.I64, 32)))
            theirs = builder.add(query, builder.mul(chunk, ir.Constant(emit.I64, 64)))
            wide = builder.fpext(emit.load(builder, emit.vector(emit.F32, 8), ours), emit.vector(emit.F64, 8))
            product = builder.fmul(wide, emit.load(builder, emit.vector(emit.F64, 8), theirs))
            return [builder.fadd(sums[0], product)]

        chunks = builder.udiv(dim, ir.Constant(emit.I64, 8))
        vector = emit.accumulated(builder, chunks, [emit.constant(emit.F64, 8, 0.0)], eight)[0]
        start = builder.mul(chunks, ir.Constant(emit.I64, 8))

        def one(left: Any, sums: list[Any]) -> list[Any]:
            place = builder.add(start, left)
            ours = emit.load(builder, emit.F32, row, builder.mul(place, ir.Constant(emit.I64, 4)))
            theirs = emit.load(builder, emit.F64, query, builder.mul(place, ir.Constant(emit.I64, 8)))
            return [builder.fadd(sums[0], builder.fmul(builder.fpext(ours, emit.F64), theirs))]

        total = emit.sum_of_lanes(builder, vector, builder.fadd)
        return emit.accumulated(builder, builder.sub(dim, start), [total], one)[0]

    return types.float64(types.uintp, types.uintp, types.int64), code
