"""Rule filters: OGC CQL2 text, answered with yes, no or not known.

The text is parsed by a library; here its tree is evaluated over a frame with pandas' three-valued logic. A
missing value, and the value ``unknown``, make a comparison *not known* (``NA``), which is never the same as no:
``NA AND FALSE`` is false, ``NA OR TRUE`` is true.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import cql2
import pandas as pd

from geoprox.errors import FilterError

Answers = pd.Series  # of dtype boolean: True, False or NA
# CQL2 JSON, as far as _check lets it through: what is met or not, and what is compared
Tree: TypeAlias = Mapping[str, Any] | bool
Operand: TypeAlias = Mapping[str, Any] | str | float
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter: its text, its tree (CQL2 JSON) and the names it uses."""

    text: str
    tree: Mapping[str, Any]
    names: frozenset[str]


def parse_filter(text: str) -> Filter:
    """Parse CQL2 text such as ``link_country IN ('CN') AND ownership_share >= 0.2``.

    Raises
    ------
    FilterError
        The text is not CQL2, or uses an operator that geoprox does not evaluate.
    """
    try:
        tree: Any = cql2.parse_text(text).to_json()
    except (cql2.ParseError, cql2.ValidationError) as error:
        message = f"filter {text!r} is not CQL2: {' '.join(str(error).split())}"
        raise FilterError(message) from error
    if not _is_condition(tree):
        message = f"filter {text!r} asks nothing; compare a column with a value, as in kind = 'port'"
        raise FilterError(message)
    return Filter(text, tree, frozenset(_check(tree, text)))


def answer(condition: Filter | None, frame: pd.DataFrame) -> Answers:
    """Return, on the frame's index, whether each row meets the filter: True, False, or NA for not known.

    No filter is met by every row. A column the frame lacks is not known.
    """
    if condition is None:
        return pd.Series(data=True, index=frame.index, dtype="boolean")
    return _truth(condition.tree, frame, condition.text)


def missing_facts(condition: Filter, frame: pd.DataFrame) -> list[str]:
    """Return, for each row, which of the columns that a filter asks for are not known, joined by commas."""
    lost = [(_column({"property": name}, frame).isna(), name) for name in sorted(condition.names)]
    return [", ".join(name for isna, name in lost if isna.loc[row]) for row in frame.index]


def _check(tree: object, text: str) -> list[str]:
    """Return the property names in a tree; raise for what cannot be evaluated."""
    if isinstance(tree, list):
        return [name for child in tree for name in _check(child, text)]
    if not isinstance(tree, dict):
        return []
    if "property" in tree:
        return [tree["property"]]
    if tree.get("op") not in _TRUTH:
        what = tree.get("op") or ", ".join(tree)
        message = f"filter {text!r} uses {what!r}; geoprox evaluates {', '.join(_TRUTH)}"
        raise FilterError(message)
    names = _check(tree["args"], text)
    if not _SHAPES.get(tree["op"], _is_comparison)(tree["args"]):
        message = f"filter {text!r}: {tree['op']} does not stand between such values; see OGC CQL2"
        raise FilterError(message)
    return names


def _truth(tree: Tree, frame: pd.DataFrame, text: str) -> Answers:
    if isinstance(tree, bool):
        return pd.Series(tree, index=frame.index, dtype="boolean")
    return _TRUTH[tree["op"]](tree["args"], frame, text)


def _is_condition(arg: object) -> bool:
    return isinstance(arg, bool) or (isinstance(arg, Mapping) and "op" in arg)


def _is_operand(arg: object) -> bool:
    return isinstance(arg, str | float | int) or (isinstance(arg, Mapping) and "property" in arg)


def _is_comparison(args: list[Any]) -> bool:
    return all(_is_operand(arg) for arg in args)


def _values(operand: Operand, frame: pd.DataFrame) -> pd.Series | Operand:
    """Return a column without its unknowns, or a literal."""
    if not (isinstance(operand, Mapping) and "property" in operand):
        return operand
    name: str = operand["property"]
    if name not in frame.columns:
        return pd.Series(pd.NA, index=frame.index, dtype="string")
    column = frame[name]
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("Float64")
    column = column.astype("string")
    return column.mask(column == _UNKNOWN)


def _is_known(operand: Operand, frame: pd.DataFrame) -> bool:
    """Return whether an operand is a literal or a column that the frame has."""
    return not isinstance(operand, Mapping) or operand["property"] in frame.columns


def _column(operand: Operand, frame: pd.DataFrame) -> pd.Series:
    """Return a column without its unknowns, or a literal as a column."""
    return pd.Series(_values(operand, frame), index=frame.index)


def _compare(name: str) -> "Callable[[list[Any], pd.DataFrame, str], Answers]":
    compare: Callable[[Any, Any], Any] = {
        "=": operator.eq,
        "<>": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }[name]

    def truth(args: list[Any], frame: pd.DataFrame, text: str) -> Answers:
        if not all(_is_known(arg, frame) for arg in args):
            return pd.Series(pd.NA, index=frame.index, dtype="boolean")
        left, right = (_values(arg, frame) for arg in args)
        _require_alike(left, right, text)
        return pd.Series(compare(left, right), index=frame.index).astype("boolean")

    return truth


def _and(args: list[Any], frame: pd.DataFrame, text: str) -> Answers:
    first, *rest = (_truth(arg, frame, text) for arg in args)
    for other in rest:
        first = first & other
    return first


def _or(args: list[Any], frame: pd.DataFrame, text: str) -> Answers:
    first, *rest = (_truth(arg, frame, text) for arg in args)
    for other in rest:
        first = first | other
    return first


def _not(args: list[Any], frame: pd.DataFrame, text: str) -> Answers:
    return ~_truth(args[0], frame, text)


def _in(args: list[Any], frame: pd.DataFrame, text: str) -> Answers:
    if not _is_known(args[0], frame):
        return pd.Series(pd.NA, index=frame.index, dtype="boolean")
    column, choices = _column(args[0], frame), args[1]
    for choice in choices:
        _require_alike(column, choice, text)
    return column.isin(choices).astype("boolean").mask(column.isna())


def _between(args: list[Any], frame: pd.DataFrame, text: str) -> Answers:
    return _and([{"op": ">=", "args": [args[0], args[1]]}, {"op": "<=", "args": [args[0], args[2]]}], frame, text)


def _like(args: list[Any], frame: pd.DataFrame, text: str) -> Answers:
    column, pattern = _column(args[0], frame), args[1]
    _require_alike(column, pattern, text)
    regex = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)
    return column.str.fullmatch(regex, flags=re.DOTALL).astype("boolean")


def _is_null(args: list[Any], frame: pd.DataFrame, text: str) -> Answers:
    del text
    return _column(args[0], frame).isna().astype("boolean")


def _require_alike(left: object, right: object, text: str) -> None:
    """Raise where text is compared with a number."""
    numeric = [
        pd.api.types.is_numeric_dtype(x) if isinstance(x, pd.Series) else isinstance(x, int | float)
        for x in (left, right)
    ]
    if numeric[0] != numeric[1]:
        message = f"filter {text!r} compares text with a number; put text in single quotes and numbers without"
        raise FilterError(message)


# what may stand after an operator; where nothing is said, columns and literals
_SHAPES: dict[str, Callable[[list[Any]], bool]] = {
    **dict.fromkeys(("and", "or", "not"), lambda args: all(_is_condition(arg) for arg in args)),
    "in": lambda args: _is_operand(args[0]) and all(isinstance(choice, str | float | int) for choice in args[1]),
    "like": lambda args: _is_operand(args[0]) and isinstance(args[1], str),
}
_TRUTH: dict[str, Callable[[list[Any], pd.DataFrame, str], Answers]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    **{name: _compare(name) for name in ("=", "<>", "<", "<=", ">", ">=")},
    "in": _in,
    "between": _between,
    "like": _like,
    "isNull": _is_null,
}
