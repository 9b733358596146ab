"""Vector instructions that numba does not reach by itself, as intrinsics over addresses.

Each works on one of the `PATHS`. The path is the type of the first argument, a tuple of that length, so that
a function is compiled and cached once for each. All arithmetic that decides anything is in integers, or in
floats in one fixed order, so the paths give the same results to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pixie.index.codes import LANES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PATHS = {"plain": 1, "avx2": 2, "avx512": 3}
"""Length of the tuple that stands for each path."""

_I1, _I8, _I16, _I32, _I64 = (ir.IntType(bits) for bits in (1, 8, 16, 32, 64))
_F32, _F64 = ir.FloatType(), ir.DoubleType()
_NIBBLES = 0x0F0F0F0F
_IS_X86 = llvmlite.binding.get_process_triple().startswith(("x86_64", "i686"))


def _path(path: Any) -> str:
    return next(name for name, length in PATHS.items() if length == path.count)


def _vector(of: Any, lanes: int) -> Any:
    return ir.VectorType(of, lanes)


def _constant(of: Any, lanes: int, value: float) -> Any:
    return ir.Constant(_vector(of, lanes), [value] * lanes)


def _load(builder: Any, of: Any, base: Any, offset: Any = 0) -> Any:
    if isinstance(offset, int):
        offset = ir.Constant(_I64, offset)
    return builder.load(builder.inttoptr(builder.add(base, offset), of.as_pointer()), align=1)


def _splat(builder: Any, value: Any, lanes: int) -> Any:
    empty = ir.Constant(_vector(value.type, lanes), ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, empty, _constant(_I32, lanes, 0))


def _call(builder: Any, name: str, returns: Any, *arguments: Any) -> Any:
    kind = ir.FunctionType(returns, [argument.type for argument in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def _half(builder: Any, vector: Any, first: int, lanes: int) -> Any:
    places = ir.Constant(_vector(_I32, lanes), list(range(first, first + lanes)))
    return builder.shuffle_vector(vector, vector, places)


def _sum_of_lanes(builder: Any, vector: Any, add: Callable[[Any, Any], Any]) -> Any:
    lanes = vector.type.count
    while lanes > 1:
        lanes //= 2
        vector = add(_half(builder, vector, 0, lanes), _half(builder, vector, lanes, lanes))
    return builder.extract_element(vector, ir.Constant(_I32, 0))


def _accumulated(
    builder: Any, steps: Any, starts: Sequence[Any], step: Callable[[Any, list[Any]], list[Any]]
) -> list[Any]:
    """Values after `steps` turns of a loop that gets its counter and the values of the turn before."""
    places = [cgutils.alloca_once_value(builder, start) for start in starts]
    with cgutils.for_range(builder, steps, intp=_I64) as loop:
        for place, value in zip(
            places, step(loop.index, [builder.load(place) for place in places]), strict=True
        ):
            builder.store(value, place)
    return [builder.load(place) for place in places]


@intrinsic
def address(_typing: Any, array: Any) -> Any:
    """Where an array's first entry is."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.ptrtoint(data, _I64)

    return types.uintp(array), code


@intrinsic
def prefetch(_typing: Any, where: Any) -> Any:
    """Ask for the cache line at an address."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], _I8.as_pointer())
        hints = [ir.Constant(_I32, hint) for hint in (0, 3, 1)]
        _call(builder, "llvm.prefetch.p0", ir.VoidType(), pointer, *hints)
        return context.get_dummy_value()

    return types.void(types.uintp), code


@intrinsic
def lowest_bit(_typing: Any, bits: Any) -> Any:
    """The number of the lowest bit that is set in a uint16 other than 0."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.zext(builder.cttz(arguments[0], ir.Constant(_I1, 1)), _I64)

    return types.int64(types.uint16), code


@intrinsic
def cycles(_typing: Any) -> Any:
    """The processor's time stamp, int64; always 0 where none can be read."""

    def code(_context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        if not _IS_X86:
            return ir.Constant(_I64, 0)
        return _call(builder, "llvm.readcyclecounter", _I64)

    return types.int64(), code


@intrinsic
def head_scores(
    _typing: Any,
    path: Any,
    codes: Any,
    query: Any,
    groups: Any,
    offset: Any,
    scale: Any,
    bias: Any,
    out: Any,
) -> Any:
    """Write the scores of a block's 16 rows by their 4-bit codes.

    ``out[i] = bias[i] + scale * (2 * codes[i] . query - offset)``. `codes` holds 64 bytes for each of
    `groups`: 4 bytes a row, whose low halves are the codes of 4 dimensions and whose high halves those of the
    next 4. `query` holds 8 signed bytes a group.
    """
    kind = _path(path)

    def dots(builder: Any, codes: Any, query: Any, groups: Any) -> Any:
        def step(group: Any, sums: list[Any]) -> list[Any]:
            block = builder.add(codes, builder.mul(group, ir.Constant(_I64, 64)))
            ours = builder.add(query, builder.mul(group, ir.Constant(_I64, 8)))
            return turn(builder, block, ours, sums)

        turn = {"avx512": _turn_avx512, "avx2": _turn_avx2, "plain": _turn_plain}[kind]
        lanes = 8 if kind == "avx2" else LANES
        zero = _constant(_I32, lanes, 0)
        sums = _accumulated(builder, groups, [zero] * (4 if kind == "avx2" else 2), step)
        if kind == "avx2":
            first, last = builder.add(sums[0], sums[1]), builder.add(sums[2], sums[3])
            return builder.shuffle_vector(first, last, ir.Constant(_vector(_I32, LANES), list(range(LANES))))
        return builder.add(*sums)

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        _, codes, query, groups, offset, scale, bias, out = arguments
        total = dots(builder, codes, query, groups)
        doubled = builder.shl(total, _constant(_I32, LANES, 1))
        whole = builder.sitofp(builder.sub(doubled, _splat(builder, offset, LANES)), _vector(_F32, LANES))
        scores = builder.fadd(
            _load(builder, _vector(_F32, LANES), bias), builder.fmul(_splat(builder, scale, LANES), whole)
        )
        builder.store(scores, builder.inttoptr(out, scores.type.as_pointer())).align = 4
        return context.get_dummy_value()

    signature = types.void(
        path,
        types.uintp,
        types.uintp,
        types.int64,
        types.int32,
        types.float32,
        types.uintp,
        types.uintp,
    )
    return signature, code


@intrinsic
def column_dots(_typing: Any, path: Any, columns: Any, query: Any, groups: Any, out: Any) -> Any:
    """Write the products, int32, of 16 columns of 7-bit numbers with a query of signed bytes.

    `columns` holds 64 bytes for each of `groups`: 4 of each column, 0 to 127. `query` holds 4 bytes a group.
    """
    kind = _path(path)

    def step_avx512(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
        wide = sums[0].type
        ours = _splat(builder, _load(builder, _I32, query), 16)
        return [
            _call(builder, "llvm.x86.avx512.vpdpbusd.512", wide, sums[0], _load(builder, wide, block), ours)
        ]

    def step_avx2(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
        ours = builder.bitcast(_splat(builder, _load(builder, _I32, query), 8), _vector(_I8, 32))
        out = []
        for part in (0, 1):
            theirs = _load(builder, _vector(_I8, 32), block, 32 * part)
            # At most 127 * 127 * 2: no sum of two products saturates.
            pairs = _call(builder, "llvm.x86.avx2.pmadd.ub.sw", _vector(_I16, 16), theirs, ours)
            fours = _call(builder, "llvm.x86.avx2.pmadd.wd", _vector(_I32, 8), pairs, _constant(_I16, 16, 1))
            out.append(builder.add(sums[part], fours))
        return out

    def step_plain(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
        words, total = _load(builder, sums[0].type, block), sums[0]
        for byte in range(4):
            shifted = builder.lshr(words, _constant(_I32, 16, 8 * byte))
            weight = builder.sext(_load(builder, _I8, query, byte), _I32)
            product = builder.mul(
                builder.and_(shifted, _constant(_I32, 16, 127)), _splat(builder, weight, 16)
            )
            total = builder.add(total, product)
        return [total]

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        _, columns, query, groups, out = arguments
        turn = {"avx512": step_avx512, "avx2": step_avx2, "plain": step_plain}[kind]

        def step(group: Any, sums: list[Any]) -> list[Any]:
            block = builder.add(columns, builder.mul(group, ir.Constant(_I64, 64)))
            return turn(builder, block, builder.add(query, builder.mul(group, ir.Constant(_I64, 4))), sums)

        parts = 2 if kind == "avx2" else 1
        sums = _accumulated(builder, groups, [_constant(_I32, 16 // parts, 0)] * parts, step)
        lanes = 16 // parts
        for part, total in enumerate(sums):
            where = builder.add(out, ir.Constant(_I64, 4 * lanes * part))
            builder.store(total, builder.inttoptr(where, total.type.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.void(path, types.uintp, types.uintp, types.int64, types.uintp), code


def _largest(magnitudes: bool) -> Callable[..., Any]:
    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        numbers, chunks = arguments

        def larger(one: Any, other: Any) -> Any:
            return builder.select(builder.fcmp_ordered(">", one, other), one, other)

        def step(chunk: Any, best: list[Any]) -> list[Any]:
            found = _load(builder, _vector(_F32, LANES), numbers, builder.mul(chunk, ir.Constant(_I64, 64)))
            if magnitudes:
                bits = builder.bitcast(found, _vector(_I32, LANES))
                found = builder.bitcast(
                    builder.and_(bits, _constant(_I32, LANES, 0x7FFFFFFF)), _vector(_F32, LANES)
                )
            return [larger(found, best[0])]

        best = _accumulated(builder, chunks, [_constant(_F32, LANES, float("-inf"))], step)[0]
        return _sum_of_lanes(builder, best, larger)

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
            offset = builder.mul(chunk, ir.Constant(_I64, 64))
            ours = _load(builder, _vector(_F32, LANES), numbers, offset)
            theirs = _load(builder, _vector(_F32, LANES), others, offset)
            larger = builder.select(builder.fcmp_ordered(">", theirs, ours), theirs, ours)
            where = builder.inttoptr(builder.add(numbers, offset), larger.type.as_pointer())
            builder.store(larger, where).align = 4
            return []

        _accumulated(builder, chunks, [], step)
        return context.get_dummy_value()

    return types.void(types.uintp, types.uintp, types.int64), code


@intrinsic
def at_least(_typing: Any, scores: Any, floor: Any) -> Any:
    """A bit for each of the 16 float32 scores at an address that is `floor` or more."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        scores, floor = arguments
        found = _load(builder, _vector(_F32, LANES), scores)
        return builder.bitcast(builder.fcmp_ordered(">=", found, _splat(builder, floor, LANES)), _I16)

    return types.uint16(types.uintp, types.float32), code


@intrinsic
def count_at_least(_typing: Any, scores: Any, chunks: Any, floor: Any) -> Any:
    """How many of the `chunks` * 16 float32 scores at an address are `floor` or more."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        scores, chunks, floor = arguments
        floors = _splat(builder, floor, LANES)

        def step(chunk: Any, sums: list[Any]) -> list[Any]:
            found = _load(builder, _vector(_F32, LANES), scores, builder.mul(chunk, ir.Constant(_I64, 64)))
            reached = builder.zext(builder.fcmp_ordered(">=", found, floors), sums[0].type)
            return [builder.add(sums[0], reached)]

        total = _accumulated(builder, chunks, [_constant(_I32, LANES, 0)], step)[0]
        return builder.zext(_sum_of_lanes(builder, total, builder.add), _I64)

    return types.int64(types.uintp, types.int64, types.float32), code


def _turn_avx512(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
    wide = _vector(_I32, 16)
    both = _load(builder, wide, block)
    mask = _constant(_I32, 16, _NIBBLES)
    halves = (
        builder.and_(both, mask),
        builder.and_(builder.lshr(both, _constant(_I32, 16, 4)), mask),
    )
    return [
        _call(
            builder,
            "llvm.x86.avx512.vpdpbusd.512",
            wide,
            sums[half],
            halves[half],
            _splat(builder, _load(builder, _I32, query, 4 * half), 16),
        )
        for half in (0, 1)
    ]


def _turn_avx2(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
    wide, bytes_, words = _vector(_I32, 8), _vector(_I8, 32), _vector(_I16, 16)
    mask = _constant(_I32, 8, _NIBBLES)
    out = []
    for part in (0, 1):
        both = _load(builder, wide, block, 32 * part)
        halves = (
            builder.and_(both, mask),
            builder.and_(builder.lshr(both, _constant(_I32, 8, 4)), mask),
        )
        for half in (0, 1):
            ours = _splat(builder, _load(builder, _I32, query, 4 * half), 8)
            # At most 15 * 127 * 2: no sum of two products saturates.
            pairs = _call(
                builder,
                "llvm.x86.avx2.pmadd.ub.sw",
                words,
                builder.bitcast(halves[half], bytes_),
                builder.bitcast(ours, bytes_),
            )
            fours = _call(builder, "llvm.x86.avx2.pmadd.wd", wide, pairs, _constant(_I16, 16, 1))
            out.append(builder.add(sums[2 * part + half], fours))
    return out


def _turn_plain(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
    both = _load(builder, _vector(_I32, LANES), block)
    mask = _constant(_I32, LANES, 15)
    out = []
    for half in (0, 1):
        total = sums[half]
        for byte in range(4):
            shifted = builder.lshr(both, _constant(_I32, LANES, 8 * byte + 4 * half))
            weight = builder.sext(_load(builder, _I8, query, 4 * half + byte), _I32)
            product = builder.mul(builder.and_(shifted, mask), _splat(builder, weight, LANES))
            total = builder.add(total, product)
        out.append(total)
    return out


@intrinsic
def byte_dot(_typing: Any, path: Any, row: Any, query: Any, chunks: Any) -> Any:
    """The product of `chunks` * 64 unsigned bytes with as many signed ones."""
    kind = _path(path)

    def step_avx512(builder: Any, row: Any, query: Any, sums: list[Any]) -> list[Any]:
        wide = _vector(_I32, 16)
        ours, theirs = _load(builder, wide, row), _load(builder, wide, query)
        return [_call(builder, "llvm.x86.avx512.vpdpbusd.512", wide, sums[0], ours, theirs)]

    def step_avx2(builder: Any, row: Any, query: Any, sums: list[Any]) -> list[Any]:
        wide, words = _vector(_I32, 8), _vector(_I16, 16)
        total = sums[0]
        for part in range(4):
            ours = builder.zext(_load(builder, _vector(_I8, 16), row, 16 * part), words)
            theirs = builder.sext(_load(builder, _vector(_I8, 16), query, 16 * part), words)
            total = builder.add(total, _call(builder, "llvm.x86.avx2.pmadd.wd", wide, ours, theirs))
        return [total]

    def step_plain(builder: Any, row: Any, query: Any, sums: list[Any]) -> list[Any]:
        total = sums[0]
        for part in range(4):
            ours = builder.zext(_load(builder, _vector(_I8, 16), row, 16 * part), total.type)
            theirs = builder.sext(_load(builder, _vector(_I8, 16), query, 16 * part), total.type)
            total = builder.add(total, builder.mul(ours, theirs))
        return [total]

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        _, row, query, chunks = arguments
        turn = {"avx512": step_avx512, "avx2": step_avx2, "plain": step_plain}[kind]

        def step(chunk: Any, sums: list[Any]) -> list[Any]:
            offset = builder.mul(chunk, ir.Constant(_I64, 64))
            return turn(builder, builder.add(row, offset), builder.add(query, offset), sums)

        zero = _constant(_I32, 8 if kind == "avx2" else 16, 0)
        return _sum_of_lanes(builder, _accumulated(builder, chunks, [zero], step)[0], builder.add)

    return types.int32(path, types.uintp, types.uintp, types.int64), code


@intrinsic
def cosine(_typing: Any, row: Any, query: Any, dim: Any) -> Any:
    """The product of a float32 row with a float64 query, added up in float64 and in one fixed order."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        row, query, dim = arguments

        def eight(chunk: Any, sums: list[Any]) -> list[Any]:
            ours = builder.add(row, builder.mul(chunk, ir.Constant(_I64, 32)))
            theirs = builder.add(query, builder.mul(chunk, ir.Constant(_I64, 64)))
            wide = builder.fpext(_load(builder, _vector(_F32, 8), ours), _vector(_F64, 8))
            product = builder.fmul(wide, _load(builder, _vector(_F64, 8), theirs))
            return [builder.fadd(sums[0], product)]

        chunks = builder.udiv(dim, ir.Constant(_I64, 8))
        vector = _accumulated(builder, chunks, [_constant(_F64, 8, 0.0)], eight)[0]
        start = builder.mul(chunks, ir.Constant(_I64, 8))

        def one(left: Any, sums: list[Any]) -> list[Any]:
            place = builder.add(start, left)
            ours = _load(builder, _F32, row, builder.mul(place, ir.Constant(_I64, 4)))
            theirs = _load(builder, _F64, query, builder.mul(place, ir.Constant(_I64, 8)))
            return [builder.fadd(sums[0], builder.fmul(builder.fpext(ours, _F64), theirs))]

        total = _sum_of_lanes(builder, vector, builder.fadd)
        return _accumulated(builder, builder.sub(dim, start), [total], one)[0]

    return types.float64(types.uintp, types.uintp, types.int64), code
