"""The table of odds ratios."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

import pandas as pd

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError, count
from mothers_margins.release.released import Released, released_or_given
from mothers_margins.results.results import NOT_LOCKED, About, Record, Results, checked, codes
from mothers_margins.results.shown import Value, combined, is_known, odds, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.tables.cells import EMPTY, cell, of_row, p_of, ratio_of, table_of
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording import captions
from mothers_margins.wording.terms import (
    DF_RULES,
    INTERVALS,
    MODELS,
    P_CLASSES,
    base,
    capital,
    clusters,
    coding,
    count_text,
    done_to_model,
    in_place_of_planned,
    is_firth,
    is_imputed,
    label,
    level,
    lock_note,
    method,
    named,
    note,
    p_sign,
    rounding_rule,
    sentence,
    specification,
    symbol,
    term_beside_reference,
)

JOINT = "joint_test"
# CLIP has no correction for few imputations.
FEW_FOR_CLIP = 20
BY_PROFILE = ("profile", "clip")  # where the profile's interval is the primary one


class RowsKey(NamedTuple):
    """On whose rows estimates are: an outcome and a model, on complete cases or imputed."""

    outcome: str
    specification: str
    base: str


class FitKey(NamedTuple):
    """What a pair of columns holds: one model, with one method of missing data."""

    outcome: str
    specification: str
    model: str
    method: str

    @property
    def rows(self) -> RowsKey:
        """On whose rows it is."""
        return RowsKey(self.outcome, self.specification, base(self.method))


Key = tuple[FitKey, str, str]  # with the variable and the level of a row

# The number with the outcome and that of all, by whose rows they are, variable and level.
Counts = dict[tuple[RowsKey, str, str], tuple[Value, Value]]


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
    frames = _frames(released_or_given(results, "odds_ratios", name))
    if isinstance(results, list | tuple) and not results:
        raise not_there("no_estimates")
    if not frames:
        raise UsageError("odds_ratios: needs estimates, as fit.to_frame() returns them.")
    abouts = [checked(frame, "odds_ratios", "estimates") for frame in frames]
    about = abouts[0]
    if any(other.lock == "open" for other in abouts):
        about = replace(about, lock="open")
    estimates = _Estimates.of(frames, abouts)
    if not estimates.rows_by_key:
        raise UsageError("odds_ratios: there is no estimate of an explanatory variable.")
    notes = Notes()
    builder = _Ratios(about, notes, estimates, _with_outcome(cells))
    sections = []
    for title, names in _blocks(about.study, estimates.variables()):
        rows: list[Row] = []
        for name in names:
            rows += builder.variable(name)
        sections.append(Section(title, tuple(rows)))
    _explain(about.study, notes, estimates)
    if any(is_imputed(rows.base) for rows in builder.counts_before.values()):
        notes.plain("With outcome, of all (imputed): means over the imputations.")
    _explain_log(about.study, notes, estimates, _frames(log) if log is not None else [])
    _explain_codings(about.study, notes, estimates)
    return table_of(
        about,
        name="odds_ratios",
        caption=captions.of_estimates(about.study, "Associations with", estimates.rows),
        stub="Explanatory variable",
        columns=builder.columns(),
        sections=sections,
        notes=notes,
    )


def _frames(results: object) -> list[Results]:
    """One frame of results, or several, as a list."""
    if isinstance(results, pd.DataFrame):
        return [results]  # type: ignore[list-item]  # `checked` says what is wrong with a plain frame
    return list(results) if isinstance(results, Iterable) else []


@dataclass(frozen=True)
class _Estimates:
    """The estimates of a table, by what they are of, and what the agreed list says of each."""

    rows: tuple[Record, ...]
    rows_by_key: dict[Key, Record]
    joint: dict[Key, Record]
    lock_notes: dict[FitKey, str]

    @classmethod
    def of(cls, frames: list[Results], abouts: list[About]) -> "_Estimates":
        rows: list[Record] = []
        lock_notes: dict[FitKey, str] = {}
        for frame, about in zip(frames, abouts, strict=True):
            own = frame.to_dict("records")
            rows += own
            lock_notes |= {_fit_key(row): lock_note(about) for row in own}
        if len({_fit_key(row)[:2] for row in rows}) > 1:
            rows = [row for row in rows if row["model"] == "adjusted"]
        by_key: dict[Key, Record] = {}
        joint: dict[Key, Record] = {}
        for row in rows:
            key = (_fit_key(row), str(row["variable"]), str(row["level"]))
            if row["variable"]:
                (joint if JOINT in codes(row) else by_key)[key] = row
        return cls(tuple(rows), by_key, joint, lock_notes)

    @property
    def fits(self) -> tuple[FitKey, ...]:
        """What the pairs of columns hold, in order."""
        return tuple(dict.fromkeys(key[0] for key in self.rows_by_key))

    @property
    def several(self) -> bool:
        """Whether there are several outcomes or models, of which only the adjusted estimates are
        shown.
        """
        return len({fit[:2] for fit in self.fits}) > 1

    def variables(self) -> list[str]:
        """Explanatory variables in their order in the model."""
        return list(dict.fromkeys(key[1] for key in self.rows_by_key))

    def levels(self, variable: str) -> list[str]:
        """Levels of a variable that have an estimate; an empty one for a number."""
        return list(dict.fromkeys(key[2] for key in self.rows_by_key if key[1] == variable))

    def first(self, variable: str, level: str) -> Record:
        """An estimate of a level, for what it is called and compared with."""
        return next(row for key, row in self.rows_by_key.items() if key[1:] == (variable, level))

    def has_levels(self, fit: FitKey, variable: str) -> bool:
        """Whether a variable is in a fit by its levels."""
        return any(key[:2] == (fit, variable) and key[2] for key in self.rows_by_key)

    def of_fit(self, fit: FitKey) -> list[Record]:
        """The estimates of a pair of columns, without joint tests and constants."""
        return [row for key, row in self.rows_by_key.items() if key[0] == fit]


def _fit_key(row: Record) -> FitKey:
    return FitKey(
        str(row["outcome"]), str(row["specification"]), str(row["model"]), str(row["method"])
    )


def _rows_key(row: Record) -> RowsKey:
    return RowsKey(str(row["outcome"]), str(row["specification"]), base(str(row["method"])))


def _with_outcome(cells: Results | Iterable[Results] | None) -> Counts:
    """Number with the outcome and in all, by whose rows they are, variable and level."""
    by_side: dict[tuple[RowsKey, str, str], dict[str, Value]] = {}
    for frame in _frames(cells) if cells is not None else []:
        checked(frame, "odds_ratios", "events")
        if set(frame["engine"]) - {"cells"}:
            raise UsageError("odds_ratios: cells are what Fit.tabulated returns.")
        for row in frame.to_dict("records"):
            key = (_rows_key(row), str(row["variable"]), str(row["level"]))
            by_side.setdefault(key, {})[row["group"]] = shown(row, "n")
    return {
        key: (sides["yes"], combined(lambda yes, no: yes + no, sides["yes"], sides["no"]))
        for key, sides in by_side.items()
    }


def _blocks(study: Study, variables: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Variables of the estimates under the study's headings, in their order in the model."""
    titles = [*dict.fromkeys(block.title for block in study.file.explanatory), ""]
    for title in titles:
        inside = [name for name in variables if study.block(name) == title]
        if inside:
            yield title, inside


class _Ratios:
    """Rows and columns of one table of odds ratios."""

    def __init__(
        self,
        about: About,
        notes: Notes,
        estimates: _Estimates,
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
        return any(map(_has_profile_beside, self.estimates.of_fit(fit)))

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


def _has_profile_beside(row: Record) -> bool:
    return row["interval"] not in BY_PROFILE and is_known(shown(row, "profile_low"))


def _explain(study: Study, notes: Notes, estimates: _Estimates) -> None:
    """What is in the model, by which method, and how to read it."""
    rules, unit = study.file.regression, study.file.unit.many
    alone = any(fit.model == "unadjusted" for fit in estimates.fits)
    adjusted = [fit for fit in estimates.fits if fit.model == "adjusted"]
    for fit in adjusted:
        beside = (
            f" Unadjusted odds ratios are of the same {unit}."
            if alone and not estimates.several
            else ""
        )
        notes.plain(_model_in_words(study, fit, estimates) + beside)
    firth = [
        row for row in estimates.rows if is_firth(str(row["method"])) or "by_firth" in codes(row)
    ]
    if len(firth) < len(estimates.rows):
        notes.plain(
            "Logistic regression by maximum likelihood"
            + (" where nothing else is said." if firth else ".")
        )
    if firth:
        information = {
            "information": "the ordinary information",
            "augmented": "that of the augmented data",
        }
        errors = information[rules.firth_std_error]
        notes.plain(f"Firth: penalised likelihood, standard errors from {errors}.")
    pooled = [
        row for row in estimates.rows if is_imputed(str(row["method"])) and JOINT not in codes(row)
    ]
    if pooled:
        notes.plain(_pooling(study, pooled))
    for words in _primary_in_words(estimates):
        notes.plain(words)
    if not estimates.several and any(
        _has_profile_beside(row) for fit in adjusted for row in estimates.of_fit(fit)
    ):
        notes.plain("Beside them: interval and p by profile likelihood.")
    for words in clusters(study, estimates.rows):
        notes.plain(words)
    if any(p_sign(row) for row in estimates.rows):
        notes.plain(P_CLASSES)
    for words in dict.fromkeys(_in_place(row) for row in estimates.rows if _in_place(row)):
        notes.plain(words)
    if adjusted:
        notes.plain(
            "Each adjusted odds ratio is an association given all other variables of the model, "
            "not an effect."
        )
    else:
        notes.plain(f"n is the number of {unit} behind an odds ratio; it differs from row to row.")


def _primary_in_words(estimates: _Estimates) -> Iterator[str]:
    """By what the primary interval and p of each method are."""
    codes_of: dict[str, list[str]] = {}
    for row in estimates.rows:
        used = method(str(row["method"]))
        if row["interval"] and used not in codes_of.setdefault(str(row["interval"]), []):
            codes_of[str(row["interval"])].append(used)
    parts = [f"{', '.join(used)}: {INTERVALS[code]}" for code, used in codes_of.items()]
    if parts:
        yield (
            "The interval beside an odds ratio and its p are the primary ones, both from one "
            f"statistic. {capital('; '.join(parts))}."
        )
    numbers = [shown(row, "m") for row in estimates.rows if row["interval"] == "clip"]
    few = [number for number in numbers if is_known(number) and number < FEW_FOR_CLIP]
    if few:
        yield (
            f"CLIP has no correction for few imputations: {count_text(min(few))} are fewer than "
            f"{FEW_FOR_CLIP}."
        )


def _in_place(row: Record) -> str:
    """That an estimate is by another method than the planned one, and why."""
    why = in_place_of_planned(row)
    return f"{capital(method(str(row['method'])))}: {why}." if why else ""


def _model_in_words(study: Study, fit: FitKey, estimates: _Estimates) -> str:
    """How many participants, events and parameters an adjusted model has."""
    rules, unit = study.file.regression, study.file.unit.many
    rows = estimates.of_fit(fit)
    row = next((other for other in rows if other["status"] != "suppressed"), rows[0])
    n, events = shown(row, "n"), shown(row, "n_events")
    per = combined(lambda n, events: min(events, n - events) / len(rows), n, events)
    rule = study.file.rounding.rule
    per_text = rounded(float(per), 1, rule) if is_known(per) else symbol(per)
    declared = study.outcomes.get(fit.outcome)  # of a data frame none is
    is_exploratory = declared is not None and declared.kind == "exploratory"
    needed = rules.exploratory_events if is_exploratory else rules.few_events
    few = ""
    if is_known(per) and per < needed:
        few = f"; fewer than {needed:g}, so read it with caution"
    titles = [label(study, fit.outcome), specification(study, fit.specification)]
    about = f"{'. '.join(filter(None, titles))}, adjusted" if estimates.several else "Adjusted"
    return (
        f"{about}, {method(fit.method)}: {count_text(n)} {unit}, {count_text(events)} with the "
        "outcome, "
        f"{count(len(rows), 'parameter')} besides the constant, {per_text} events per "
        f"parameter{few}."
    )


def _pooling(study: Study, rows: list[Record]) -> str:
    """How imputed estimates were pooled, and how much the missing values and the number of
    imputations cost.
    """
    numbers = [shown(row, "m") for row in rows]
    known = dict.fromkeys(count_text(number) for number in numbers if is_known(number))
    m = " or ".join(known) or symbol(*numbers)
    rule = study.file.missing_data.df_rule if study.file.missing_data else "rubin"
    by_t = f"p and intervals against t with the degrees of freedom of {DF_RULES[rule]}"
    by_clip = "of Firth's method p and intervals by CLIP"
    has_t, has_clip = (any(row["interval"] == code for row in rows) for code in ("wald_t", "clip"))
    ends = [words for words, holds in ((by_t, has_t), (by_clip, has_clip)) if holds]
    pooled = (
        f"Imputed: {m} imputations by chained equations, pooled by Rubin's rules; "
        f"{'; '.join(ends)}."
    )
    return f"{pooled} {missing_information(study, rows)}".strip()


def missing_information(study: Study, rows: list[Record]) -> str:
    """The largest fraction of missing information and Monte Carlo error of estimates, as far as
    they may be shown.
    """
    rule = study.file.rounding.rule
    lost = [value for value in (shown(row, "fmi") for row in rows) if is_known(value)]
    if not lost:
        return ""
    words = f"At most {rounded(100 * max(lost), 0, rule)}% of an estimate's information is missing"
    shares = [
        combined(lambda mc, se: mc / se, shown(row, "mc_error"), shown(row, "std_error"))
        for row in rows
    ]
    errors = [share for share in shares if is_known(share)]
    if errors:
        most = rounded(100 * max(errors), 0, rule)
        words += f"; Monte Carlo errors are at most {most}% of a standard error"
    return f"{words}."


def _explain_log(study: Study, notes: Notes, estimates: _Estimates, frames: list[Results]) -> None:
    """What was done to the models, each kind once per analysis, with the variables and levels that
    it was done to.
    """
    several = len({fit.rows for fit in estimates.fits}) > 1
    for frame in frames:
        checked(frame, "odds_ratios", "events")
        if set(frame["engine"]) - {"model"}:
            raise UsageError("odds_ratios: done is what Fit.log returns.")
        by_event: dict[tuple[RowsKey, str], list[str]] = {}
        for row in frame.to_dict("records"):
            if row["event"] in ("clustered", "clusters_not_recorded"):
                continue  # said of every table, whether or not it has a log
            words = sentence(done_to_model(study, str(row["event"]))).removesuffix(".")
            if not row["variable"]:
                n = shown(row, "n")
                words += f" ({f'{n:g}' if is_known(n) else count_text(n)})"
            about = by_event.setdefault((_rows_key(row), words), [])
            if row["variable"]:
                text = named(study, str(row["variable"]), str(row["level"])) + _in_how_many(row)
                about += [] if text in about else [text]
        for (rows, words), about in by_event.items():
            whose = f"{_whose(study, estimates, rows)}. " if several else ""
            notes.plain(f"{whose}{words}: {'; '.join(about)}." if about else f"{whose}{words}.")


def _whose(study: Study, estimates: _Estimates, rows: RowsKey) -> str:
    """Whose columns a note concerns."""
    words = capital(method(rows.base))
    if not estimates.several:
        return words
    titles = [label(study, rows.outcome), specification(study, rows.specification)]
    return f"{'. '.join(filter(None, titles))}, {method(rows.base)}"


def _in_how_many(row: Record) -> str:
    """In how many of several data sets it was; empty where there is one, or it was in all."""
    chains, in_all = shown(row, "chains"), shown(row, "chains_in_all")
    if not (is_known(chains) and is_known(in_all)) or in_all == 1:
        return ""
    return f" (in {count_text(chains)} of {count_text(in_all)} completed data sets)"


def _explain_codings(study: Study, notes: Notes, estimates: _Estimates) -> None:
    """Codings that are an assumption, and how odds ratios are rounded."""
    codings = {str(row["variable"]): coding(study, row) for row in estimates.rows}
    assumed: list[str] = []
    for name, declared in codings.items():
        if declared and declared.assumption:
            assumed.append(f"{label(study, name)}: {declared.assumption}")
    if assumed:
        notes.plain(
            f"Assumed codings. {' '.join(assumed)} How each variable is made stands in notebook 00."
        )
    rounding = study.file.rounding
    notes.plain(
        f"Odds ratios are rounded to {rounding.odds_ratio} decimals; {rounding_rule(rounding)}."
    )
