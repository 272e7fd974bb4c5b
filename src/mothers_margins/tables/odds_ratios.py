"""The annex table of odds ratios: every model and method that it is given, with all that is known
of each estimate.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf

from mothers_margins.release.released import Released
from mothers_margins.results.results import NOT_LOCKED, About, Record, Results
from mothers_margins.results.shown import is_known, odds, shown
from mothers_margins.tables.cells import EMPTY, cell, of_row, p_of, ratio_of, table_of
from mothers_margins.tables.estimates_by_fit import (
    Estimates,
    FitKey,
    by_heading,
    has_profile_beside,
    read_estimates,
)
from mothers_margins.tables.notes_of_models import explain, explain_codings, explain_log
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording import captions
from mothers_margins.wording.codes_of_notes import note
from mothers_margins.wording.events_of_all import (
    Counts,
    RowsKey,
    counted_with_outcome,
    frames_of,
)
from mothers_margins.wording.methods import MODELS, is_imputed, method
from mothers_margins.wording.sentences import sentence
from mothers_margins.wording.terms import label, level, specification, term_beside_reference


def odds_ratios(
    results: Results | Iterable[Results] | Released,
    cells: Results | Iterable[Results] | None = None,
    log: Results | Iterable[Results] | None = None,
    *,
    name: str | None = None,
) -> Table:
    """A table of odds ratios: one row per level, a pair of columns per model and method with the
    primary interval and p, and those by profile likelihood where they stand beside.

    results: estimates of one model, from `Fit.to_frame`, or a list of several; of several outcomes
    or models the adjusted estimates stand side by side. cells: `Fit.tabulated`, or a list of them,
    for the number with the outcome of each level, which stands beside the estimates that are on
    the same rows. log: `Fit.log`, or a list of them, for the notes. name: of what was released,
    which results. Limits of log-odds are exponentiated, standard errors never. Raises UsageError
    for results of another kind.
    """
    about, estimates = read_estimates(results, "odds_ratios", name)
    notes = Notes()
    builder = _Ratios(about, notes, estimates, counted_with_outcome(cells, "odds_ratios"))
    sections = []
    for title, names in by_heading(about.study, estimates.variables()):
        rows: list[Row] = []
        for name in names:
            rows += builder.variable(name)
        sections.append(Section(title, tuple(rows)))
    explain(about.study, notes, estimates)
    if any(is_imputed(rows.base) for rows in builder.counts_before.values()):
        notes.plain("With outcome, of all (imputed): means over the imputations.")
    explain_log(about.study, notes, estimates, frames_of(log) if log is not None else [])
    explain_codings(about.study, notes, estimates)
    return table_of(
        about,
        name="odds_ratios",
        caption=captions.of_estimates(
            about.study, "Every estimate of associations with", estimates.rows
        ),
        stub="Explanatory variable",
        columns=builder.columns(),
        sections=sections,
        notes=notes,
    )


class _Ratios:
    """Rows and columns of one table of odds ratios."""

    def __init__(
        self,
        about: About,
        notes: Notes,
        estimates: Estimates,
        with_outcome: Counts,
    ) -> None:
        self.study = about.study
        self.open = about.lock == "open"
        self.notes = notes
        self.estimates = estimates
        self.with_outcome = with_outcome
        counted = {rows for rows, _, _ in with_outcome}
        # of each pair of columns before which counts stand, whose rows they count
        self.counts_before: dict[FitKey, RowsKey] = {}
        for fit in estimates.fits:
            rows = fit.rows
            if rows in counted and rows not in self.counts_before.values():
                self.counts_before[fit] = rows

    def columns(self) -> Iterator[Column]:
        confidence = f"{self.study.file.regression.confidence:g}%"
        for fit in self.estimates.fits:
            spanner = self._spanner(fit)
            if fit in self.counts_before:
                rows = self.counts_before[fit]
                heading = f"With outcome, of all ({method(rows.base)})"
                key_of_rows = "_".join(rows) if self.estimates.several else rows.base
                yield Column(f"{key_of_rows}_events", heading)
            key = "_".join(fit if self.estimates.several else fit[2:])
            if fit.method == "available_case":
                yield Column(f"{key}_n", "n", None, spanner)
            yield Column(key, f"OR ({confidence} CI)", None, spanner)
            yield Column(f"{key}_p", "p", None, spanner)
            if self._profiled(fit):
                yield Column(f"{key}_profile", f"Beside: profile {confidence} CI", None, spanner)
                yield Column(f"{key}_profile_p", "Beside: profile p", None, spanner)
        if self.open:
            yield Column("status", "Status")

    def _spanner(self, fit: FitKey) -> str:
        """What a pair of columns is of, as far as that differs between them."""
        spanner = f"{MODELS[fit.model]} ({method(fit.method)})"
        if not self.estimates.several:
            return spanner
        which = []
        if len({other.outcome for other in self.estimates.fits}) > 1:
            which.append(label(self.study, fit.outcome))
        if len({other.specification for other in self.estimates.fits}) > 1:
            which.append(specification(self.study, fit.specification))
        return f"{'. '.join(filter(None, which)) or 'Main model'}. {spanner}"

    def _profiled(self, fit: FitKey) -> bool:
        """Profile columns stand where there are profile intervals beside the primary ones, of the
        adjusted estimates of one model.
        """
        if self.estimates.several or fit.model != "adjusted":
            return False
        return any(map(has_profile_beside, self.estimates.of_fit(fit)))

    def _width(self, fit: FitKey) -> int:
        """How many columns stand for one model and method."""
        width = 2
        if fit.method == "available_case":
            width += 1
        if self._profiled(fit):
            width += 2
        return width

    def variable(self, name: str) -> Iterator[Row]:
        """The rows of a variable: one, or a heading with the joint test, the reference, and a row
        per level.
        """
        every = self.estimates.levels(name)
        # one model can take as a number, or as steps, what another takes by its levels
        alone = every if len(every) == 1 else [value for value in every if not value]
        for value in alone:
            row = self.estimates.first(name, value)
            yield self._row(term_beside_reference(self.study, row), name, value)
        levels = [value for value in every if value not in alone]
        if not levels:
            return
        first = self.estimates.first(name, levels[0])
        joint: list[Cell] = []
        for fit in self.estimates.fits:
            joint += [EMPTY] if fit in self.counts_before else []
            joint += self._joint(fit, name)
        yield self._padded(Row(label(self.study, name), tuple(joint), name), NOT_LOCKED)
        yield self._reference(name, str(first["reference"]))
        for value in levels:
            yield self._row(level(self.study, name, value), name, value, depth=2)

    def _reference(self, name: str, reference: str) -> Row:
        cells: list[Cell] = []
        for fit in self.estimates.fits:
            cells += self._counts(fit, name, reference)
            compared = Cell("reference") if self.estimates.has_levels(fit, name) else EMPTY
            cells += [compared, *(EMPTY,) * (self._width(fit) - 1)]
        row = Row(level(self.study, name, reference), tuple(cells), name, reference, 2)
        return self._padded(row, "")

    def _row(self, title: str, name: str, value: str, depth: int = 1) -> Row:
        cells: list[Cell] = []
        for fit in self.estimates.fits:
            cells += self._counts(fit, name, value)
            cells += self._estimate(fit, name, value)
        return self._padded(Row(title, tuple(cells), name, value, depth), NOT_LOCKED)

    def _padded(self, row: Row, status: str) -> Row:
        """A row with the column that stands after the estimates."""
        return replace(row, cells=(*row.cells, Cell(status))) if self.open else row

    def _counts(self, fit: FitKey, name: str, value: str) -> list[Cell]:
        """The number with the outcome, before the first pair of columns that is on its rows."""
        if fit not in self.counts_before:
            return []
        key = (self.counts_before[fit], name, value)
        if key not in self.with_outcome:
            return [EMPTY]
        n, whole = self.with_outcome[key]
        return [cell("{n} of {denominator}", {"n": n, "denominator": whole})]

    def _joint(self, fit: FitKey, name: str) -> list[Cell]:
        """The cells of a variable's heading: p of its levels together."""
        row = self.estimates.joint.get((fit, name, ""))
        if row is None:
            return [EMPTY] * self._width(fit)
        own_n = [of_row("{n}", row, n="n")] if fit.method == "available_case" else []
        mark = self.notes.mark(sentence("all levels together, Wald's test"))
        cells = [*own_n, EMPTY, p_of(row, mark)]
        return cells + [EMPTY] * (self._width(fit) - len(cells))

    def _estimate(self, fit: FitKey, name: str, value: str) -> list[Cell]:
        """Odds ratio with its interval, p, and the profile's."""
        row = self.estimates.rows_by_key.get((fit, name, value))
        if row is None:
            return [EMPTY] * self._width(fit)
        remark = " ".join(filter(None, (note(row), self.estimates.lock_notes[fit])))
        mark = self.notes.mark(remark) if remark else ""
        cells = [of_row("{n}", row, n="n")] if fit.method == "available_case" else []
        cells += [ratio_of(row, mark), p_of(row)]
        if self._profiled(fit):
            cells += [_profile(row), of_row("{p_value}", row, p_value="profile_p")]
        return cells


def _profile(row: Record) -> Cell:
    """The limits of a profile interval, which can be without an end."""
    low, high = shown(row, "profile_low"), shown(row, "profile_high")
    pattern = "{ratio_low} to {ratio_high}"
    if is_known(high) and high == inf:
        pattern = "{ratio_low} to ∞"
    return cell(pattern, {"ratio_low": odds(low), "ratio_high": odds(high)})
