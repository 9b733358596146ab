"""Products of coded rows with coded queries, as intrinsics over addresses.

Each works on one of the `PATHS`. The path is the type of the first argument, a tuple of that length, so that
a function is compiled and cached once for each. All arithmetic is in integers, and scores are made of those
in one fixed order, so the paths give the same results to the last bit.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pixie.index import emit
from pixie.index.codes import LANES

_NIBBLES = 0x0F0F0F0F


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
    kind = emit.path(path)

    def dots(builder: Any, codes: Any, query: Any, groups: Any) -> Any:
        def step(group: Any, sums: list[Any]) -> list[Any]:
            block = builder.add(codes, builder.mul(group, ir.Constant(emit.I64, 64)))
            ours = builder.add(query, builder.mul(group, ir.Constant(emit.I64, 8)))
            return turn(builder, block, ours, sums)

        turn = {"avx512": _turn_avx512, "avx2": _turn_avx2, "plain": _turn_plain}[kind]
        lanes = 8 if kind == "avx2" else LANES
        zero = emit.constant(emit.I32, lanes, 0)
        sums = emit.accumulated(builder, groups, [zero] * (4 if kind == "avx2" else 2), step)
        if kind == "avx2":
            first, last = builder.add(sums[0], sums[1]), builder.add(sums[2], sums[3])
            return builder.shuffle_vector(
                first, last, ir.Constant(emit.vector(emit.I32, LANES), list(range(LANES)))
            )
        return builder.add(*sums)

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        _, codes, query, groups, offset, scale, bias, out = arguments
        total = dots(builder, codes, query, groups)
        doubled = builder.shl(total, emit.constant(emit.I32, LANES, 1))
        whole = builder.sitofp(
            builder.sub(doubled, emit.splat(builder, offset, LANES)), emit.vector(emit.F32, LANES)
        )
        scores = builder.fadd(
            emit.load(builder, emit.vector(emit.F32, LANES), bias),
            builder.fmul(emit.splat(builder, scale, LANES), whole),
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


def _turn_avx512(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
    wide = emit.vector(emit.I32, 16)
    both = emit.load(builder, wide, block)
    mask = emit.constant(emit.I32, 16, _NIBBLES)
    halves = (
        builder.and_(both, mask),
        builder.and_(builder.lshr(both, emit.constant(emit.I32, 16, 4)), mask),
    )
    return [
        emit.call(
            builder,
            "llvm.x86.avx512.vpdpbusd.512",
            wide,
            sums[half],
            halves[half],
            emit.splat(builder, emit.load(builder, emit.I32, query, 4 * half), 16),
        )
        for half in (0, 1)
    ]


def _turn_avx2(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
    wide, bytes_, words = emit.vector(emit.I32, 8), emit.vector(emit.I8, 32), emit.vector(emit.I16, 16)
    mask = emit.constant(emit.I32, 8, _NIBBLES)
    out = []
    for part in (0, 1):
        both = emit.load(builder, wide, block, 32 * part)
        halves = (
            builder.and_(both, mask),
            builder.and_(builder.lshr(both, emit.constant(emit.I32, 8, 4)), mask),
        )
        for half in (0, 1):
            ours = emit.splat(builder, emit.load(builder, emit.I32, query, 4 * half), 8)
            # At most 15 * 127 * 2: no sum of two products saturates.
            pairs = emit.call(
                builder,
                "llvm.x86.avx2.pmadd.ub.sw",
                words,
                builder.bitcast(halves[half], bytes_),
                builder.bitcast(ours, bytes_),
            )
            fours = emit.call(builder, "llvm.x86.avx2.pmadd.wd", wide, pairs, emit.constant(emit.I16, 16, 1))
            out.append(builder.add(sums[2 * part + half], fours))
    return out


def _turn_plain(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
    both = emit.load(builder, emit.vector(emit.I32, LANES), block)
    mask = emit.constant(emit.I32, LANES, 15)
    out = []
    for half in (0, 1):
        total = sums[half]
        for byte in range(4):
            shifted = builder.lshr(both, emit.constant(emit.I32, LANES, 8 * byte + 4 * half))
            weight = builder.sext(emit.load(builder, emit.I8, query, 4 * half + byte), emit.I32)
            product = builder.mul(builder.and_(shifted, mask), emit.splat(builder, weight, LANES))
            total = builder.add(total, product)
        out.append(total)
    return out


@intrinsic
def column_dots(_typing: Any, path: Any, columns: Any, query: Any, groups: Any, out: Any) -> Any:
    """Write the products, int32, of 16 columns of 7-bit numbers with a query of signed bytes.

    `columns` holds 64 bytes for each of `groups`: 4 of each column, 0 to 127. `query` holds 4 bytes a group.
    """
    kind = emit.path(path)

    def step_avx512(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
        wide = sums[0].type
        ours = emit.splat(builder, emit.load(builder, emit.I32, query), 16)
        return [
            emit.call(
                builder, "llvm.x86.avx512.vpdpbusd.512", wide, sums[0], emit.load(builder, wide, block), ours
            )
        ]

    def step_avx2(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
        ours = builder.bitcast(
            emit.splat(builder, emit.load(builder, emit.I32, query), 8), emit.vector(emit.I8, 32)
        )
        out = []
        for part in (0, 1):
            theirs = emit.load(builder, emit.vector(emit.I8, 32), block, 32 * part)
            # At most 127 * 127 * 2: no sum of two products saturates.
            pairs = emit.call(builder, "llvm.x86.avx2.pmadd.ub.sw", emit.vector(emit.I16, 16), theirs, ours)
            fours = emit.call(
                builder,
                "llvm.x86.avx2.pmadd.wd",
                emit.vector(emit.I32, 8),
                pairs,
                emit.constant(emit.I16, 16, 1),
            )
            out.append(builder.add(sums[part], fours))
        return out

    def step_plain(builder: Any, block: Any, query: Any, sums: list[Any]) -> list[Any]:
        words, total = emit.load(builder, sums[0].type, block), sums[0]
        for byte in range(4):
            shifted = builder.lshr(words, emit.constant(emit.I32, 16, 8 * byte))
            weight = builder.sext(emit.load(builder, emit.I8, query, byte), emit.I32)
            product = builder.mul(
                builder.and_(shifted, emit.constant(emit.I32, 16, 127)), emit.splat(builder, weight, 16)
            )
            total = builder.add(total, product)
        return [total]

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        _, columns, query, groups, out = arguments
        turn = {"avx512": step_avx512, "avx2": step_avx2, "plain": step_plain}[kind]

        def step(group: Any, sums: list[Any]) -> list[Any]:
            block = builder.add(columns, builder.mul(group, ir.Constant(emit.I64, 64)))
            return turn(
                builder, block, builder.add(query, builder.mul(group, ir.Constant(emit.I64, 4))), sums
            )

        parts = 2 if kind == "avx2" else 1
        sums = emit.accumulated(builder, groups, [emit.constant(emit.I32, 16 // parts, 0)] * parts, step)
        lanes = 16 // parts
        for part, total in enumerate(sums):
            where = builder.add(out, ir.Constant(emit.I64, 4 * lanes * part))
            builder.store(total, builder.inttoptr(where, total.type.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.void(path, types.uintp, types.uintp, types.int64, types.uintp), code


@intrinsic
def byte_dot(_typing: Any, path: Any, row: Any, query: Any, chunks: Any) -> Any:
    """The product of `chunks` * 64 unsigned bytes with as many signed ones."""
    kind = emit.path(path)

    def step_avx512(builder: Any, row: Any, query: Any, sums: list[Any]) -> list[Any]:
        wide = emit.vector(emit.I32, 16)
        ours, theirs = emit.load(builder, wide, row), emit.load(builder, wide, query)
        return [emit.call(builder, "llvm.x86.avx512.vpdpbusd.512", wide, sums[0], ours, theirs)]

    def step_avx2(builder: Any, row: Any, query: Any, sums: list[Any]) -> list[Any]:
        wide, words = emit.vector(emit.I32, 8), emit.vector(emit.I16, 16)
        total = sums[0]
        for part in range(4):
            ours = builder.zext(emit.load(builder, emit.vector(emit.I8, 16), row, 16 * part), words)
            theirs = builder.sext(emit.load(builder, emit.vector(emit.I8, 16), query, 16 * part), words)
            total = builder.add(total, emit.call(builder, "llvm.x86.avx2.pmadd.wd", wide, ours, theirs))
        return [total]

    def step_plain(builder: Any, row: Any, query: Any, sums: list[Any]) -> list[Any]:
        total = sums[0]
        for part in range(4):
            ours = builder.zext(emit.load(builder, emit.vector(emit.I8, 16), row, 16 * part), total.type)
            theirs = builder.sext(emit.load(builder, emit.vector(emit.I8, 16), query, 16 * part), total.type)
            total = builder.add(total, builder.mul(ours, theirs))
        return [total]

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        _, row, query, chunks = arguments
        turn = {"avx512": step_avx512, "avx2": step_avx2, "plain": step_plain}[kind]

        def step(chunk: Any, sums: list[Any]) -> list[Any]:
            offset = builder.mul(chunk, ir.Constant(emit.I64, 64))
            return turn(builder, builder.add(row, offset), builder.add(query, offset), sums)

        zero = emit.constant(emit.I32, 8 if kind == "avx2" else 16, 0)
        return emit.sum_of_lanes(builder, emit.accumulated(builder, chunks, [zero], step)[0], builder.add)

    return types.int32(path, types.uintp, types.uintp, types.int64), code
