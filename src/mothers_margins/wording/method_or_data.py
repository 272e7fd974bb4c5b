"""How much of a change from complete cases to imputed values is method, and how much is data."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError
from mothers_margins.results.results import Record, Results, checked, codes
from mothers_margins.results.shown import Value, combined, is_known, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.head_and_foot import unlocked
from mothers_margins.wording.methods import in_place_of_planned, is_firth, is_imputed
from mothers_margins.wording.numbers import symbol
from mothers_margins.wording.prose import Prose
from mothers_margins.wording.terms import term

Term = tuple[str, str]  # a variable and its level
Rows = dict[Term, Record]


class _Analysis(NamedTuple):
    """The adjusted estimates of complete cases, or of imputed values: the primary ones, and those
    by Firth's method, which always exist.
    """

    primary: Rows
    by_firth: Rows

    @property
    def first(self) -> Record:
        """A primary row, for its method and why it is by it."""
        return next(iter(self.primary.values()))


def method_or_data(estimates: Results, by_firth: Results) -> Prose:
    """Whether complete cases and imputed values are by the same method; if not, of each change in
    the log odds ratio how much is method and how much is data.

    estimates: the primary ones of complete cases and of imputed values, of one outcome and model.
    by_firth: those of `by_method` for both. What Firth's estimates of the two differ by is data,
    the rest of the change is method. Raises UsageError for other results.
    """
    about = checked(estimates, "method_or_data", "estimates")
    checked(by_firth, "method_or_data", "estimates")
    complete, imputed = _analyses(estimates, by_firth)
    study, unit = about.study, about.study.file.unit.many
    marks = [f"{mark}." for mark in (unlocked(about), about.source.mark) if mark]
    used = [_method(analysis.first) for analysis in (complete, imputed)]
    if used[0] == used[1]:
        same = (
            f"Complete cases and imputed values are both by {used[0]}: where their estimates "
            f"differ, it is the {unit} and their answers, not the method."
        )
        return Prose(" ".join([same, *marks]))
    start = (
        f"The primary estimates are by different methods: those of complete cases by {used[0]}"
        f"{_why(complete.first)}, those of imputed values by {used[1]}{_why(imputed.first)}. "
        "What Firth's estimates of the two differ by is data; the rest of a change in the log odds "
        "ratio is method."
    )
    lines = [*_changes(study, complete, imputed)]
    return Prose("\n\n".join([start, "\n".join(lines), " ".join(marks)]).strip())


def _analyses(estimates: Results, by_firth: Results) -> tuple[_Analysis, _Analysis]:
    """Complete cases and imputed values."""
    primary = _adjusted(estimates)
    penalised = [row for row in (*_adjusted(by_firth), *primary) if is_firth(str(row["method"]))]
    models = {(row["outcome"], row["specification"]) for row in (*primary, *penalised)}
    analyses = []
    for imputed in (False, True):
        own = _by_term(row for row in primary if is_imputed(str(row["method"])) == imputed)
        firth = _by_term(row for row in penalised if is_imputed(str(row["method"])) == imputed)
        analyses.append(_Analysis(own, firth))
    complete, filled = analyses
    if primary and not all(analysis.primary for analysis in analyses):
        raise not_there("not_both")
    if len(models) != 1 or not all((*complete, *filled)):
        raise UsageError(
            "method_or_data: needs estimates of complete cases and of imputed values, and Firth's "
            "of both, of one outcome and model."
        )
    return complete, filled


def _adjusted(frame: Results) -> list[Record]:
    """Adjusted estimates of explanatory variables, without joint tests."""
    rows = frame[(frame["model"] == "adjusted") & (frame["variable"] != "")].to_dict("records")
    return [row for row in rows if "joint_test" not in codes(row)]


def _by_term(rows: Iterable[Record]) -> Rows:
    return {(str(row["variable"]), str(row["level"])): row for row in rows}


def _method(row: Record) -> str:
    return "Firth's method" if is_firth(str(row["method"])) else "maximum likelihood"


def _why(row: Record) -> str:
    """Why an analysis is by another method than the planned one, in brackets."""
    words = in_place_of_planned(row)
    return f" ({words})" if words else ""


def _changes(study: Study, complete: _Analysis, imputed: _Analysis) -> Iterator[str]:
    """One line per term that both have."""
    for key, after in imputed.primary.items():
        if key not in complete.primary:
            continue
        primary = _change(complete.primary[key], after)
        data = _change(complete.by_firth[key], imputed.by_firth[key])
        method = combined(lambda whole, part: whole - part, primary, data)
        yield (
            f"- {term(study, after)}: {_number(study, primary)}, of which "
            f"{_number(study, method)} is method and {_number(study, data)} is data."
        )


def _change(before: Record, after: Record) -> Value:
    return combined(lambda a, b: b - a, shown(before, "estimate"), shown(after, "estimate"))


def _number(study: Study, value: Value) -> str:
    """A change with its sign, or its symbol."""
    if not is_known(value):
        return symbol(value)
    rounding = study.file.rounding
    text = rounded(float(value), rounding.odds_ratio, rounding.rule)
    return text if text.startswith("-") else f"+{text}"
