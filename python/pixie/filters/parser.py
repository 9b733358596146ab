"""Reading filters as they are written."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixie.errors import InvalidInputError
from pixie.filters.names import Name
from pixie.filters.tree import And, Filter, Has, In, Near, Not, Null, Or, Test, Value

if TYPE_CHECKING:
    from lark import Lark, Token, UnexpectedInput

CODE = "syntax"
"""The code of an error that is about how a filter is written."""

LONGEST = 1_000_000
"""Characters of a filter: room for the ids that it may name."""

_SHOWN = 60
"""Characters around a mistake that are shown."""

_OPERATORS = {written: name for name, written in Test.OPERATORS.items()} | {"==": "eq", "<>": "ne"}

_EXPECTED = {
    "$END": "the end",
    **dict.fromkeys(("WORD", "QUOTED"), "a name"),
    **dict.fromkeys(("STRING", "DATE", "TRUE", "FALSE"), "a value"),
    "NUMBER": "a number",
    "COMPARISON": "a comparison such as =",
    **{"LPAR": "(", "RPAR": ")", "COMMA": ",", "DOT": "."},
}
"""What could stand somewhere, by the grammar's names; other names are the words themselves."""

_NAMES = {"WORD", "QUOTED"}
_VALUES = {"STRING", "DATE", "TRUE", "FALSE", "NUMBER", "QUOTED"}


def parse(text: str) -> Filter:
    """The filter that `text` says; see `Filter.parse`."""
    from lark import UnexpectedInput

    if not isinstance(text, str) or len(text) > LONGEST:
        raise InvalidInputError(
            f"a filter is {f'{len(text):,} characters long' if isinstance(text, str) else repr(text)}",
            fix=f"give a text of at most {LONGEST:,} characters",
            item="where",
            code=CODE,
        )
    try:
        found: Any = _grammar().parse(text)
    except UnexpectedInput as error:
        raise _mistake(text, error) from None
    assert isinstance(found, Filter)
    return found


@functools.cache
def _grammar() -> Lark:
    from lark import Lark, Transformer, v_args

    class _Builder(Transformer[Any, Any]):
        """Makes a filter of what was read, from the inside out and without recursion."""

        def start(self, parts: list[Any]) -> Filter:
            found: Filter = parts[0]
            return found

        def or_(self, parts: list[Any]) -> Filter:
            return Or(tuple(parts[::2]))

        def and_(self, parts: list[Any]) -> Filter:
            return And(tuple(parts[::2]))

        def not_(self, parts: list[Any]) -> Filter:
            return Not(parts[1])

        def test(self, parts: list[Any]) -> Filter:
            name, operator, value = parts
            return Test(_OPERATORS[operator.lower()], name, value)

        def not_test(self, parts: list[Any]) -> Filter:
            return Not(self.test([parts[0], *parts[2:]]))

        def in_(self, parts: list[Any]) -> Filter:
            return In(parts[0], tuple(parts[2:]))

        def not_in(self, parts: list[Any]) -> Filter:
            return Not(In(parts[0], tuple(parts[3:])))

        def null(self, parts: list[Any]) -> Filter:
            return Null(parts[0])

        def has(self, parts: list[Any]) -> Filter:
            return Has(next(part for part in parts if isinstance(part, Name)))

        def near(self, parts: list[Any]) -> Filter:
            return Near(*(_number(token) for token in parts[1:]))

        def name(self, parts: list[Any]) -> Name:
            return Name.of_parts(tuple(parts))

        def part(self, parts: list[Token]) -> str:
            return _text(parts[0]) if parts[0].type == "QUOTED" else str(parts[0])

        def text(self, parts: list[Token]) -> str:
            return _text(parts[0])

        def date(self, parts: list[Token]) -> str:
            return str(parts[0])

        def number(self, parts: list[Token]) -> Value:
            return _number(parts[0])

        @v_args(inline=True)
        def true(self, _word: Token) -> bool:
            return True

        @v_args(inline=True)
        def false(self, _word: Token) -> bool:
            return False

    grammar = (Path(__file__).parent / "filter.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_Builder(), maybe_placeholders=False)


def _text(token: Token) -> str:
    quote = token[0]
    return token[1:-1].replace(2 * quote, quote)


def _number(token: Token) -> int | float:
    # The reader of integers refuses thousands of digits; as a float they are infinite, which a value may not be.
    return int(token) if re.fullmatch(r"[+-]?\d{1,400}", token, re.ASCII) else float(token)


def _mistake(text: str, error: UnexpectedInput) -> InvalidInputError:
    """What is wrong, where, and what could stand there."""
    at = len(text.rstrip()) if _at_end(error) else min(error.pos_in_stream or 0, len(text))
    found = "it ends there" if at >= len(text.rstrip()) else f"found {_word_at(text, at)!r}"
    state = getattr(error, "interactive_parser", None)
    expected = _spoken(set() if state is None else state.accepts())
    return InvalidInputError(
        f"the filter is wrong at character {at + 1}: expected {expected}; {found}\n{_pointed_at(text, at)}",
        fix=_hint(text, at),
        item="where",
        code=CODE,
    )


def _at_end(error: UnexpectedInput) -> bool:
    token = getattr(error, "token", None)
    return token is not None and token.type == "$END"


def _word_at(text: str, at: int) -> str:
    found = re.compile(r"\w+|.", re.DOTALL).match(text, at)
    return found[0][:_SHOWN] if found else ""


def _hint(text: str, at: int) -> str:
    if text[at : at + 4].lower() == "null":
        return "to ask for what is not there, write: NAME is null"
    if text[at : at + 1] in ("'", '"'):
        return "end the text with the quotation mark that it begins with; twice in a text is one"
    return "texts stand in single quotes, odd names in double quotes; see docs/filters.md"


def _spoken(terminals: set[str]) -> str:
    """What could stand somewhere, in words and the same order every time."""
    said = {_EXPECTED.get(terminal, terminal.lower()) for terminal in terminals}
    if not terminals & _NAMES - _VALUES:
        said.discard("a name")
    if "STRING" in terminals:
        said -= {"a number"}
    words = sorted(said, key=lambda word: (not word.startswith("a "), word == "the end", word))
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "something else"


def _pointed_at(text: str, at: int) -> str:
    """The part of the filter around a character, and a line with a caret below that."""
    begin = max(0, at - _SHOWN)
    shown = "".join(c if c.isprintable() else " " for c in text[begin : at + _SHOWN])
    return f"  {shown}\n  {' ' * (at - begin)}^"
