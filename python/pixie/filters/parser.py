"""Reading filters as they are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pixie.errors import InvalidInputError
from pixie.filters.tree import Filter

if TYPE_CHECKING:
    from lark import UnexpectedInput

CODE = "syntax"
"""The code of an error that is about how a filter is written."""

LONGEST = 1_000_000
"""Characters of a filter: room for the ids that it may name."""

_SHOWN = 60
"""Characters around a mistake that are shown."""

_EXPECTED = {
    "$END": "the end",
    **dict.fromkeys(("WORD", "QUOTED"), "a name"),
    **dict.fromkeys(("STRING", "DATE", "TRUE", "FALSE"), "a value"),
    "NUMBER": "a number",
    "COMPARISON": "a comparison such as =",
    "LPAR": "(",
    "RPAR": ")",
    "COMMA": ",",
    "DOT": ".",
}
"""What could stand somewhere, by the grammar's names; other names are the words themselves."""

_NAMES = {"WORD", "QUOTED"}
_VALUES = {"STRING", "DATE", "TRUE", "FALSE", "NUMBER", "QUOTED"}


def parse(text: str) -> Filter:
    """The filter that `text` says; see `Filter.parse`."""
    if not isinstance(text, str) or len(text) > LONGEST:
        raise InvalidInputError(
            f"a filter is {f'{len(text):,} characters long' if isinstance(text, str) else repr(text)}",
            fix=f"give a text of at most {LONGEST:,} characters",
            item="where",
            code=CODE,
        )
    # Here, because most commands read no filter.
    from lark import UnexpectedInput

    from pixie.filters.reading import LANGUAGE

    try:
        found = LANGUAGE.parse(text)
    except UnexpectedInput as error:
        raise _mistake(text, error) from None
    assert isinstance(found, Filter)
    return found


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
