"""The table of odds ratios."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from math import exp, inf, isnan
from typing import Any

import pandas as pd

from mothers_margins.builders import cited
from mothers_margins.definition import Coding
from mothers_margins.errors import UsageError, count
from mothers_margins.results import NOT_LOCKED, Results, checked
from mothers_margins.rounding import IN_WORDS, rounded
from mothers_margins.study import Study
from mothers_margins.table import SYMBOLS, Cell, Column, Notes, Row, Section, Table

EMPTY = Cell("")
VARIANTS = {
    "direct": "composites imputed as they are",
    "missing_as_no": "missing composites as no",
    "shifted": "shifted, not at random",
}
METHODS = {
    "complete_case": "complete cases",
    "firth": "complete cases, Firth",
    "imputed": "imputed",
    "imputed_firth": "imputed, Firth",
    "available_case": "each on all known",
    "unknown_as_no": "unknown outcomes as no",
    "unknown_as_yes": "unknown outcomes as yes",
}
Record = dict[Hashable, Any]
Made = tuple[str, str, str, str]
Key = tuple[str, str, str, str, str, str]


def odds_ratios(
    results: Results | Iterable[Results], cells: Results | None = None, done: Results | None = None
) -> Table:
    """A table of odds ratios: one row per level, a pair of columns per model and method, Wald and profile intervals.

    results: estimates of one model, from `Fit.to_frame`, or a list of several; of several outcomes or models the
    adjusted estimates stand side by side. cells: `Fit.tabulated`, for the number with the outcome of each level. done:
    `Fit.events`, or a list of them, for the notes. Limits of log-odds are exponentiated, standard errors never.
    Raises UsageError for results of another kind.
    """
    frames = [results] if isinstance(results, pd.DataFrame) else list(results) if isinstance(results, Iterable) else []
    if not frames:
        raise UsageError("odds_ratios: no estimates were given.")
    about, *_ = [checked(frame, "odds_ratios", "estimates") for frame in frames]
    study = about.study
    rows = [row for frame in frames for row in frame.to_dict("records")]
    outcomes = list(dict.fromkeys(str(row["outcome"]) for row in rows))
    if len({(row["outcome"], row["specification"]) for row in rows}) > 1:
        rows = [row for row in rows if row["model"] == "adjusted"]
    if not any(row["variable"] for row in rows):
        raise UsageError("odds_ratios: there is no estimate of an explanatory variable.")
    found = {(*_made(row), row["variable"], row["level"]): row for row in rows if row["variable"]}
    made = dict.fromkeys(key[:4] for key in found)
    joint = {key: row for key, row in found.items() if isnan(row["estimate"])}
    notes = Notes()
    open_ = any(NOT_LOCKED in row["note"] for row in rows)
    builder = _Ratios(study, notes, tuple(made), found, _numbers(cells), open_)
    sections = [
        Section(title, tuple(row for name in names for row in builder.variable(name, joint)))
        for title, names in _blocks(study, rows)
    ]
    _explain(study, notes, rows, done)
    title = f"Associations with: {'; '.join(map(study.label, outcomes))}"
    named = [_title(study, name) for name in dict.fromkeys(str(row["specification"]) for row in rows)]
    title += f". {'; '.join(filter(None, named))}" if any(named) else ""
    return Table(
        name="odds_ratios",
        caption=f"{NOT_LOCKED}. {title}" if open_ else title,
        stub="Explanatory variable",
        columns=tuple(builder.columns()),
        sections=tuple(sections),
        notes=notes.all(),
        mark=about.source.mark,
        source=f"{about.source.statement} {cited(study)}",
        rounding=study.file.rounding,
    )


def method_in_words(method: str) -> str:
    """A method of results in words, with what a sensitivity run did otherwise."""
    for variant, words in VARIANTS.items():
        if method.endswith(f"_{variant}"):
            return f"{METHODS[method.removesuffix(f'_{variant}')]}; {words}"
    return METHODS[method]


def _made(row: Record) -> Made:
    """Outcome, specification, model and method of an estimate: what a column is of."""
    return row["outcome"], row["specification"], row["model"], row["method"]


def _title(study: Study, specification: str) -> str:
    """What a model is called in a caption; the first of the study needs no name."""
    if specification in list(study.file.models)[:1]:
        return ""
    return study.file.models[specification].title if specification in study.file.models else "By a formula"


def _numbers(cells: Results | None) -> dict[tuple[str, str], tuple[int, int]]:
    """Number with the outcome and in all, by variable and level."""
    if cells is None:
        return {}
    checked(cells, "odds_ratios", "events")
    if set(cells["engine"]) - {"cells"}:
        raise UsageError("odds_ratios: cells are what Fit.tabulated returns.")
    counts = {(row["variable"], row["event"], row["group"]): row["n"] for row in cells.to_dict("records")}
    return {(v, e): (n, n + counts[v, e, "no"]) for (v, e, side), n in counts.items() if side == "yes"}


def _blocks(study: Study, rows: list[Record]) -> Iterator[tuple[str, list[str]]]:
    """Variables of the estimates under the study's headings, in their order in the model."""
    names = list(dict.fromkeys(str(row["variable"]) for row in rows if row["variable"]))
    titles = [*dict.fromkeys(block.title for block in study.file.explanatory), ""]
    for title in titles:
        inside = [name for name in names if study.block(name) == title]
        if inside:
            yield title, inside


class _Ratios:
    """Rows and columns of one table of odds ratios."""

    def __init__(
        self,
        study: Study,
        notes: Notes,
        made: tuple[Made, ...],
        found: dict[Key, Record],
        numbers: dict[tuple[str, str], tuple[int, int]],
        open_: bool,
    ) -> None:
        self.study, self.notes, self.made, self.found = study, notes, made, found
        self.numbers, self.open = numbers, open_
        self.several = len({one[:2] for one in made}) > 1

    def columns(self) -> Iterator[Column]:
        confidence = f"{self.study.file.regression.confidence:g}%"
        if self.numbers:
            yield Column("events", "With outcome, of all")
        for made in self.made:
            outcome, specification, model, method = made
            spanner = f"{model.capitalize()} ({method_in_words(method)})"
            if self.several:
                which = [self.study.label(outcome)] * (len({one[0] for one in self.made}) > 1)
                which += [_title(self.study, specification)] * (len({one[1] for one in self.made}) > 1)
                spanner = f"{'. '.join(filter(None, which)) or 'Main model'}. {spanner}"
            key = "_".join(made if self.several else made[2:])
            if method == "available_case":
                yield Column(f"{key}_n", "n", None, spanner)
            yield Column(key, f"OR ({confidence} CI)", None, spanner)
            yield Column(f"{key}_p", "p", None, spanner)
            if self._profiled(made):
                yield Column(f"{key}_profile", f"Profile {confidence} CI", None, spanner)
                yield Column(f"{key}_profile_p", "Profile p", None, spanner)
        if self.open:
            yield Column("status", "Status")

    def _profiled(self, made: Made) -> bool:
        """Profile columns stand where there are profile intervals, of the adjusted estimates of one model."""
        rows = [row for key, row in self.found.items() if key[:4] == made]
        return not self.several and made[2] == "adjusted" and any(not isnan(row["profile_low"]) for row in rows)

    def variable(self, name: str, joint: dict[Key, Record]) -> Iterator[Row]:
        levels = list(dict.fromkeys(key[5] for key in self.found if key[4] == name and key not in joint))
        known = name in self.study.declared
        label = self.study.label(name) if known else name
        if len(levels) == 1:
            row = next(row for key, row in self.found.items() if key[4] == name)
            coding = _coding(self.study, row)
            how = coding.label if coding and coding.label and not coding.merged else ""
            how = how or (f"compared with {row['reference'].lower()}" if row["reference"] else "")
            level = f": {levels[0].lower()}" if levels[0] else ""
            yield self._row(f"{label}{level}{',' * (not level)} {how}" if how else label + level, name, levels[0])
            return
        heading = [self._pair(joint.get((*made, name, "")), made) for made in self.made]
        yield Row(label, self._padded((EMPTY,), [cell for pair in heading for cell in pair], NOT_LOCKED), name)
        reference = next(row["reference"] for key, row in self.found.items() if key[4] == name)
        empty = [
            cell
            for made in self.made
            for cell in (Cell("{n} (reference)", {"n": 1}), *(EMPTY,) * (self._width(made) - 1))
        ]
        yield Row(reference, self._padded((self._events(name, reference),), empty, ""), name, reference, 2)
        for level in levels:
            yield self._row(level, name, level, depth=2)

    def _row(self, label: str, name: str, level: str, depth: int = 1) -> Row:
        cells = [cell for made in self.made for cell in self._pair(self.found.get((*made, name, level)), made)]
        return Row(label, self._padded((self._events(name, level),), cells, NOT_LOCKED), name, level, depth)

    def _padded(self, events: tuple[Cell, ...], cells: list[Cell], status: str) -> tuple[Cell, ...]:
        return (*(events if self.numbers else ()), *cells, *((Cell(status),) if self.open else ()))

    def _width(self, made: Made) -> int:
        return 4 if self._profiled(made) else 3 if made[3] == "available_case" else 2

    def _events(self, name: str, level: str) -> Cell:
        if (name, level) not in self.numbers:
            return EMPTY
        n, whole = self.numbers[name, level]
        return Cell("{n} of {denominator}", {"n": n, "denominator": whole})

    def _pair(self, row: Record | None, made: Made) -> list[Cell]:
        """Odds ratio with its interval, p, and the profile's; of a joint row only the p."""
        if row is None:
            return [EMPTY] * self._width(made)
        status = str(row["status"])
        first = [Cell("{n}", {"n": row["n"]}, status)] if made[3] == "available_case" else []
        p_value = Cell("{p_value}", {"p_value": row["p_value"]}, status)
        if isnan(row["estimate"]):
            mark = self.notes.mark("All levels together, Wald's test.")
            cells = [*first, EMPTY, replace(p_value, mark=mark)]
            return cells + [EMPTY] * (self._width(made) - len(cells))
        said = "; ".join(part for part in str(row["note"]).split("; ") if part and part != NOT_LOCKED)
        mark = self.notes.mark(said[0].upper() + said[1:] + ".") if said else ""
        limits = zip(("ratio", "ratio_low", "ratio_high"), ("estimate", "conf_low", "conf_high"), strict=True)
        numbers = {key: _odds(row[log_odds]) for key, log_odds in limits}
        cells = [*first, Cell("{ratio} ({ratio_low} to {ratio_high})", numbers, status, mark), p_value]
        if self._profiled(made):
            low, high = row["profile_low"], row["profile_high"]
            pattern = "{ratio_low} to " + ("∞" if high == inf else "{ratio_high}")
            cells += [Cell(pattern, {"ratio_low": _odds(low), "ratio_high": _odds(high)}, status)]
            cells += [Cell("{p_value}", {"p_value": row["profile_p"]}, status)]
        return cells


def _odds(log_odds: float) -> float:
    """An odds ratio; beyond what a float holds, its largest number."""
    return exp(min(log_odds, 700.0)) if log_odds > -inf else 0.0


def _explain(study: Study, notes: Notes, rows: list[Record], done: Results | Iterable[Results] | None) -> None:
    """What is in the model, by which method and coding, what was done to it, and how to read it."""
    rules, unit = study.file.regression, study.file.unit.many
    several = len({_made(row)[:2] for row in rows}) > 1
    adjusted = [row for row in rows if row["model"] == "adjusted"]
    alone = any(row["model"] == "unadjusted" for row in rows)
    for made in dict.fromkeys(map(_made, adjusted)):
        own = [row for row in adjusted if _made(row) == made]
        parameters = sum(bool(row["variable"]) and not isnan(row["estimate"]) for row in own)
        n, events = own[0]["n"], own[0]["n_events"]
        per = min(events, n - events) / parameters
        about = f"{'. '.join(filter(None, (study.label(made[0]), _title(study, made[1]))))}, adjusted"
        few = f"; fewer than {rules.few_events:g}, so read it with caution" if per < rules.few_events else ""
        notes.plain(
            f"{about if several else 'Adjusted'}, {method_in_words(made[3])}: {n:g} {unit}, {events:g} with the "
            f"outcome, {count(parameters, 'parameter')} besides the constant, {per:.1f} events per parameter{few}."
            + (f" Unadjusted odds ratios are of the same {unit}." if not several and alone else "")
        )
    firth = [row for row in rows if "firth" in str(row["method"]) or "Firth" in str(row["note"])]
    if len(firth) < len(rows):
        notes.plain("Logistic regression by maximum likelihood" + (" where nothing else is said." if firth else "."))
    if firth:
        information = {"information": "the ordinary information", "augmented": "that of the augmented data"}
        errors = information[rules.firth_std_error]
        notes.plain(f"Firth: penalised likelihood, standard errors from {errors}.")
    pooled = [row for row in rows if not pd.isna(row["m"])]
    if pooled:
        notes.plain(_pooling(study, pooled))
    profiled = not several and any(not isnan(row["profile_low"]) for row in adjusted)
    profile = "; profile ones are likelihood-ratio" if profiled else ""
    notes.plain(f"p and intervals are Wald's{profile}.")
    if adjusted:
        notes.plain("Each adjusted odds ratio is an association given all other variables of the model, not an effect.")
    else:
        notes.plain(f"n is the number of {unit} behind an odds ratio; it differs from row to row.")
    frames = [] if done is None else [done] if isinstance(done, Results) else list(done)
    for frame in frames:
        checked(frame, "odds_ratios", "events")
        if set(frame["engine"]) - {"model"}:
            raise UsageError("odds_ratios: done is what Fit.events returns.")
        for event, said in _done(study, frame):
            notes.plain(f"{event}: {'; '.join(said)}." if said else f"{event}.")
    codings = {str(row["variable"]): _coding(study, row) for row in rows}
    assumed = [f"{study.label(name)}: {one.assumption}" for name, one in codings.items() if one and one.assumption]
    if assumed:
        notes.plain(f"Assumed codings. {' '.join(assumed)} How each variable is made stands in notebook 00.")
    decimals, rule = study.file.rounding.odds_ratio, IN_WORDS[study.file.rounding.rule]
    notes.plain(f"Odds ratios are rounded to {decimals} decimals; {rule}.")


def _pooling(study: Study, rows: list[Record]) -> str:
    """How imputed estimates were pooled, and how much the missing values and the number of imputations cost."""
    m = " or ".join(f"{number:g}" for number in dict.fromkeys(row["m"] for row in rows))
    rule = study.file.missing_data.df_rule if study.file.missing_data else "rubin"
    by = {"rubin": "Rubin (1987), as in Stata for a logistic regression", "barnard-rubin": "Barnard and Rubin (1999)"}
    shown = [row for row in rows if row["status"] not in SYMBOLS]
    said = ""
    if shown:
        lost = rounded(100 * max(row["fmi"] for row in shown), 0, study.file.rounding.rule)
        said = f" At most {lost}% of an estimate's information is missing"
        errors = [row["mc_error"] / row["std_error"] for row in shown if not isnan(row["mc_error"])]
        if errors:
            most = rounded(100 * max(errors), 0, study.file.rounding.rule)
            said += f"; Monte Carlo errors are at most {most}% of a standard error"
        said += "."
    return (
        f"Imputed: {m} imputations by chained equations, pooled by Rubin's rules; p and intervals against t with the "
        f"degrees of freedom of {by[rule]}.{said}"
    )


def _coding(study: Study, row: Record) -> Coding | None:
    """How the variable of an estimate entered its model; None for a formula."""
    known = row["specification"] in study.file.models and row["variable"] in study.file.coding
    return study.coding(str(row["specification"]), str(row["variable"])) if known else None


def _done(study: Study, done: Results) -> Iterator[tuple[str, list[str]]]:
    """What was done to the model, each kind once, with the variables that it was done to."""
    found: dict[str, list[str]] = {}
    for row in done.to_dict("records"):
        event, _, detail = str(row["event"]).partition(": ")
        counted = f"{event}: {detail} ({row['n']:g})" if event == "left out" and not row["variable"] else event
        about = study.label(row["variable"]) if row["variable"] in study.declared else str(row["variable"])
        said = found.setdefault(counted[0].upper() + counted[1:], [])
        text = f"{about}, {detail}" if about and detail else about
        said += [text] if text and text not in said else []
    yield from found.items()
