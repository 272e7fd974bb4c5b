"""What the values of a column are, whatever holds them: one answer for equations, formulas and
outcomes.

A container says little: pandas holds 0, 1 and None as objects, a .dta file gives categories, a
parquet file types of pyarrow. So the values are asked.
"""

from collections.abc import Hashable
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Literal

import numpy as np
import pandas as pd

Array = np.ndarray
Kind = Literal["numbers", "truths", "texts", "levels", "times", "other"]
IN_WORDS: dict[Kind, str] = {
    "numbers": "numbers",
    "truths": "truth values",
    "texts": "texts",
    "levels": "levels",
    "times": "dates or times",
    "other": "something else",
}
DATES = (date, time, timedelta, np.datetime64, np.timedelta64, pd.Period)
# More different texts than this, and than one in so many rows, are an id or free text.
MANY_TEXTS, ROWS_PER_TEXT = 10, 5


def kinds_of(column: pd.Series) -> tuple[Kind, ...]:
    """The kinds of values that a column holds: one, unless it is mixed; numbers if it is empty.

    Categories are levels, of whatever they are made, because somebody has declared them.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return ("levels",)
    if pd.api.types.is_bool_dtype(dtype):
        return ("truths",)
    if pd.api.types.is_integer_dtype(dtype) or pd.api.types.is_float_dtype(dtype):
        return ("numbers",)
    types = {type(value) for value in column.dropna().astype(object)}
    kinds = sorted({_kind_of_type(of_value) for of_value in types})
    return tuple(kinds) or ("numbers",)


def _kind_of_type(of_value: type) -> Kind:
    # dates first: numpy counts its timedelta64 among the whole numbers
    if issubclass(of_value, DATES):
        return "times"
    if issubclass(of_value, bool | np.bool_):
        return "truths"
    if issubclass(of_value, Real | Decimal):
        return "numbers"
    return "texts" if issubclass(of_value, str) else "other"


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers and nothing else; truth values are levels."""
    return kinds_of(column) == ("numbers",)


def is_text(column: pd.Series) -> bool:
    """Whether a column holds texts, which have no order of their own."""
    return kinds_of(column) == ("texts",)


def as_numbers(column: pd.Series) -> Array:
    """Numbers or truth values as floats, nan where one is missing."""
    if column.dtype.kind in "biuf":
        return column.to_numpy(dtype=float, na_value=np.nan)
    known = column.notna().to_numpy(dtype=bool)
    numbers = np.full(len(column), np.nan)
    numbers[known] = [float(value) for value in column[known].astype(object)]
    return numbers


def as_event(column: pd.Series) -> Array | None:
    """1 and 0, nan where one is missing, from numbers, truth values, or Yes and No, categories of
    them among them; None where a column holds anything else.
    """
    held = column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    kinds = {*kinds_of(held)}
    if kinds == {"texts"}:
        answers = held.map({"Yes": 1.0, "No": 0.0}).to_numpy(dtype=float, na_value=np.nan)
    elif kinds <= {"numbers", "truths"}:
        answers = as_numbers(held)
    else:
        return None
    known = held.notna().to_numpy(dtype=bool)
    return answers if np.isin(answers[known], (0.0, 1.0)).all() else None


def fault_of(column: pd.Series) -> str:
    """Why a column can enter no equation and no formula; empty where it can. Holds no value."""
    kinds = kinds_of(column)
    if len(kinds) > 1:
        return f"holds {' and '.join(IN_WORDS[kind] for kind in kinds)} together"
    if kinds[0] in ("times", "other"):
        return f"is neither numbers nor levels ({IN_WORDS[kinds[0]]})"
    if kinds == ("numbers",):
        infinite = int(np.isinf(as_numbers(column)).sum())
        return f"has infinite values ({infinite})" if infinite else ""
    return _too_many_texts(column) if kinds == ("texts",) else ""


def _too_many_texts(column: pd.Series) -> str:
    """Free text and ids would make a column of nearly every row."""
    different, known = column.nunique(), int(column.notna().sum())
    if different <= max(MANY_TEXTS, known / ROWS_PER_TEXT):
        return ""
    return (
        f"holds {different} different texts in {known} rows, as an id or free text does; if they "
        "are levels, make categories of them"
    )


def plain(column: pd.Series) -> pd.Series:
    """A column in the type in which formulas read its kind: floats, truth values, or categories
    without levels that nobody has.

    Texts have no order: theirs is that of the alphabet, and the first is what others are compared
    with. Missing truth values make floats. The column is one that `fault_of` lets pass.
    """
    (kind,) = kinds_of(column)
    if kind == "levels":
        return column.cat.remove_unused_categories()
    if kind == "texts":
        texts = column.astype(object).map(str, na_action="ignore")
        return pd.Series(pd.Categorical(texts), index=column.index, name=column.name)
    numbers = pd.Series(as_numbers(column), index=column.index, name=column.name)
    return numbers.astype(bool) if kind == "truths" and column.notna().all() else numbers


def levels_in_order(column: pd.Series) -> tuple[Hashable, ...]:
    """The levels that a column has: in their declared order where there is one, else sorted."""
    observed = set(column.dropna().unique().tolist())
    if isinstance(column.dtype, pd.CategoricalDtype):
        return tuple(level for level in column.dtype.categories if level in observed)
    try:
        return tuple(sorted(observed))
    except TypeError:  # levels of different types
        return tuple(sorted(observed, key=str))


def has_order(column: pd.Series) -> bool:
    """Whether the levels of a column have an order that nobody made up: numbers, truth values, and
    categories declared as ordered.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return bool(column.dtype.ordered)
    return kinds_of(column) in (("numbers",), ("truths",))
