"""Numbers in 100 as they may be released: by the gate of their model, and by level × outcome cells.

A level's total times the prediction guesses how many of them have the outcome, so a small count,
or a guess that would be one, needs enough guesses. Of a released row the share and its interval are
left, in whole numbers in 100, with n, events and the number of imputations; of a number the
quartile at which it stands, where the policy prints quartiles.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

from mothers_margins.disclosure.model_gate import Protection, per_hundred
from mothers_margins.release.analyses import (
    Analysis,
    Bases,
    Cells,
    analysis_of,
    cells_of,
    sample_of,
    why_not_adjusted,
)
from mothers_margins.release.digits import to_decimals
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.release.withheld import N_HELD_BACK, Withheld, emptied, is_vetoed, with_numbers
from mothers_margins.results.results import Record, Results, Row, checked, tidy
from mothers_margins.results.shown import is_known, shown

KIND = "predictions"
SHARES = ("estimate", "conf_low", "conf_high")
SETTINGS = ("n", "n_events", "m", "at")


def released_predictions(
    predictions: Results,
    cells: Results | None,
    protected: ProtectedStudy,
    beside: Iterable[Results] = (),
) -> tuple[Results, list[Withheld]]:
    """Predictions as they may be released, and what is withheld of them.

    cells: `Fit.tabulated` of the same models. beside: estimates that are released as well, as in
    `released_estimates`. Raises UsageError for results of another kind.
    """
    about = checked(predictions, "released_predictions", KIND)
    of_analysis = cells_of(cells, "released_predictions")
    bases = Bases(protected, beside)
    rows = predictions.to_dict("records")
    refused = _refused(rows, of_analysis, protected)
    released: list[Row] = []
    withheld: list[Withheld] = []
    for row in rows:
        analysis = analysis_of(row)
        code = refused[analysis] or _why_not(row, of_analysis[analysis], protected)
        place = (str(row["table"]), str(row["variable"]), str(row["level"]))
        about_row = f"{row['outcome']} {row['model']} {row['method']}"
        if code:
            released.append(emptied(row, KIND))
            withheld.append(Withheld(*place, about_row, code))
            continue
        numbers = _numbers(row, protected)
        notes: tuple[str, ...] = ()
        sample = sample_of(row)
        if sample is not None and not bases.takes(str(row["outcome"]), sample):
            del numbers["n"], numbers["n_events"]
            notes = (N_HELD_BACK,)
            withheld.append(Withheld(*place, about_row, "near_another_base", "n"))
        released.append(with_numbers(row, KIND, numbers, *notes))
    return tidy(released, about), withheld


def _refused(
    rows: Sequence[Record], of_analysis: Mapping[Analysis, Cells], protected: ProtectedStudy
) -> dict[Analysis, str]:
    """Of each analysis why its model does not pass; empty where it does."""
    found: dict[Analysis, str] = {}
    for analysis in dict.fromkeys(map(analysis_of, rows)):
        own = [row for row in rows if analysis_of(row) == analysis]
        cells: Cells | None = of_analysis.get(analysis)
        sample = next(filter(None, map(sample_of, own)), None)
        if sample is None or cells is None:
            found[analysis] = "no_numbers" if sample is None else "cells_not_given"
            continue
        variables = {str(row["variable"]) for row in own} | {*cells}
        parameters = 1 + sum(len(cells[name]) - 1 if name in cells else 1 for name in variables)
        policy = protected.plan.policy
        found[analysis] = why_not_adjusted(sample, parameters, cells, policy)
    return found


def _why_not(row: Record, cells: Cells, protected: ProtectedStudy) -> str:
    """Why a row of a model that passes is withheld; empty if it is not."""
    policy = protected.plan.policy
    if is_vetoed(protected.plan.study, row):
        return "vetoed"
    estimate = shown(row, "estimate")
    if not is_known(estimate):
        return "no_numbers"
    levels = cells.get(str(row["variable"]), {})
    if str(row["level"]) not in levels:
        at, n = shown(row, "at"), shown(row, "n")
        is_number = not levels and is_known(at) and is_known(n)
        if not is_number:
            return "cells_not_given"
        return "" if float(n) >= policy.quartiles_from else "few_for_quartiles"
    side = levels[str(row["level"])]
    rounding = protected.plan.study.file.rounding.rule
    decision = per_hundred(
        100 * float(estimate),
        level_total=round(side.total),
        n_events=round(side.events),
        protection=Protection(policy.threshold, policy.feasible),
        rounding=rounding,
    )
    return "" if decision.form == "shown" else decision.reason


def _numbers(row: Record, protected: ProtectedStudy) -> dict[str, float]:
    """The numbers of a released row, by column: shares in whole numbers in 100."""
    rule = protected.plan.study.file.rounding.rule
    values = {name: shown(row, name) for name in (*SETTINGS, *SHARES)}
    numbers = {name: float(value) for name, value in values.items() if is_known(value)}
    for name in SHARES:
        if name in numbers and isfinite(numbers[name]):
            numbers[name] = to_decimals(100 * numbers[name], 0, rule) / 100
    return numbers
