"""The model table: the body table of a regression, one upright page. All else that is known of its
estimates stands in the annex table, `odds_ratios`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError
from mothers_margins.release.released import Released
from mothers_margins.results.results import About, Results, checked
from mothers_margins.results.shown import is_known, shown
from mothers_margins.study.study import Study
from mothers_margins.tables.cells import EMPTY, cell, of_row, p_of, ratio_of, table_of
from mothers_margins.tables.estimates_by_fit import (
    Estimates,
    FitKey,
    by_heading,
    read_estimates,
)
from mothers_margins.tables.notes_of_models import few_events
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording import model_table as words
from mothers_margins.wording.captions import of_estimates
from mothers_margins.wording.codes_of_notes import note, p_sign
from mothers_margins.wording.events_of_all import (
    Counts,
    counted_with_outcome,
    frames_of,
)
from mothers_margins.wording.head_and_foot import held_back
from mothers_margins.wording.methods import is_imputed, method
from mothers_margins.wording.sentences import capital
from mothers_margins.wording.terms import label, level, term_beside_reference

# Of one upright page, the titles of sections among them, and of the notes under a body table.
MOST_ROWS, MOST_WORDS = 30, 60
FIRST_SHOWN = ("imputed", "complete_case")  # the primary analysis, then what it is compared with
# Standings of analyses that replace none, though they are not the planned one.
EXTRAS = ("beside", "asked_for")


def model_table(
    results: Results | Iterable[Results] | Released,
    cells: Results | Iterable[Results] | None = None,
    log: Results | Iterable[Results] | None = None,
    *,
    name: str | None = None,
) -> Table:
    """The body table of one model of one outcome: a row per level with events/N, the unadjusted and
    the adjusted odds ratio and p of the primary analysis, and the adjusted odds ratio of the
    complete cases.

    results: estimates, from `Fit.to_frame`, or a list of several, or what was released, of which
    `name` says which. cells: `Fit.tabulated`, or a list of them; counts are those of the primary
    analysis, on whose rows its estimates are (imputed: means over the imputations, printed as whole
    numbers). log: `Fit.log`, or a list of them, for the letters of small cells. Primary is what is
    imputed, where anything is. Of two methods on the same rows the planned one is shown, or the one
    in its place. Levels of a variable have one p, beside its name, of all together. All that is not
    shown stands in `odds_ratios`; notes that do not fit into 60 words are left to it. More than 30
    rows, or more words that must be said, are no body table: the answer is a sentence that says so.
    Raises UsageError for results of another kind, and for several outcomes or models.
    """
    about, estimates = read_estimates(results, "model_table", name)
    if estimates.several:
        wrong = "model_table: shows one model of one outcome."
        raise UsageError(wrong, (), "Several stand side by side in odds_ratios.")
    chosen = _Chosen.of(estimates)
    counts = counted_with_outcome(cells, "model_table")
    small = _small_cells(frames_of(log) if log is not None else [])
    builder = _Rows(about.study, estimates, chosen, counts, small)
    sections: list[Section] = []
    for title, names in by_heading(about.study, estimates.variables()):
        rows = [row for variable in names for row in builder.variable(variable)]
        sections.append(Section(title, tuple(rows)))
    shown_estimates = [row for fit in chosen.by_column.values() for row in estimates.of_fit(fit)]
    return table_of(
        about,
        name="model_table",
        caption=of_estimates(about.study, "Associations with", shown_estimates),
        stub="Explanatory variable",
        columns=builder.columns,
        sections=sections,
        notes=_within_a_page(about, builder, sections),
        one_page=True,
    )


@dataclass(frozen=True)
class _Chosen:
    """Which estimates are shown, by their columns: of the primary analysis the unadjusted and the
    adjusted ones, and beside them the adjusted ones that they are compared with.
    """

    by_column: Mapping[str, FitKey]

    @classmethod
    def of(cls, estimates: Estimates) -> "_Chosen":
        by_rows: dict[str, list[FitKey]] = {}
        for fit in estimates.fits:
            by_rows.setdefault(fit.rows.base, []).append(fit)
        order = [rows for rows in FIRST_SHOWN if rows in by_rows]
        order += [rows for rows in by_rows if rows not in order]
        first, *others = (by_rows[rows] for rows in order)
        columns = {model: _planned(estimates, first, model) for model in ("unadjusted", "adjusted")}
        columns["beside"] = _planned(estimates, others[0], "adjusted") if others else None
        return cls({key: fit for key, fit in columns.items() if fit is not None})

    @property
    def primary(self) -> FitKey:
        """The estimates whose p is shown, on whose rows the counts are."""
        by_column = self.by_column
        return by_column["adjusted"] if "adjusted" in by_column else by_column["unadjusted"]

    @property
    def adjusted(self) -> list[FitKey]:
        """The adjusted ones of them, the primary ones first."""
        return [fit for fit in self.by_column.values() if fit.model == "adjusted"]


def _planned(estimates: Estimates, fits: Iterable[FitKey], model: str) -> FitKey | None:
    """Of several methods on the same rows the planned one, or the one in its place; the first,
    where all are extras.
    """
    own = [fit for fit in fits if fit.model == model]
    planned = [fit for fit in own if estimates.of_fit(fit)[0]["standing"] not in EXTRAS]
    return next(iter(planned or own), None)


def _small_cells(frames: Iterable[Results]) -> frozenset[tuple[str, str, str]]:
    """Which levels are behind a small cell: by the method of the analysis, variable and level."""
    small: set[tuple[str, str, str]] = set()
    for frame in frames:
        checked(frame, "model_table", "events")
        if set(frame["engine"]) - {"model"}:
            raise UsageError("model_table: log is what Fit.log returns.")
        for row in frame.to_dict("records"):
            if row["event"] == "small_cell":
                small.add((str(row["method"]), str(row["variable"]), str(row["level"])))
    return frozenset(small)


class _Rows:
    """Rows and columns of one model table."""

    def __init__(
        self,
        study: Study,
        estimates: Estimates,
        chosen: _Chosen,
        counts: Counts,
        small: frozenset[tuple[str, str, str]],
    ) -> None:
        self.study = study
        self.estimates = estimates
        self.chosen = chosen
        self.counts = counts
        self.small = small
        self.letters = Notes()
        self.has_counts = any(rows == chosen.primary.rows for rows, _, _ in counts)
        self.columns = tuple(self._columns())

    def _columns(self) -> Iterator[Column]:
        """At most five beside the labels, under what their estimates are by."""
        ratio = f"OR ({self.study.file.regression.confidence:g}% CI)"
        by_column, primary = self.chosen.by_column, self.chosen.primary
        spanner = capital(method(primary.method))
        if self.has_counts:
            yield Column("events", "Events/N", None, spanner)
        if primary.method == "available_case":  # n differs from row to row
            yield Column("n", "n", None, spanner)
        if "unadjusted" in by_column:
            yield Column("unadjusted", f"Unadjusted {ratio}", None, spanner)
        if "adjusted" in by_column:
            yield Column("adjusted", f"Adjusted {ratio}", None, spanner)
        yield Column("p", "p", None, spanner)
        if "beside" in by_column:
            by = capital(method(by_column["beside"].method))
            yield Column("beside", f"Adjusted {ratio}", None, by)

    def variable(self, name: str) -> Iterator[Row]:
        """The rows of a variable: one, or its name with the p of its levels together, the
        reference, and a row per level.
        """
        every = self.estimates.levels(name)
        alone = every if len(every) == 1 else [value for value in every if not value]
        for value in alone:
            title = term_beside_reference(self.study, self.estimates.first(name, value))
            yield self._row(title, name, value)
        levels = [value for value in every if value not in alone]
        if not levels:
            return
        together = self.estimates.joint.get((self.chosen.primary, name, ""))
        p = {} if together is None else {"p": p_of(together)}
        yield Row(label(self.study, name), self._in_order(p), name)
        yield self._reference(name, str(self.estimates.first(name, levels[0])["reference"]))
        for value in levels:
            title = level(self.study, name, value)
            yield self._row(title, name, value, depth=2, has_own_p=together is None)

    def _in_order(self, cells: Mapping[str, Cell]) -> tuple[Cell, ...]:
        """Cells by the keys of their columns, in the order of these; the others are empty."""
        return tuple(cells.get(column.key, EMPTY) for column in self.columns)

    def _reference(self, name: str, reference: str) -> Row:
        cells = {
            key: Cell("reference")
            for key, fit in self.chosen.by_column.items()
            if self.estimates.has_levels(fit, name)
        }
        cells["events"] = self._count(name, reference)
        title = level(self.study, name, reference)
        return Row(title, self._in_order(cells), name, reference, 2)

    def _row(
        self, title: str, name: str, value: str, *, depth: int = 1, has_own_p: bool = True
    ) -> Row:
        cells = {key: self._ratio(fit, name, value) for key, fit in self.chosen.by_column.items()}
        cells["events"] = self._count(name, value)
        first = self.estimates.rows_by_key.get((self.chosen.primary, name, value))
        if first is not None:
            cells["n"] = of_row("{n}", first, n="n")
            cells["p"] = p_of(first) if has_own_p else EMPTY
        return Row(title, self._in_order(cells), name, value, depth)

    def _count(self, name: str, value: str) -> Cell:
        """The number with the outcome among those at a level; a number has none."""
        key = (self.chosen.primary.rows, name, value)
        if key not in self.counts:
            return EMPTY
        n, whole = self.counts[key]
        return cell("{n}/{denominator}", {"n": n, "denominator": whole})

    def _ratio(self, fit: FitKey, name: str, value: str) -> Cell:
        row = self.estimates.rows_by_key.get((fit, name, value))
        if row is None:
            return EMPTY
        remarks = [note(row)]
        if fit.model == "adjusted" and self._is_small(fit, name, value):
            remarks.append(words.small_cell(self.study))
        remark = " ".join(filter(None, remarks))
        return ratio_of(row, self.letters.mark(remark) if remark else "")

    def _is_small(self, fit: FitKey, name: str, value: str) -> bool:
        """Whether few are behind an estimate: at its level, or at any of a variable of one row."""
        own = {(rows, at) for rows, variable, at in self.small if variable == name}
        if len(self.estimates.levels(name)) == 1:
            return any(rows == fit.rows.base for rows, _ in own)
        return (fit.rows.base, value) in own


def _within_a_page(about: About, builder: _Rows, sections: Sequence[Section]) -> Notes:
    """The notes: letters, what must be said, and of the rest what fits into the room, the more
    important first. Raises AbsenceError where a page does not hold the rows, or 60 words what must
    be said.
    """
    rows = [row for section in sections for row in section.rows]
    letters = [text for _, text in builder.letters.all()]
    must = list(dict.fromkeys(_must_be_said(about, builder, rows)))
    length = sum(map(_words, [*letters, *must, words.IN_ANNEX]))
    lines = len(rows) + sum(bool(section.title) for section in sections)
    too_much = words.too_much(lines, MOST_ROWS, length, MOST_WORDS)
    if too_much:
        raise not_there("model_longer_than_a_page", too_much=too_much)
    fitting: list[str] = []
    for text in _may_be_said(about.study, builder):
        if length + _words(text) <= MOST_WORDS:
            fitting.append(text)
            length += _words(text)
    for text in [*must, *fitting, words.IN_ANNEX]:
        builder.letters.plain(text)
    return builder.letters


def _words(text: str) -> int:
    return len(text.split())


def _must_be_said(about: About, builder: _Rows, rows: Iterable[Row]) -> Iterator[str]:
    """What a table may not be read without."""
    study, estimates, chosen = about.study, builder.estimates, builder.chosen
    for fit in chosen.by_column.values():
        yield from filter(None, [estimates.lock_notes[fit]])
    for fit in chosen.by_column.values():
        standing = str(estimates.of_fit(fit)[0]["standing"])
        if standing in words.WHY_FIRTH:
            yield words.WHY_FIRTH[standing]
    for fit in chosen.adjusted:
        few = few_events(study, fit, estimates)
        if few:
            yield words.read_with_caution(method(fit.method), few)
    hidden = any(one.status == "suppressed" for row in rows for one in row.cells)
    if about.released and hidden:
        yield held_back(study)


def _may_be_said(study: Study, builder: _Rows) -> Iterator[str]:
    """How to read a table, the more important first; the annex table says it all, at length."""
    estimates, chosen = builder.estimates, builder.chosen
    primary = estimates.of_fit(chosen.primary)
    yield words.HOW_TO_READ if chosen.adjusted else words.UNADJUSTED
    if builder.has_counts:
        yield words.counts(imputed=is_imputed(chosen.primary.method))
    has_joint = any(key[0] == chosen.primary for key in estimates.joint)
    yield words.whose_p(chosen.primary.model, method(chosen.primary.method), joint=has_joint)
    if any(p_sign(row) for row in primary):
        yield words.P_AS_CLASS
    yield from words.clusters(study, primary)
    yield from words.intervals(
        row for fit in chosen.by_column.values() for row in estimates.of_fit(fit)
    )
    numbers = [shown(row, "m") for row in primary if is_imputed(str(row["method"]))]
    known = [number for number in numbers if is_known(number)]
    if known:
        yield words.pooled(max(known))
