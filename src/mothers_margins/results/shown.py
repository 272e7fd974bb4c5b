"""A row of results as typed values: a number, hidden, missing, or zero by definition.

Tables, figures, alt texts and prose take every number from here, so that a hidden one cannot be
printed, compared, added up or drawn by mistake: whatever is done with it raises.
"""

from collections.abc import Callable, Hashable, Mapping
from math import exp, inf, isnan, nan
from typing import Any, NoReturn

from pandas.api.typing import NAType

from mothers_margins.errors import UsageError

Row = Mapping[Hashable, Any]  # of `Results`; a value has whatever type its column has
AMONG_WHOM = ("denominator", "missing")
# In a row that may be shown: columns that are held back alone, by the code in its note.
HELD_BACK = {"n_held_back": ("n", "n_events")}


class Number(float):
    """A number that may be shown."""


class StructuralZero(Number):
    """A zero that holds by definition."""


class Missing(Number):
    """No number: there was nothing to count or to compute. It counts as nan."""

    def __new__(cls, *_: object) -> "Missing":
        """A missing value has no number of its own, whatever it is made from."""
        return super().__new__(cls, nan)


class Hidden:
    """A number that disclosure control holds back. Nothing can be computed from it, not even
    whether it is zero.
    """

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise UsageError(
            "A suppressed number was used in a computation.",
            (),
            "Ask `is_hidden` first, or let `combined` pass it on.",
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = (
        _refuse
    )
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __neg__ = __pos__ = (
        __abs__
    ) = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __float__ = __int__ = __index__ = __round__ = __bool__ = __len__ = _refuse

    def __eq__(self, other: object) -> bool:
        """Equal to what is hidden too, and to nothing else: two hidden numbers cannot be told
        apart.
        """
        return isinstance(other, Hidden)

    def __hash__(self) -> int:
        return hash(Hidden)

    def __repr__(self) -> str:
        return "Hidden()"

    def __format__(self, form: str) -> str:
        """Without a form its repr; a number's form is refused."""
        if form:
            self._refuse()
        return repr(self)


Value = Number | Hidden


def shown(row: Row, column: str) -> Value:
    """The value of one numeric column of a results row.

    row: one row of `Results`, as a mapping. A row that is suppressed holds only hidden values,
    whatever stands in its cells, and so does a column that its note holds back; in a missing row,
    and where a cell is empty, the value is missing. A missing row still says among whom nothing
    could be computed: its columns AMONG_WHOM.
    """
    status = row["status"]
    if status == "suppressed":
        return Hidden()
    number = row[column]
    if any(column in HELD_BACK.get(code, ()) for code in str(row.get("note", "")).split()):
        return Hidden()
    if _empty(number) or (status == "missing" and column not in AMONG_WHOM):
        return Missing()
    if status == "structural_zero" and number == 0:
        return StructuralZero(number)
    return Number(number)


def _empty(number: float | NAType | None) -> bool:
    """Whether a cell holds no number: None, pandas' NA, or nan."""
    if number is None:
        return True
    return isinstance(number, NAType) or isnan(number)


def is_hidden(value: Value) -> bool:
    """Whether a value is held back."""
    return isinstance(value, Hidden)


def is_known(value: Value) -> bool:
    """Whether a value is a number that may be shown: neither hidden nor missing."""
    return isinstance(value, Number) and not isnan(value)


def combined(compute: Callable[..., float], *values: Value) -> Value:
    """What is computed from values: hidden if one of them is, missing if one of them is, else a
    number.

    compute: gets the numbers, in their order; it may answer nan where there is no result.
    """
    if any(is_hidden(value) for value in values):
        return Hidden()
    if not all(is_known(value) for value in values):
        return Missing()
    result = compute(*values)
    return Missing() if isnan(result) else Number(result)


def percent_of(part: Value, whole: Value) -> Value:
    """A share in per cent; missing where the whole is zero."""
    return combined(lambda n, of: 100 * n / of if of else nan, part, whole)


LARGEST_LOG = 700.0  # beyond it an odds ratio is more than a float holds


def odds(log_odds: Value) -> Value:
    """An odds ratio from its logarithm; beyond what a float holds, its largest number."""
    return combined(
        lambda number: 0.0 if number == -inf else exp(min(number, LARGEST_LOG)), log_odds
    )
