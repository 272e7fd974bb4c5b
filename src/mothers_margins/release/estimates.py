"""Odds ratios as they may be released.

Adjusted estimates pass by the model gate. An unadjusted odds ratio with its interval is its table,
so it passes when that table does, and what it has less than every printed base: with two decimals,
with one, or not at all. Pooled over imputations there is no single table; they are withheld where a
cell or a level of the imputed means or of the complete cases is small, and so is an odds ratio per
step or one whose table cannot be made again from the cells.

Of a released row only what is printed is left: estimate, interval and p, with their digits, n,
events, the number of imputations and, of adjusted estimates, the profile's interval and the share
of missing information in whole per cent. The constant is never printed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mothers_margins.disclosure.model_gate import Protection, unadjusted_odds_ratios
from mothers_margins.disclosure.table_statistics import Method, log_limit, log_odds_ratio
from mothers_margins.disclosure.two_by_two import Printed
from mothers_margins.release.analyses import (
    Analysis,
    Bases,
    Side,
    analysis_of,
    cells_of,
    is_imputed,
    sample_of,
    why_not_adjusted,
)
from mothers_margins.release.columns import most_of, sides_of, told
from mothers_margins.release.digits import (
    ONE_DECIMAL,
    log_of_ratio,
    p_as_class,
    p_to_decimals,
    to_decimals,
)
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.release.withheld import N_HELD_BACK, Withheld, emptied, is_vetoed, with_numbers
from mothers_margins.results.results import Record, Results, Row, checked, codes, tidy
from mothers_margins.results.shown import is_known, shown

KIND = "estimates"
JOINT = "joint_test"
RATIOS = ("estimate", "conf_low", "conf_high")
BESIDE = ("profile_low", "profile_high")
SETTINGS = ("n", "n_events", "m", "without_maximum")
AGREES = 0.02  # how near an estimate is to that of its table, in log-odds


class _Fit(NamedTuple):
    """One model by one method."""

    analysis: Analysis
    model: str
    method: str


class _Form(NamedTuple):
    """In which form rows are released; why, where they are not. joint: whether the test of all
    levels may stand beside. is_adjusted: for several variables at once, so that it is no table.
    """

    form: str  # shown, one_decimal or withheld
    code: str = ""
    joint: bool = True
    is_adjusted: bool = False


@dataclass(frozen=True, eq=False)
class _Study:
    """What is asked while one frame is released."""

    protected: ProtectedStudy
    cells: dict[Analysis, dict[str, dict[str, Side]]]
    bases: Bases
    # by which method the table of a variable that has small counts is told already
    taken: dict[tuple[Analysis, str], str] = field(default_factory=dict)


def released_estimates(
    estimates: Results,
    cells: Results | None,
    protected: ProtectedStudy,
    beside: Iterable[Results] = (),
) -> tuple[Results, list[Withheld]]:
    """Estimates as they may be released, and what is withheld of them.

    cells: `Fit.tabulated` of the same models; without them only estimates of numbers pass. beside:
    estimates that are released as well, and come first: a model whose numbers of participants
    differ from theirs by a small count keeps its own, and a table that they tell by one method is
    not told by another. Raises UsageError for results of another kind.
    """
    about = checked(estimates, "released_estimates", KIND)
    before = list(beside)
    asked = _Study(protected, cells_of(cells, "released_estimates"), Bases(protected, before))
    for frame in before:
        _take(asked, frame)
    rows = estimates.to_dict("records")
    forms: dict[tuple[_Fit, str], _Form] = {}
    for fit, own in _by_fit(rows).items():
        for name in dict.fromkeys(str(row["variable"]) for row in own):
            forms[fit, name] = _form(asked, fit, own, name)
    released: list[Row] = []
    withheld: list[Withheld] = []
    for row in rows:
        form = forms[_fit_of(row), str(row["variable"])]
        new, lost = _row(asked, row, form)
        released += [new] if row["variable"] else []
        withheld += lost
    return tidy(released, about), withheld


def _fit_of(row: Record) -> _Fit:
    return _Fit(analysis_of(row), str(row["model"]), str(row["method"]))


def _by_fit(rows: Sequence[Record]) -> dict[_Fit, list[Record]]:
    found: dict[_Fit, list[Record]] = {}
    for row in rows:
        found.setdefault(_fit_of(row), []).append(row)
    return found


def _take(asked: _Study, frame: Results) -> None:
    """Tables that released estimates tell already."""
    for row in frame.to_dict("records"):
        if row["model"] == "unadjusted" and row["status"] == "shown":
            asked.taken.setdefault((analysis_of(row), str(row["variable"])), str(row["method"]))


# ---- in which form


def _form(asked: _Study, fit: _Fit, rows: Sequence[Record], name: str) -> _Form:
    """The form of a variable's rows in one fit."""
    if not name:
        return _Form("withheld", "not_printed")
    own = [row for row in rows if row["variable"] == name]
    sample = next(filter(None, map(sample_of, own)), None)
    if sample is None:
        return _Form("withheld", "no_numbers")
    terms = [row for row in rows if row["variable"] and JOINT not in codes(row)]
    cells = asked.cells.get(fit.analysis)
    if fit.model == "adjusted" and len({row["variable"] for row in terms}) > 1:
        code = why_not_adjusted(sample, len(terms) + 1, cells, asked.protected.plan.policy)
        return _Form("withheld", code) if code else _Form("shown", is_adjusted=True)
    has_levels = any(row["level"] for row in own)
    if not has_levels and (cells is None or name not in cells):
        return _number(asked, fit, own)
    if cells is None or name not in cells:
        return _Form("withheld", "cells_not_given")
    return _table(asked, fit, [row for row in own if JOINT not in codes(row)], cells[name])


def _number(asked: _Study, fit: _Fit, rows: Sequence[Record]) -> _Form:
    """An unadjusted estimate of a number has no table, but its participants are those who have a
    value.
    """
    sample = next(filter(None, map(sample_of, rows)))
    code = why_not_adjusted(sample, 2, {}, asked.protected.plan.policy)
    if not code and not asked.bases.takes(fit.analysis.outcome, sample):
        code = "near_another_base"
    return _Form("withheld", code) if code else _Form("shown")


def _table(asked: _Study, fit: _Fit, rows: Sequence[Record], levels: dict[str, Side]) -> _Form:
    """An unadjusted estimate of a variable with levels."""
    sample = sample_of(rows[0])
    threshold = asked.protected.plan.policy.threshold
    is_small = any(side.smallest < threshold for side in levels.values())
    if sample is None or not asked.bases.takes(fit.analysis.outcome, sample):
        return _Form("withheld", "near_another_base")
    if is_imputed(fit.analysis):
        complete = asked.cells.get(fit.analysis._replace(rows="complete_case"), {})
        beside = complete.get(str(rows[0]["variable"]))
        is_small |= beside is None or any(side.smallest < threshold for side in beside.values())
        return _Form("withheld", "small_mean_cell") if is_small else _Form("shown")
    if not all(row["level"] for row in rows):
        return _Form("withheld", "small_step") if is_small else _Form("shown")
    return _single_table(asked, fit, rows, levels)


def _single_table(
    asked: _Study, fit: _Fit, rows: Sequence[Record], levels: dict[str, Side]
) -> _Form:
    """An unadjusted estimate with one table: by the gate."""
    name = str(rows[0]["variable"])
    order = [*(str(row["level"]) for row in rows), str(rows[0]["reference"])]
    if not {*order} <= {*levels}:
        return _Form("withheld", "cells_not_given")
    table = np.array([levels[level] for level in order]).astype(np.int64)
    method = _method(asked, fit, rows, table)
    policy = asked.protected.plan.policy
    if method is None:
        is_small = int(table.min()) < policy.threshold
        return _Form("withheld", "small_cell_of_unlike_table") if is_small else _Form("shown")
    form = _by_gate(asked, fit, table, _Asked(name, tuple(order), method))
    if form.code == "no_small_count":
        return form
    if form.form != "withheld" and asked.taken.setdefault((fit.analysis, name), fit.method) != (
        fit.method
    ):
        return _Form("withheld", "told_by_another_method")
    return form


class _Asked(NamedTuple):
    """A table's variable, its levels with the reference last, and how its ratios are made."""

    name: str
    levels: tuple[str, ...]
    method: Method


def _method(asked: _Study, fit: _Fit, rows: Sequence[Record], table: np.ndarray) -> Method | None:
    """How the printed odds ratios are made from the table; None if none of the ways makes them."""
    rules = asked.protected.plan.study.file.regression
    firth: Method = "firth_wald" if rules.firth_std_error == "information" else "half_wald"
    ways: dict[tuple[str, str], Method] = {
        ("complete_case", "wald"): "wald",
        ("complete_case", "profile"): "profile",
        ("firth", "wald"): firth,
        ("firth", "profile"): "firth_profile",
    }
    method = ways.get((fit.method, str(rows[0]["interval"])))
    if method is None:
        return None
    for place, row in enumerate(rows):
        pair = table[None][:, [place, -1]]
        made = [
            log_odds_ratio(pair, method)[0],
            log_limit(pair, method, rules.confidence, -1)[0],
            log_limit(pair, method, rules.confidence, 1)[0],
        ]
        if not np.allclose(made, [float(row[column]) for column in RATIOS], atol=AGREES):
            return None
    return method


def _by_gate(asked: _Study, fit: _Fit, table: np.ndarray, of: _Asked) -> _Form:
    """The gate's answer, beside all that is told of the groups that hold the complete cases."""
    protected = asked.protected
    study, policy = protected.plan.study, protected.plan.policy
    sides = sides_of(study, fit.analysis.outcome)
    released = protected.plan.released(of.name)
    most: tuple[tuple[int, int], ...] = ()
    bases: tuple[np.ndarray, ...] = ()
    if sides is not None:
        bounds = [
            [most_of(protected, released, level, side) for side in sides] for level in of.levels
        ]
        most = tuple((int(first), int(second)) for first, second in bounds)
        bases = (_told_base(protected, released, of.levels, sides),)
        if (table > np.array(bounds)).any():
            return _Form("withheld", "not_inside_its_groups")
    rounding = study.file.rounding
    decision = unadjusted_odds_ratios(
        table,
        Printed(
            rows=len(table),
            n=int(table.sum()),
            n_events=int(table[:, 0].sum()),
            most=most,
            rounding=rounding.rule,
        ),
        Protection(policy.threshold, policy.feasible, bases),
        method=of.method,
        level=study.file.regression.confidence,
        decimals=rounding.odds_ratio,
        p_decimals=rounding.p_value,
    )
    if decision.reason == "no_small_count" or decision.form == "withheld":
        return _Form(decision.form, decision.reason)
    if sides is None:
        return _Form("withheld", "groups_not_planned")
    if _hides_small(protected, released, sides):
        return _Form("withheld", "hidden_in_base")
    return _Form(decision.form, decision.reason, joint=False)


def _told_base(
    protected: ProtectedStudy, name: str, levels: Sequence[str], sides: tuple[str, str]
) -> np.ndarray:
    """The printed counts of the groups, levels by groups; missing where there is none."""
    numbers = [[told(protected, name, level, side) for side in sides] for level in levels]
    return np.array([[np.nan if one is None else one.number for one in row] for row in numbers])


def _hides_small(protected: ProtectedStudy, name: str, sides: tuple[str, str]) -> bool:
    """Whether a level has a small count in one of the groups, which is hidden: what the complete
    cases have of it would narrow it.
    """
    variable = protected.variable(name)
    threshold = protected.plan.policy.threshold
    return variable is not None and any(
        protected.count(name, level, side) < threshold and not variable.is_zero(level, side)
        for level in variable.levels
        for side in sides
    )


# ---- the rows


def _row(asked: _Study, row: Record, form: _Form) -> tuple[Row, list[Withheld]]:
    """A row as it is released, and what is withheld of it."""
    about = " ".join([str(row["outcome"]), str(row["model"]), str(row["method"])])
    if JOINT in codes(row):
        about = f"{about} {JOINT}"
    place = (str(row["table"]), str(row["variable"]), str(row["level"]), about)
    if JOINT in codes(row) and not form.joint:
        form = _Form("withheld", "small_count_in_table")
    if row["variable"] and is_vetoed(asked.protected.plan.study, row):
        form = _Form("withheld", "vetoed")
    if form.form == "withheld":
        return emptied(row, KIND), [Withheld(*place, form.code)]
    numbers, note = _numbers(asked, row, form)
    lost: list[Withheld] = []
    sample = sample_of(row)
    if sample is not None and not asked.bases.takes(str(row["outcome"]), sample):
        numbers = {name: value for name, value in numbers.items() if name not in ("n", "n_events")}
        note = (*note, N_HELD_BACK)
        lost.append(Withheld(*place, "near_another_base", "n"))
    if form.form == "one_decimal":
        lost.append(Withheld(*place, "one_decimal", "estimate"))
    return with_numbers(row, KIND, numbers, *note), lost


def _numbers(asked: _Study, row: Record, form: _Form) -> tuple[dict[str, float], tuple[str, ...]]:
    """The numbers of a released row, by column, and what its note says of them."""
    rounding = asked.protected.plan.study.file.rounding
    rule = rounding.rule
    known = {name: float(value) for name, value in _known(row).items()}
    is_coarse = form.form == "one_decimal"
    decimals = min(rounding.odds_ratio, 1) if is_coarse else rounding.odds_ratio
    numbers = {name: known[name] for name in SETTINGS if name in known}
    for name in (*RATIOS, *(BESIDE if form.is_adjusted else ())):
        if name in known:
            numbers[name] = log_of_ratio(known[name], decimals, rule)
    if "p_value" in known and is_coarse:
        numbers["p_value"], note = p_as_class(known["p_value"])
        return numbers, (ONE_DECIMAL, note)
    for name in ("p_value", *(("profile_p",) if form.is_adjusted else ())):
        if name in known:
            numbers[name] = p_to_decimals(known[name], rounding.p_value, rule)
    if form.is_adjusted and "fmi" in known:
        numbers["fmi"] = to_decimals(known["fmi"], 2, rule)
    return numbers, (ONE_DECIMAL,) if is_coarse else ()


def _known(row: Record) -> dict[str, float]:
    """The numbers of a row that are known, by column."""
    columns = (*SETTINGS, *RATIOS, *BESIDE, "p_value", "profile_p", "fmi")
    values = {name: shown(row, name) for name in columns}
    return {name: float(value) for name, value in values.items() if is_known(value)}
