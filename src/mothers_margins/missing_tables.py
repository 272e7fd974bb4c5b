"""Tables of imputation and of what follows from it: the log of a run, imputed beside observed, precision, per 100."""

from collections.abc import Hashable, Iterable
from math import exp, nan
from typing import Any

import pandas as pd

from mothers_margins.builders import cited
from mothers_margins.errors import UsageError
from mothers_margins.imputation import how_many_imputations
from mothers_margins.model_tables import method_in_words
from mothers_margins.results import NOT_LOCKED, Results, checked
from mothers_margins.rounding import IN_WORDS
from mothers_margins.study import Study
from mothers_margins.table import Cell, Column, Notes, Row, Section, Table

Record = dict[Hashable, Any]
EMPTY = Cell("")
WORDS = {
    "logit": "logistic",
    "ologit": "ordered logistic",
    "mlogit": "multinomial logistic",
    "pmm": "predictive mean matching",
    "regress": "linear",
    "truncreg": "truncated linear",
}
BY = "imputed by "


def imputation_log(results: Results) -> Table:
    """How a run was made and what happened in it, from `Imputed.events`: settings, participants, chains.

    Raises UsageError for other events.
    """
    about = checked(results, "imputation_log", "events")
    if not {*results["engine"]} <= {"run", "imputation", "chains"}:
        raise UsageError("imputation_log: these are not the events of an imputation.")
    study, unit = about.study, about.study.file.unit.many
    titles = {"run": "Settings", "imputation": f"What was done to {unit}", "chains": "What happened in the chains"}
    patterns = {"run": "{n}", "imputation": f"{{n}} of {{denominator}} {unit}", "chains": "{n} of {denominator} chains"}
    sections = []
    for engine, part in results.groupby("engine", sort=False):
        rows = []
        for row in part.to_dict("records"):
            name = str(row["variable"])
            label = study.label(name) if name in study.declared else name or _capital(str(row["event"]))
            numbers = {"n": row["n"], "denominator": row["denominator"]}
            quiet = engine == "imputation" and row["n"] == 0 and row["status"] == "shown"
            number = EMPTY if quiet else Cell(patterns[str(engine)], numbers, str(row["status"]))
            said = Cell(_method(str(row["event"])) if name else "")
            rows.append(Row(str(label), (said, number), name, str(row["event"])))
        sections.append(Section(titles[str(engine)], tuple(rows)))
    notes = Notes()
    notes.plain("Augmented: pseudo-rows support an equation whose level is rare or perfectly predicted.")
    notes.plain("The outcome predicts and is never imputed; what does not apply is never imputed.")
    return _table(
        about, "imputation_log", "How the values were imputed", "Variable", ("What", "Number"), sections, notes
    )


def _method(event: str) -> str:
    """An event with the engine's name of a method in words: 'imputed by logistic regression (logit)'."""
    name, comma, more = event.removeprefix(BY).partition(",")
    if not event.startswith(BY) or name not in WORDS:
        return event
    regression = "" if name == "pmm" else " regression"
    return f"{BY}{WORDS[name]}{regression} ({name}){comma}{more}"


def imputed_beside_observed(results: Results) -> Table:
    """Imputed values beside observed ones, from `imputed_values`. Raises UsageError for other results."""
    about = checked(results, "imputed_beside_observed", "summaries")
    if {*about.groups} != {"observed", "imputed"}:
        raise UsageError("imputed_beside_observed: these are not the results of imputed_values.")
    study = about.study
    found = {(r["variable"], r["level"], r["group"], r["statistic"]): r for r in results.to_dict("records")}
    sections = []
    for name in dict.fromkeys(results["variable"]):
        rows = [_sizes(found, str(name), bool(study.levels(str(name))))]
        for level in study.levels(str(name)):
            cells = (found[name, level, group, "percent"] for group in about.groups)
            shown = tuple(Cell("{percent}%", {"percent": row["value"]}, str(row["status"])) for row in cells)
            rows.append(Row(level, shown, str(name), level))
        if not study.levels(str(name)):
            numbers = tuple(_mean_sd(found, str(name), group) for group in about.groups)
            rows.append(Row("mean (SD)", numbers, str(name)))
        sections.append(Section(study.label(str(name)), tuple(rows)))
    notes = Notes()
    notes.plain("Imputed values are those of all imputations together; their number is that of missing values.")
    notes.plain("Values that are missing at random can differ from observed ones, as what predicts them differs.")
    if study.file.missing_data and {*results["variable"]} & {*study.file.missing_data.composites}:
        notes.plain("A composite is known once one part is a yes, so it is missing only where no known part is one.")
    caption = "Imputed values beside observed ones"
    return _table(about, "imputed_beside_observed", caption, "Variable", ("Observed", "Imputed"), sections, notes)


def _mean_sd(found: dict[Any, Record], name: str, group: str) -> Cell:
    mean, sd = found[name, "", group, "mean"], found[name, "", group, "sd"]
    return Cell("{mean} ({sd})", {"mean": mean["value"], "sd": sd["value"]}, str(mean["status"]))


def _sizes(found: dict[Any, Record], name: str, levels: bool) -> Row:
    kind = "percent" if levels else "mean"
    level = next(key[1] for key in found if key[0] == name)
    cells = []
    for group in ("observed", "imputed"):
        row = found[name, level, group, kind]
        status = "suppressed" if row["status"] == "suppressed" else "shown"
        cells.append(Cell("{n}", {"n": row["denominator"]}, status))
    return Row("Number of values", tuple(cells), name, "n")


def precision(results: Results) -> Table:
    """What imputation adds to the uncertainty of adjusted estimates: missing information, Monte Carlo error, enough m.

    results: pooled estimates, from `PooledFit.to_frame` or `stability` (of which the largest m is shown).
    The Monte Carlo error of an odds ratio is that of its logarithm times the odds ratio.
    Raises UsageError for results without pooled estimates, and for several outcomes, models or methods.
    """
    about = checked(results, "precision", "estimates")
    rows = [row for row in results.to_dict("records") if row["model"] == "adjusted" and not pd.isna(row["fmi"])]
    if not rows:
        raise UsageError("precision: there is no pooled adjusted estimate.")
    if len({(row["outcome"], row["specification"], row["method"]) for row in rows}) > 1:
        raise UsageError("precision: these are estimates of several outcomes, models or methods.")
    m = max(row["m"] for row in rows)
    chosen = [row for row in rows if row["m"] == m and row["variable"]]
    lines = []
    for row in chosen:
        ratio = exp(min(row["estimate"], 700))
        share = 100 * row["mc_error"] / row["std_error"]
        cells = (
            Cell("{percent}%", {"percent": 100 * row["fmi"]}, str(row["status"])),
            Cell("{ratio}", {"ratio": ratio}, str(row["status"])),
            Cell("{ratio}", {"ratio": ratio * row["mc_error"]}, str(row["status"])),
            Cell("{percent}%", {"percent": share}, str(row["status"])),
            Cell("{n}", {"n": how_many_imputations(row["fmi"])}, str(row["status"])),
        )
        lines.append(Row(_label(about.study, row), cells, str(row["variable"]), str(row["level"])))
    heads = (
        "Missing information",
        "OR",
        "its Monte Carlo error",
        "in % of the standard error",
        "m that would be enough",
    )
    notes = Notes()
    notes.plain(f"Adjusted estimates from {m:g} imputations.")
    notes.plain("Missing information: the fraction of an estimate's information that missing values took away.")
    notes.plain("Monte Carlo error: how much an estimate would change if it were all imputed again with another seed.")
    notes.plain("Enough: standard errors would then change by about 5% (von Hippel 2020).")
    open_ = any(NOT_LOCKED in row["note"] for row in chosen)
    caption = f"{NOT_LOCKED}. " * open_ + "How precise the imputed estimates are"
    return _table(about, "precision", caption, "Explanatory variable", heads, [Section("", tuple(lines))], notes)


def per_hundred(results: Results) -> Table:
    """Standardised predictions as numbers in 100, one column per method, from `standardise`.

    Raises UsageError for results of another kind, and for several outcomes or models.
    """
    about = checked(results, "per_hundred", "predictions")
    study = about.study
    rows = results.to_dict("records")
    if len({(row["outcome"], row["specification"]) for row in rows}) != 1:
        raise UsageError("per_hundred: these are predictions of several outcomes or models.")
    methods = tuple(dict.fromkeys(row["method"] for row in rows))
    found = {(row["variable"], row["level"], row["method"]): row for row in rows}
    sections = []
    for name in dict.fromkeys(row["variable"] for row in rows):
        levels = dict.fromkeys(row["level"] for row in rows if row["variable"] == name)
        lines = tuple(
            Row(level, tuple(_in_100(found.get((name, level, method))) for method in methods), name, level)
            for level in levels
        )
        sections.append(Section(study.label(name), lines))
    confidence = f"{study.file.regression.confidence:g}%"
    heads = tuple(f"{_capital(method_in_words(method))}: in 100 ({confidence} CI)" for method in methods)
    notes, unit = Notes(), study.file.unit.many
    notes.plain(
        f"How many in 100 {unit} would be expected with the outcome if all had the level and kept their own values of "
        "the other variables: fitted probabilities averaged over all. An association, not what would happen."
    )
    for method in methods:
        row = next(row for row in rows if row["method"] == method)
        if row["status"] == "suppressed":
            continue
        pooled = "" if pd.isna(row["m"]) else f", pooled on the logit scale from {row['m']:g} imputations"
        corrected = ", constant corrected so that the mean is the observed share (FLIC)" if "firth" in method else ""
        numbers = f"{row['n']:g} {unit}, {row['n_events']:g} with the outcome"
        notes.plain(f"{_capital(method_in_words(method))}: {numbers}{pooled}{corrected}.")
    notes.plain("Intervals are Wald's on the logit scale, by the delta method with the participants held fixed.")
    open_ = any(NOT_LOCKED in row["note"] for row in rows)
    caption = f"{NOT_LOCKED}. " * open_ + f"Adjusted numbers in 100 with: {study.label(rows[0]['outcome'])}"
    return _table(about, "per_hundred", caption, "Explanatory variable", heads, sections, notes)


def in_words(results: Results, variable: str, method: str) -> str:
    """One variable's predictions in words: 'Yes: about 47 in 100 (39 to 56), compared with No: about 30 in 100 …'.

    The sentence ends with the marks of its rows, because it is made to be copied.
    Raises UsageError for predictions that are not there.
    """
    about = checked(results, "in_words", "predictions")
    own = results[(results["variable"] == variable) & (results["method"] == method)]
    if len(own) < 2:
        raise UsageError(f"in_words: there are no predictions of {variable} by {method}.")
    table = per_hundred(own)
    texts = [
        f"{level}: about {table.quote(variable, level=level).replace(' (', ' in 100 (', 1)}" for level in own["level"]
    ]
    marks = [f"{NOT_LOCKED}."] * any(NOT_LOCKED in note for note in own["note"]) + [f"{about.source.mark}."] * bool(
        about.source.mark
    )
    return " ".join([f"{about.study.label(variable)}. {', compared with '.join(reversed(texts))}.", *marks])


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _in_100(row: Record | None) -> Cell:
    if row is None:
        return EMPTY
    keys = {"per_100": "estimate", "per_100_low": "conf_low", "per_100_high": "conf_high"}
    numbers = {key: 100 * row[value] if not pd.isna(row[value]) else nan for key, value in keys.items()}
    return Cell("{per_100} ({per_100_low} to {per_100_high})", numbers, str(row["status"]))


def _label(study: Study, row: Record) -> str:
    name = str(row["variable"])
    title = study.label(name) if name in study.declared else name
    coding = study.file.coding.get(name)
    more = row["level"] if row["level"] not in ("", "Yes") else coding.label if coding and not row["level"] else ""
    return f"{title}: {more}" if more else title


def _table(
    about: Any, name: str, caption: str, stub: str, heads: Iterable[str], sections: Iterable[Section], notes: Notes
) -> Table:
    study = about.study
    notes.plain(f"Numbers are rounded; {IN_WORDS[study.file.rounding.rule]}.")
    return Table(
        name=name,
        caption=caption,
        stub=stub,
        columns=tuple(Column(head, head) for head in heads),
        sections=tuple(sections),
        notes=notes.all(),
        mark=about.source.mark,
        source=f"{about.source.statement} {cited(study)}",
        rounding=study.file.rounding,
    )
