"""Comparisons of two groups as they may be released.

Test statistics, their degrees of freedom and the effects made from them (Cramér's V, probability of
superiority) are never released. Of levels p has its decimals where no cell and no base of the
variable is hidden in either group, else it is a class, if that leaves every small count enough
values, else nothing. A difference is what two printed shares say: in the form of counts that of the
shares, else it is made again from what is printed (shares of all in the column, whole per cent of
those known), so that it tells nothing more. Of numbers everything needs both bases, and more than
two different values in each group; but a class of p, only that some participants more or fewer
would not change it. A row that holds p and an effect becomes
two, so that each is shown or suppressed by itself. Rows of a variable for which another one stands
in what is released are left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, nan, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from mothers_margins.release.columns import (
    Told,
    is_all_told,
    most_of,
    percent_told,
    planned_group,
    told,
)
from mothers_margins.release.digits import p_as_class, p_to_decimals, to_decimals
from mothers_margins.release.p_classes import (
    QuotedTest,
    ToldTable,
    class_is_steady,
    class_may_be_shown,
)
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.release.withheld import Withheld, emptied, is_vetoed, varies, with_numbers
from mothers_margins.results.results import About, Record, Results, Row, checked, codes, tidy
from mothers_margins.results.shown import is_known, shown

KIND = "comparisons"
# Of effects only these are printed; the others are test statistics in another form.
DIFFERENCES = ("difference", "difference_of_means")
STANDARDISED = "standardised_difference"
BY_DEFINITION = ("groups_made_from_it", "zero_by_definition", "too_many_tables")
OF_ALL = "shares_of_all"  # note: of all in the column, who is not known counted with the rest
OF_WHOLE_PERCENT = "from_whole_percent"  # note: made from the printed whole per cent
ASKED_FOR = "asked_for"


class _Share(NamedTuple):
    """A printed share: how many of how many, both as a reader would take them."""

    part: float
    base: float

    @property
    def value(self) -> float:
        """The share, from 0 to 1."""
        return self.part / self.base


@dataclass(frozen=True, eq=False)
class _Variable:
    """A variable, as it is protected, in the two groups that are compared."""

    protected: ProtectedStudy
    name: str
    groups: tuple[str, str]

    @property
    def form(self) -> str:
        """The form that it is printed in."""
        return self.protected.form(self.name)

    @property
    def has_bases(self) -> bool:
        """Whether both bases are told."""
        return all(self.protected.has_base(self.name, group) for group in self.groups)

    @property
    def known(self) -> tuple[int, int]:
        """How many of each group have a known value."""
        first, second = (self.protected.known(self.name, group) for group in self.groups)
        return first, second

    @property
    def is_number(self) -> bool:
        """Whether it is a number, which has no levels."""
        planned = self.protected.variable(self.name)
        return planned is not None and planned.is_number

    @property
    def is_all_told(self) -> bool:
        """Whether nothing of it is hidden in the two groups."""
        return is_all_told(self.protected, self.name, self.groups)


class _Part(NamedTuple):
    """A row as it is released; the code of why it is not, and of what."""

    row: Row
    code: str = ""
    about: str = ""


def released_comparisons(
    comparisons: Results, protected: ProtectedStudy
) -> tuple[Results, list[Withheld]]:
    """Comparisons as they may be released, and what is withheld of them.

    Raises UsageError for results of another kind.
    """
    about = checked(comparisons, "released_comparisons", KIND)
    rows = comparisons.to_dict("records")
    by_key: dict[tuple[str, str, str], list[Record]] = {}
    for row in rows:
        key = (str(row["variable"]), str(row["group_a"]), str(row["group_b"]))
        by_key.setdefault(key, []).append(row)
    released: list[Row] = []
    withheld: list[Withheld] = []
    for own in by_key.values():
        for row, parts in _of_variable(own, about, protected):
            released += [part.row for part in parts if part.row]
            place = (str(row["table"]), str(row["variable"]), str(row["level"]))
            withheld += [Withheld(*place, part.about, part.code) for part in parts if part.code]
    return tidy(released, about), withheld


def _of_variable(
    rows: Sequence[Record], about: About, protected: ProtectedStudy
) -> Iterator[tuple[Record, list[_Part]]]:
    """The rows of a variable between two groups, each with what it becomes."""
    name = str(rows[0]["variable"])
    if name in protected.plan.merged:
        yield rows[0], [_Part({}, "merged", protected.plan.released(name))]
        return
    groups = [
        planned_group(about.study, str(rows[0][side]), about.groups.get(str(rows[0][side])))
        for side in ("group_a", "group_b")
    ]
    options = {option.title: option.name for option in about.study.sets.get(name, ())}
    for level, own in _by_option(rows, options).items():
        variable = _planned(protected, options.get(level, name), groups)
        for row in own:
            if variable is None:
                code = "" if _by_definition(row) else "not_planned"
                new = _without_numbers(row) if not code else emptied(row, KIND)
                yield row, [_Part(new, code, _what(row))]
            else:
                yield row, list(_parts(row, own, variable, is_option=bool(options)))


def _by_option(rows: Sequence[Record], options: dict[str, str]) -> dict[str, list[Record]]:
    """The rows of each variable: of a question with several answers those of each answer."""
    found: dict[str, list[Record]] = {}
    for row in rows:
        found.setdefault(str(row["level"]) if options else "", []).append(row)
    return found


def _planned(
    protected: ProtectedStudy, name: str, groups: Sequence[str | None]
) -> _Variable | None:
    """The variable as it is protected; None where no table plans it in both groups."""
    variable = protected.variable(name)
    first, second = groups
    if variable is None or first is None or second is None:
        return None
    is_planned = {first, second} <= {*variable.columns}
    return _Variable(protected, name, (first, second)) if is_planned else None


def _by_definition(row: Record) -> bool:
    """Whether a row says only what follows from definitions."""
    return row["status"] != "suppressed" and bool({*codes(row)[:1]} & {*BY_DEFINITION})


def _what(row: Record) -> str:
    """Which number of a level a row holds, for the list of what is withheld."""
    return " ".join(str(row[name]) for name in ("test", "effect_name") if row[name]) or "untested"


def _without_numbers(row: Record) -> Row:
    return with_numbers(row, KIND, {})


# ---- one row


def _parts(
    row: Record, rows: Sequence[Record], variable: _Variable, *, is_option: bool
) -> Iterator[_Part]:
    """What a row becomes: one row, or one for p and one for the effect."""
    if row["status"] == "suppressed":
        yield _Part(emptied(row, KIND), "suppressed_before", _what(row))
        return
    if is_vetoed(variable.protected.plan.study, row, variable.groups):
        yield _Part(emptied(row, KIND), "vetoed", _what(row))
        return
    if not row["test"] and not row["effect_name"]:
        yield _untested(row, variable)
        return
    if variable.is_number and not varies(row):
        yield _Part(emptied(row, KIND), "few_different_values", _what(row))
        return
    if row["test"]:
        yield _p_part(row, rows, variable)
    if row["effect_name"] in (*DIFFERENCES, STANDARDISED):
        yield _effect_part(row, variable, is_option)


def _untested(row: Record, variable: _Variable) -> _Part:
    """A variable that was not tested: that nobody has a level is a count, too."""
    if _by_definition(row) or variable.is_all_told:
        return _Part(with_numbers(row, KIND, _n(row, variable)))
    return _Part(emptied(row, KIND), "hidden_cell", "untested")


def _n(row: Record, variable: _Variable) -> dict[str, float]:
    """How many of both groups are known, where both bases are told."""
    n = shown(row, "n")
    return {"n": float(n)} if variable.has_bases and is_known(n) else {}


def _p_part(row: Record, rows: Sequence[Record], variable: _Variable) -> _Part:
    """The row of a test, with its p."""
    test = str(row["test"])
    alone = {**row, "effect_name": ""}
    p_value = shown(row, "p_value")
    is_number = test in ("t", "rank_sum")
    rounding = variable.protected.plan.study.file.rounding
    if not is_known(p_value):
        if variable.is_all_told or (is_number and variable.has_bases):
            return _Part(_without_numbers(alone))
        return _Part(emptied(alone, KIND), "hidden_cell", test)
    known = float(p_value)
    is_full = _has_full_bases(variable) if is_number else variable.is_all_told
    if is_full:
        decimals = p_to_decimals(known, rounding.p_value, rounding.rule)
        return _Part(with_numbers(alone, KIND, _n(row, variable) | {"p_value": decimals}))
    code = _why_no_class(row, rows, variable, known)
    if code:
        # that Fisher's test stands there says that an expected count is small
        new = {} if test == "fisher_exact" else emptied(alone, KIND)
        return _Part(new, code, test)
    limit, note = p_as_class(known)
    return _Part(with_numbers(alone, KIND, {"p_value": limit}, note), "class_of_p", test)


def _has_full_bases(variable: _Variable) -> bool:
    """Whether both bases of a number are told and large enough for a mean."""
    least = variable.protected.plan.policy.mean_from
    return variable.has_bases and min(variable.known) >= least


def _why_no_class(row: Record, rows: Sequence[Record], variable: _Variable, p_value: float) -> str:
    """Why not even the class of p is shown; empty if it is."""
    test = str(row["test"])
    if test in ("t", "rank_sum"):
        if min(variable.known) < variable.protected.plan.policy.mean_from:
            return "small_base"
        return "" if class_is_steady(p_value, variable.known) else "class_not_steady"
    fisher = [other for other in rows if other["test"] == "fisher_exact"]
    if fisher and test != "fisher_exact":
        return "not_quoted"
    asked = any(ASKED_FOR in codes(other) for other in fisher)
    tests = variable.protected.plan.study.file.tests
    quoted = QuotedTest(np.inf if asked else tests.fisher_below, tests.yates)
    is_safe = class_may_be_shown(_told_table(variable), quoted, variable.protected.plan.policy)
    return "" if is_safe else "pinned"


class _ToldCell(NamedTuple):
    """What is told of a level in a group. number: its true count. least, most: between which
    numbers that lies, for all that is told. percent: whole per cent of those known; missing where
    they are not told.
    """

    number: int
    least: int
    most: int
    percent: float


def _told_table(variable: _Variable) -> ToldTable:
    """What is told of the variable's table."""
    protected, groups = variable.protected, variable.groups
    planned = protected.variable(variable.name)
    levels = planned.levels if planned else ()
    cells = [[_told_cell(variable, level, group) for group in groups] for level in levels]
    told_bases = [
        float(known) if protected.has_base(variable.name, group) else nan
        for known, group in zip(variable.known, groups, strict=True)
    ]
    return ToldTable(
        table=_numbers_of(cells, "number").astype(np.int64),
        sizes=np.array([protected.plan.universe.size(group) for group in groups]),
        least=_numbers_of(cells, "least").astype(np.int64),
        most=_numbers_of(cells, "most").astype(np.int64),
        known=np.array(told_bases),
        percents=_numbers_of(cells, "percent"),
        rule=protected.plan.study.file.rounding.rule,
    )


def _numbers_of(cells: Sequence[Sequence[_ToldCell]], name: str) -> np.ndarray:
    """One field of all cells: levels by groups."""
    numbers = [[getattr(cell, name) for cell in row] for row in cells]
    return np.array(numbers, dtype=float).reshape(len(cells), 2)


def _told_cell(variable: _Variable, level: str, group: str) -> _ToldCell:
    """What is told of one level in one group."""
    protected, name = variable.protected, variable.name
    planned = protected.variable(name)
    count = protected.count(name, level, group)
    percent = percent_told(protected, name, level, group)
    follows_from_first = planned is not None and planned.is_pair and level == planned.levels[1]
    as_float = nan if percent is None or follows_from_first else float(percent)
    if planned is not None and planned.is_zero(level, group):
        return _ToldCell(count, 0, 0, as_float)
    number = told(protected, name, level, group)
    least = number.number if number is not None and number.is_exact else 0
    return _ToldCell(count, least, most_of(protected, name, level, group), as_float)


# ---- effects


def _effect_part(row: Record, variable: _Variable, is_option: bool) -> _Part:
    """The row of an effect."""
    alone = {**row, "test": ""}
    name = str(row["effect_name"])
    planned = variable.protected.variable(variable.name)
    if variable.is_number:
        if not _has_full_bases(variable):
            return _Part(emptied(alone, KIND), "hidden_base", name)
        return _Part(with_numbers(alone, KIND, _n(row, variable) | _rounded(row, variable)))
    if name == STANDARDISED:
        return _standardised(row, alone, variable)
    level = planned.levels[0] if planned and is_option else str(row["level"])
    shares = _shares(variable, level)
    if shares is None:
        return _Part(emptied(alone, KIND), "hidden_share", name)
    if variable.form == "counts":
        return _Part(with_numbers(alone, KIND, _n(row, variable) | _rounded(row, variable)))
    numbers = _difference(shares, variable)
    note = OF_ALL if variable.form == "share_of_all" else OF_WHOLE_PERCENT
    return _Part(with_numbers(alone, KIND, numbers, note))


def _rounded(row: Record, variable: _Variable) -> dict[str, float]:
    """An effect and its interval with the digits that are printed."""
    rounding = variable.protected.plan.study.file.rounding
    is_standardised = row["effect_name"] == STANDARDISED
    decimals = rounding.odds_ratio if is_standardised else rounding.mean
    values = {name: shown(row, name) for name in ("effect", "conf_low", "conf_high")}
    return {
        name: to_decimals(float(value), decimals, rounding.rule)
        for name, value in values.items()
        if is_known(value)
    }


def _shares(variable: _Variable, level: str) -> tuple[_Share, _Share] | None:
    """The two printed shares of a level, as their form has them; None if one is hidden."""
    shares = [_share(variable, level, group) for group in variable.groups]
    first, second = shares
    return None if first is None or second is None else (first, second)


def _share(variable: _Variable, level: str, group: str) -> _Share | None:
    protected = variable.protected
    size = protected.plan.universe.size(group)
    if variable.form == "percent":
        percent = percent_told(protected, variable.name, level, group)
        return None if percent is None else _Share(percent * size / 100, size)
    number: Told | None = told(protected, variable.name, level, group)
    planned = protected.variable(variable.name)
    is_rest = planned is not None and planned.is_pair and level == planned.levels[1]
    if number is None or (is_rest and not number.is_exact):
        return None  # a second level with those not known is not printed
    if variable.form == "counts":
        known = protected.known(variable.name, group)
        is_told = protected.has_base(variable.name, group) and known
        return _Share(number.number, known) if is_told else None
    return _Share(number.number, size)


def _difference(shares: tuple[_Share, _Share], variable: _Variable) -> dict[str, float]:
    """The difference of two printed shares in points, with Newcombe's interval (1998, Stat Med
    17:873, method 10); of whole per cent in whole points, the limits outwards, because the bases
    are a little smaller than the groups.
    """
    study = variable.protected.plan.study
    first, second = shares
    normal = float(ndtri(0.5 + study.file.tests.confidence / 200))
    (low_a, high_a), (low_b, high_b) = (_wilson(share, normal) for share in shares)
    apart = first.value - second.value
    low = 100 * (apart - sqrt((first.value - low_a) ** 2 + (high_b - second.value) ** 2))
    high = 100 * (apart + sqrt((high_a - first.value) ** 2 + (second.value - low_b) ** 2))
    if variable.form == "percent":
        return {"effect": round(100 * apart), "conf_low": floor(low), "conf_high": ceil(high)}
    decimals, rule = study.file.rounding.mean, study.file.rounding.rule
    numbers = {"effect": 100 * apart, "conf_low": low, "conf_high": high}
    return {name: to_decimals(value, decimals, rule) for name, value in numbers.items()}


def _wilson(share: _Share, normal: float) -> tuple[float, float]:
    """Wilson's limits of a share."""
    n, p = share.base, share.value
    middle = p + normal**2 / (2 * n)
    reach = normal * sqrt(p * (1 - p) / n + normal**2 / (4 * n**2))
    scale = 1 + normal**2 / n
    return (middle - reach) / scale, (middle + reach) / scale


def _standardised(row: Record, alone: Record, variable: _Variable) -> _Part:
    """The standardised difference of levels: of a table that is told as it stands, of a pair from
    the printed shares, else withheld.
    """
    if variable.is_all_told:
        return _Part(with_numbers(alone, KIND, _n(row, variable) | _rounded(row, variable)))
    planned = variable.protected.variable(variable.name)
    shares = None
    if planned and planned.is_pair and variable.form != "counts":
        shares = _shares(variable, planned.levels[0])
    if shares is None:
        return _Part(emptied(alone, KIND), "hidden_share", STANDARDISED)
    first, second = shares
    spread = sum(share.value * (1 - share.value) for share in shares) / 2
    if spread <= 0:
        return _Part(emptied(alone, KIND), "hidden_share", STANDARDISED)
    rounding = variable.protected.plan.study.file.rounding
    effect = to_decimals(
        (first.value - second.value) / sqrt(spread), rounding.odds_ratio, rounding.rule
    )
    note = OF_ALL if variable.form == "share_of_all" else OF_WHOLE_PERCENT
    return _Part(with_numbers(alone, KIND, {"effect": effect}, note))
