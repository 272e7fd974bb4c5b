"""Tables of imputation and of what follows from it: the log of a run, imputed beside observed,
precision, per 100.
"""

from collections.abc import Mapping, Sequence

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError
from mothers_margins.imputation import imputations_needed
from mothers_margins.release.released import Released, released_or_given
from mothers_margins.results.results import About, Record, Results, checked, codes
from mothers_margins.results.shown import Value, combined, is_hidden, is_known, odds, shown
from mothers_margins.study.study import Study
from mothers_margins.tables.cells import EMPTY, cell, of_row, table_of
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording import captions
from mothers_margins.wording.head_and_foot import unlocked
from mothers_margins.wording.logs import EQUATIONS, happened
from mothers_margins.wording.methods import is_firth, is_imputed, method
from mothers_margins.wording.numbers import count_text, rounding_rule, symbol
from mothers_margins.wording.sentences import capital
from mothers_margins.wording.terms import at, label, level, specification, term

BY_STATISTIC = dict[tuple[str, str, str, str], Record]


def imputation_log(results: Results, outcome: str = "") -> Table:
    """How a run was made and what happened in it, from `Imputed.log`: settings, participants,
    chains.

    outcome: that of the run, which the caption names. Raises UsageError for other events.
    """
    about = checked(results, "imputation_log", "events")
    if not {*results["engine"]} <= {"run", "imputation", "chains"}:
        raise UsageError("imputation_log: these are not the events of an imputation.")
    study, unit = about.study, about.study.file.unit.many
    titles = {
        "run": "Settings",
        "imputation": f"What was done to {unit}",
        "chains": "What happened in the chains",
    }
    sections = []
    for engine, part in results.groupby("engine", sort=False):
        rows = [_logged(study, row) for row in part.to_dict("records")]
        sections.append(Section(titles[str(engine)], tuple(rows)))
    notes = Notes()
    notes.plain(
        "Augmented: pseudo-rows support an equation whose level is rare or perfectly predicted."
    )
    notes.plain("The outcome predicts and is never imputed; what does not apply is never imputed.")
    headings = {"what": "What", "number": "Number"}
    return _table(
        about,
        "imputation_log",
        captions.of_outcome(study, "How the values were imputed", results, outcome),
        "Variable",
        headings,
        sections,
        notes,
    )


def _logged(study: Study, row: Record) -> Row:
    """One line of the log: the variable, what happened to it, and how many participants, or chains,
    it met.
    """
    words, variable = happened(study, row), str(row["variable"])
    title = label(study, variable) if variable else capital(words)
    what = Cell(words) if variable else EMPTY
    return Row(title, (what, _met(study, row)), variable, str(row["event"]))


def _met(study: Study, row: Record) -> Cell:
    """The number of a line, with what it is of; empty for a rule that has none."""
    if row["engine"] == "run":
        return of_row("{n}", row, n="setting")
    if row["engine"] == "chains":
        return of_row("{n} of {denominator} chains", row, n="chains", denominator="chains_in_all")
    n = shown(row, "n")
    if not (is_hidden(n) or is_known(n)):
        return EMPTY
    return of_row(
        f"{{n}} of {{denominator}} {study.file.unit.many}", row, n="n", denominator="denominator"
    )


def equations_table(results: Results) -> Table:
    """What each equation of a run rests on, from `Imputed.equations`: its rarer answer, columns and
    auxiliaries, and whether it expects that answer as often as it is observed.

    Raises UsageError for results of another kind.
    """
    about = checked(results, "equations_table", "equations")
    rows = [_equation(about.study, row) for row in results.to_dict("records")]
    headings = {
        "method": "Method",
        "rarer": "Rarer answer",
        "columns": "Columns",
        "auxiliaries": "Auxiliary variables",
        "observed": "Observed",
        "expected": "Expected",
    }
    unit = about.study.file.unit.many
    notes = Notes()
    notes.plain(
        f"Rarer answer: of {unit} with an observed value whom the variable concerns. Columns: "
        "that predict, without the constant."
    )
    notes.plain(
        "Auxiliary variables are in no model. They are taken in the order of the plan, whatever "
        "the outcome, as long as there are ten with the rarer answer for each of their columns. "
        "The outcome and the explanatory variables stay in every equation."
    )
    notes.plain(
        "Expected: share of the rarer answer that the last equation of each chain gives those with "
        "an observed value, before any shift; mean over chains."
    )
    return _table(
        about,
        "equations_table",
        captions.of_outcome(about.study, "What the equations rest on", results),
        "Imputed variable",
        headings,
        [Section("", tuple(rows))],
        notes,
    )


def _equation(study: Study, row: Record) -> Row:
    """The line of one imputed variable; of a number there is no rarer answer."""
    name = str(row["variable"])
    rarer = str(row["level"])
    auxiliaries = [label(study, other) for other in str(row["variables"]).split("; ") if other]
    counts = observed = expected = EMPTY
    if rarer:
        pattern = f"{level(study, name, rarer)}: {{n}} of {{denominator}}"
        counts = of_row(pattern, row, n="n", denominator="denominator")
        observed = _share(row, "observed")
        expected = _share(row, "expected")
    cells = (
        Cell(capital(EQUATIONS[str(row["method"])])),
        counts,
        of_row("{n}", row, n="columns"),
        Cell("; ".join(auxiliaries)) if auxiliaries else EMPTY,
        observed,
        expected,
    )
    return Row(label(study, name), cells, name, rarer)


def _share(row: Record, column: str) -> Cell:
    """A share from 0 to 1 in per cent."""
    return cell("{percent}%", {"percent": combined(lambda share: 100 * share, shown(row, column))})


def imputed_beside_observed(results: Results, outcome: str = "") -> Table:
    """Imputed values beside observed ones, from `imputed_values`. outcome: that of the run, which
    the caption names. Raises UsageError for other results.
    """
    about = checked(results, "imputed_beside_observed", "summaries")
    if {*about.groups} != {"observed", "imputed"}:
        raise UsageError("imputed_beside_observed: these are not the results of imputed_values.")
    study = about.study
    by_statistic: BY_STATISTIC = {}
    for row in results.to_dict("records"):
        by_statistic[row["variable"], row["level"], row["group"], row["statistic"]] = row
    sections = []
    for name in dict.fromkeys(str(name) for name in results["variable"]):
        rows = [_sizes(by_statistic, name)]
        # as they were imputed: levels that the analysis puts together have their own words
        for value in _levels(by_statistic, name):
            cells = [by_statistic[name, value, group, "percent"] for group in about.groups]
            shares = tuple(of_row("{percent}%", row, percent="value") for row in cells)
            rows.append(Row(level(study, name, value), shares, name, value))
        if not study.levels(name):
            numbers = tuple(_mean_sd(by_statistic, name, group) for group in about.groups)
            rows.append(Row("mean (SD)", numbers, name))
        sections.append(Section(label(study, name), tuple(rows)))
    notes = Notes()
    notes.plain(
        "Imputed values are those of all imputations together; their number is that of missing "
        "values."
    )
    notes.plain(
        "Values that are missing at random can differ from observed ones, as what predicts them "
        "differs."
    )
    if study.file.missing_data and {*results["variable"]} & {*study.file.missing_data.composites}:
        notes.plain(
            "A composite is known once one part is a yes, so it is missing only where no known "
            "part is one."
        )
    caption = captions.of_outcome(study, "Imputed values beside observed ones", results, outcome)
    headings = {"observed": "Observed", "imputed": "Imputed"}
    return _table(about, "imputed_beside_observed", caption, "Variable", headings, sections, notes)


def _levels(by_statistic: BY_STATISTIC, name: str) -> list[str]:
    """The levels of a variable for which there is a percentage, in order."""
    shares = (key[1] for key in by_statistic if key[0] == name and key[3] == "percent")
    return list(dict.fromkeys(shares))


def _mean_sd(by_statistic: BY_STATISTIC, name: str, group: str) -> Cell:
    mean = shown(by_statistic[name, "", group, "mean"], "value")
    sd = shown(by_statistic[name, "", group, "sd"], "value")
    return cell("{mean} ({sd})", {"mean": mean, "sd": sd})


def _sizes(by_statistic: BY_STATISTIC, name: str) -> Row:
    """How many values are behind a variable's shares or means, from a row that may be shown if
    there is one.
    """
    cells = []
    for group in ("observed", "imputed"):
        rows = [row for key, row in by_statistic.items() if (key[0], key[2]) == (name, group)]
        first = next((row for row in rows if row["status"] != "suppressed"), rows[0])
        cells.append(of_row("{n}", first, n="denominator"))
    return Row("Number of values", tuple(cells), name, "n")


def precision(results: Results) -> Table:
    """What imputation adds to the uncertainty of adjusted estimates: missing information, Monte
    Carlo error, enough m.

    results: pooled estimates, from `PooledFit.to_frame` or `stability` (of which the largest m is
    shown); of several outcomes, models or methods a section each. The Monte Carlo error of an odds
    ratio is that of its logarithm times the odds ratio. Raises UsageError for results without
    pooled estimates.
    """
    about = checked(results, "precision", "estimates")
    rows = [
        row
        for row in results.to_dict("records")
        if row["model"] == "adjusted" and is_imputed(row["method"])
    ]
    rows = [row for row in rows if "joint_test" not in codes(row)]
    if not rows:
        raise not_there("nothing_pooled")
    notes = Notes()
    by_analysis = _by_analysis(rows)
    sections = []
    for key, own in by_analysis.items():
        title = _analysis(about.study, *key) if len(by_analysis) > 1 else ""
        chosen = _of_largest_m(own)
        sections.append(Section(title, tuple(_precise_row(about.study, row) for row in chosen)))
        notes.plain(" ".join(filter(None, (title and f"{title}.", _from_how_many(chosen)))))
    heads = {
        "missing_information": "Missing information",
        "ratio": "OR",
        "mc_error": "its Monte Carlo error",
        "mc_share": "in % of the standard error",
        "mc_low": "of the lower limit",
        "mc_high": "of the upper limit",
        "mc_p": "of p",
        "enough": "m that would be enough",
    }
    notes.plain(
        "Missing information: the fraction of an estimate's information that missing values took "
        "away."
    )
    notes.plain(
        "Monte Carlo error: how much an estimate would change if it were all imputed again with "
        "another seed."
    )
    notes.plain(
        "Enough: one per per cent of missing information (White, Royston and Wood 2011), and so "
        "many that standard errors would change by about 5%, at the upper limit of the missing "
        "information that this number of imputations leaves open (von Hippel 2020). The largest "
        "decides."
    )
    caption = captions.of_methods(about.study, "How precise the imputed estimates are", results)
    return _table(
        about,
        "precision",
        caption,
        "Explanatory variable",
        heads,
        sections,
        notes,
    )


def _by_analysis(rows: list[Record]) -> dict[tuple[str, str, str], list[Record]]:
    """Estimates of explanatory variables by their outcome, model and method."""
    by_analysis: dict[tuple[str, str, str], list[Record]] = {}
    for row in rows:
        if row["variable"]:
            key = (str(row["outcome"]), str(row["specification"]), str(row["method"]))
            by_analysis.setdefault(key, []).append(row)
    return by_analysis


def _analysis(study: Study, outcome: str, model: str, used: str) -> str:
    """An analysis in words: its outcome, its model and its method."""
    titles = (label(study, outcome), specification(study, model), method(used))
    return ". ".join(filter(None, titles))


def _precise_row(study: Study, row: Record) -> Row:
    return Row(term(study, row), _precise(row), str(row["variable"]), str(row["level"]))


def _from_how_many(rows: list[Record]) -> str:
    """From how many imputations estimates are."""
    numbers = [shown(row, "m") for row in rows]
    known = [count_text(number) for number in numbers if is_known(number)]
    return f"Adjusted estimates from {known[0] if known else symbol(*numbers)} imputations."


def _of_largest_m(rows: list[Record]) -> list[Record]:
    """The estimates from most imputations: for each term the last one, where its number of
    imputations is hidden.
    """
    numbers = [value for value in (shown(row, "m") for row in rows) if is_known(value)]
    by_term: dict[str, Record] = {}
    for row in rows:
        m = shown(row, "m")
        if is_hidden(m) or (numbers and m == max(numbers)):
            by_term[str(row["term"])] = row
    return list(by_term.values())


def _precise(row: Record) -> tuple[Cell, ...]:
    """The cells of one estimate."""
    lost = shown(row, "fmi")
    mc_error = shown(row, "mc_error")
    share = combined(lambda mc, se: 100 * mc / se, mc_error, shown(row, "std_error"))
    return (
        cell("{percent}%", {"percent": combined(lambda fmi: 100 * fmi, lost)}),
        cell("{ratio}", {"ratio": odds(shown(row, "estimate"))}),
        _as_ratio(shown(row, "estimate"), mc_error),
        cell("{percent}%", {"percent": share}),
        _as_ratio(shown(row, "conf_low"), shown(row, "mc_low")),
        _as_ratio(shown(row, "conf_high"), shown(row, "mc_high")),
        cell("{p_error}", {"p_error": shown(row, "mc_p")}),
        cell("{n}", {"n": combined(_needed, lost, shown(row, "m"))}),
    )


def _needed(fmi: float, m: float) -> float:
    return imputations_needed(fmi, int(m))


def _as_ratio(log_odds: Value, mc_error: Value) -> Cell:
    """The Monte Carlo error of an odds ratio, from that of its logarithm: by the delta method it is
    the odds ratio times as large.
    """
    return cell(
        "{ratio}", {"ratio": combined(lambda ratio, mc: ratio * mc, odds(log_odds), mc_error)}
    )


def per_hundred(results: Results | Released, *, name: str | None = None) -> Table:
    """Standardised predictions as numbers in 100, one column per method, from `standardise`.

    name: of what was released, which results. Raises UsageError for results of another kind, and
    for several outcomes or models.
    """
    given = released_or_given(results, "per_hundred", name)
    predictions: Results = given  # type: ignore[assignment]  # `checked` says what is wrong
    about = checked(predictions, "per_hundred", "predictions")
    study = about.study
    rows = predictions.to_dict("records")
    if len({(row["outcome"], row["specification"]) for row in rows}) != 1:
        raise UsageError("per_hundred: these are predictions of several outcomes or models.")
    methods = list(dict.fromkeys(str(row["method"]) for row in rows))
    sections = []
    for name in dict.fromkeys(str(row["variable"]) for row in rows):
        own = [row for row in rows if row["variable"] == name]
        sections.append(Section(label(study, name), tuple(_expected(study, own, methods))))
    confidence = f"{study.file.regression.confidence:g}%"
    heads = {used: f"{capital(method(used))}: in 100 ({confidence} CI)" for used in methods}
    notes, unit = Notes(), study.file.unit.many
    notes.plain(
        f"How many in 100 {unit} would be expected with the outcome if all had the level and "
        "kept their own values of "
        "the other variables: fitted probabilities averaged over all. An association, not what "
        "would happen."
    )
    for used in methods:
        notes.plain(_predicted_from(study, used, [row for row in rows if row["method"] == used]))
    notes.plain(
        "Intervals are Wald's on the logit scale, by the delta method with the participants held "
        "fixed."
    )
    caption = captions.of_methods(study, "Adjusted numbers in 100 with", predictions)
    return _table(about, "per_hundred", caption, "Explanatory variable", heads, sections, notes)


def _expected(study: Study, rows: list[Record], methods: list[str]) -> list[Row]:
    """The rows of one variable: a level, or a value, each with a cell per method."""
    by_level: dict[str, dict[str, Record]] = {}
    for row in rows:
        by_level.setdefault(str(row["level"]), {})[str(row["method"])] = row
    lines = []
    for value, by_method in by_level.items():
        first = next(iter(by_method.values()))
        cells = tuple(_in_100(by_method.get(used)) for used in methods)
        lines.append(Row(at(study, first), cells, str(first["variable"]), value))
    return lines


def _predicted_from(study: Study, used: str, rows: list[Record]) -> str:
    """From how many participants and imputations a method's numbers are."""
    row = next((other for other in rows if other["status"] != "suppressed"), rows[0])
    n, events, m = (count_text(shown(row, column)) for column in ("n", "n_events", "m"))
    words = f"{capital(method(used))}: {n} {study.file.unit.many}, {events} with the outcome"
    if is_imputed(used):
        words += f", pooled on the logit scale from {m} imputations"
    if is_firth(used):
        words += ", constant corrected so that the mean is the observed share (FLIC)"
    return f"{words}."


def in_words(results: Results, variable: str, method: str) -> str:
    """One variable's predictions in words: 'Where the mother had learning difficulties, about 25 in
    100 (12 to 45) are expected with …; where the mother had none, about 36 in 100 (31 to 42).'

    The clauses are those of the study (`said`); of a variable without any, its title and level are
    named. The sentence ends with the marks of its rows, because it is made to be copied.
    Raises UsageError for predictions that are not there.
    """
    about = checked(results, "in_words", "predictions")
    own = results[(results["variable"] == variable) & (results["method"] == method)]
    if len(own) < 2:
        raise UsageError(f"in_words: there are no predictions of {variable} by {method}.")
    table = per_hundred(own)
    texts = []
    for row in own.to_dict("records"):
        in_table = table.quote(variable, level=str(row["level"]))
        about_so_many = f"about {_of_100(in_table)}"
        texts.append((_where(about.study, row), about_so_many))
    (first, so_many), *others = reversed(texts)
    outcome = label(about.study, str(own["outcome"].iloc[0]))
    sentence = f"Where {first}, {so_many} are expected with the outcome ({outcome})"
    compared = [f"where {clause}, {so_many}" for clause, so_many in others]
    marks = [f"{mark}." for mark in (unlocked(about), about.source.mark) if mark]
    return " ".join([f"{'; '.join([sentence, *compared])}.", *marks])


def _of_100(text: str) -> str:
    """'47 (39 to 57)' as '47 in 100 (39 to 57)'; what is hidden as '[c] in 100'."""
    share, bracket, interval = text.partition(" (")
    return f"{share} in 100{bracket}{interval}"


def _where(study: Study, row: Record) -> str:
    """The clause of a level, as the study words it; else the variable and the level by name."""
    name = str(row["variable"])
    agreed = study.declared[name].said if name in study.declared else {}
    said = agreed.get(str(row["level"]))
    return f"the mother {said}" if said else f"{label(study, name)} is {at(study, row)}"


def _in_100(row: Record | None) -> Cell:
    if row is None:
        return EMPTY
    columns = {"per_100": "estimate", "per_100_low": "conf_low", "per_100_high": "conf_high"}
    values: dict[str, Value] = {}
    for name, column in columns.items():
        values[name] = combined(lambda share: 100 * share, shown(row, column))
    return cell("{per_100} ({per_100_low} to {per_100_high})", values)


def _table(
    about: About,
    name: str,
    caption: str,
    stub: str,
    headings: Mapping[str, str],
    sections: Sequence[Section],
    notes: Notes,
) -> Table:
    notes.plain(f"Numbers are rounded; {rounding_rule(about.study.file.rounding)}.")
    return table_of(
        about,
        name=name,
        caption=caption,
        stub=stub,
        columns=[Column(key, heading) for key, heading in headings.items()],
        sections=sections,
        notes=notes,
    )
