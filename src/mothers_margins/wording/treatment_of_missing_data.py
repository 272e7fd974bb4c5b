"""The account of missing data that a report needs, with its numbers filled in (TARMOS: Lee et al.
2021, J Clin Epidemiol 134:79)."""

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version

from mothers_margins.errors import UsageError
from mothers_margins.results.results import About, Record, Results, checked, codes
from mothers_margins.results.shown import (
    Value,
    combined,
    is_hidden,
    is_known,
    odds,
    percent_of,
    shown,
)
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.head_and_foot import unlocked
from mothers_margins.wording.logs import EQUATIONS, happened, reason
from mothers_margins.wording.methods import DF_RULES, is_firth, is_imputed, method
from mothers_margins.wording.numbers import count_text, symbol
from mothers_margins.wording.prose import Prose
from mothers_margins.wording.sentences import capital
from mothers_margins.wording.terms import label, term

Pair = tuple[Record, Record]


def treatment_of_missing_data(
    missing: Results,
    run: Results,
    complete_case: Results,
    imputed: Results,
    others: Iterable[Results] = (),
) -> Prose:
    """How much was missing, what was assumed, how it was imputed, and what it changed: paragraphs
    for a report.

    missing: `missingness` of the variables that were imputed for. run: `Imputed.log`.
    complete_case, imputed: their estimates, of which those by one method are compared: where the
    primary ones differ in method, give those of `by_method` too. others: estimates of sensitivity
    runs. Every number comes from these, and is [c] where it is suppressed; every assumption and
    reason comes from the study's plan. Raises UsageError for results of other kinds, estimates that
    are not of one outcome and model, that have no method in common, and imputed ones in the place
    of complete cases or the other way round.
    """
    about = checked(run, "treatment_of_missing_data", "events")
    checked(missing, "treatment_of_missing_data", "events")
    if not {"run", "imputation"} <= {*run["engine"]}:
        raise UsageError("treatment_of_missing_data: run is what Imputed.log returns.")
    others = list(others)
    abouts = _refuse_others(complete_case, [imputed, *others])
    study = about.study
    before, after = _adjusted(complete_case), _adjusted(imputed)
    primary = [row for row in after if row["standing"] != "beside"]
    marks = [about.source.mark, *dict.fromkeys(unlocked(one) for one in abouts)]
    paragraphs = [
        *(f"**{mark}.**" for mark in marks if mark),
        *_amount(study, missing, before, after),
        *_method(about, run),
        *_pooling(study, primary),
        *_beside(study, *_by_one_method(before, after)),
        *_sensitivity(study, primary, [_adjusted(frame) for frame in others]),
    ]
    return Prose("\n\n".join(paragraphs))


def _refuse_others(complete_case: Results, imputed: list[Results]) -> list[About]:
    """What the estimates are about. Raises UsageError where one is not what it stands for."""
    abouts, models = [], set()
    for frame in (complete_case, *imputed):
        abouts.append(checked(frame, "treatment_of_missing_data", "estimates"))
        models |= {(row["outcome"], row["specification"]) for row in frame.to_dict("records")}
    if len(models) != 1:
        raise UsageError(
            "treatment_of_missing_data: the estimates are not all of one outcome and model."
        )
    if not _adjusted(complete_case) or any(
        is_imputed(row["method"]) for row in _adjusted(complete_case)
    ):
        raise UsageError(
            "treatment_of_missing_data: complete_case needs adjusted estimates without m."
        )
    for frame in imputed:
        if not _adjusted(frame) or not all(is_imputed(row["method"]) for row in _adjusted(frame)):
            raise UsageError("treatment_of_missing_data: imputed needs adjusted estimates with m.")
    return abouts


def _adjusted(frame: Results) -> list[Record]:
    """Adjusted estimates of explanatory variables, without joint tests."""
    rows = frame[(frame["model"] == "adjusted") & (frame["variable"] != "")].to_dict("records")
    return [row for row in rows if "joint_test" not in codes(row)]


def _first(rows: list[Record], column: str) -> Value:
    """A number that all rows share, from one that may be shown if there is one."""
    row = next((other for other in rows if other["status"] != "suppressed"), rows[0])
    return shown(row, column)


def _number(study: Study, value: Value, decimals: int = 0) -> str:
    """A number as the tables print it, or its symbol."""
    if is_known(value):
        return rounded(float(value), decimals, study.file.rounding.rule)
    return symbol(value)


def _ratio(study: Study, row: Record) -> str:
    return _number(study, odds(shown(row, "estimate")), study.file.rounding.odds_ratio)


def _amount(
    study: Study, missing: Results, complete: list[Record], imputed: list[Record]
) -> Iterator[str]:
    unit = study.file.unit.many
    n, whole = _first(complete, "n"), _first(imputed, "n")
    percent = _number(study, percent_of(n, whole))
    share = f"{count_text(n)} of {count_text(whole)} {unit} ({percent}%)"
    yield (
        f"**How much was missing.** The outcome was known for {count_text(whole)} {unit}. Every "
        "explanatory variable "
        f"was known as well for {share}: the complete cases. What was missing, among all in the "
        "file:"
    )
    lines: list[str] = []
    for name, part in missing.groupby("variable", sort=False):
        rows = part[part["group"] == part["group"].iloc[0]].to_dict("records")
        if name not in study.outcomes:
            lines += _missing(study, str(name), rows)
    yield "\n".join(lines) or "Nothing."


def _missing(study: Study, name: str, rows: list[Record]) -> Iterator[str]:
    """How many values of one variable are missing, and why; nothing where none is."""
    counts = {
        reason(str(row["reason"])): shown(row, "n") for row in rows if row["event"] == "missing"
    }
    total = combined(lambda *numbers: sum(numbers), *counts.values())
    if not counts or (is_known(total) and total == 0):
        return
    percent = _number(
        study, percent_of(total, _first(rows, "denominator")), study.file.rounding.percent
    )
    there = {why: n for why, n in counts.items() if is_hidden(n) or n > 0}
    whys = "; ".join(f"{why} {count_text(n)}" for why, n in there.items())
    yield f"- {label(study, name)}: {count_text(total)} ({percent}%; {whys})"


def _method(about: About, run: Results) -> Iterator[str]:
    """What was assumed, and how the run was made."""
    study, plan = about.study, about.study.file.missing_data
    yield f"**What was assumed.** {plan.assumption if plan else ''}"
    rows: dict[str, list[Record]] = {}
    for row in run.to_dict("records"):
        rows.setdefault(str(row["engine"]), []).append(row)
    settings = {row["event"]: count_text(shown(row, "setting")) for row in rows["run"]}
    by_event: dict[str, list[Record]] = {}
    for row in rows["imputation"]:
        by_event.setdefault(str(row["event"]), []).append(row)
    composites = _labels(study, by_event.pop("made_from_parts", []))
    equations = _equations(study, by_event.pop("imputed", []))
    absent = {row["variable"] for row in by_event.get("auxiliary_left_out", [])}
    auxiliaries = (
        [label(study, name) for name in plan.auxiliaries if name not in absent] if plan else []
    )
    augmented = [row for row in rows.get("chains", []) if row["event"] == "augmented"]
    sentences = [
        "**How values were imputed.** Multiple imputation by chained equations: "
        f"{settings['imputations']} imputations, {settings['sweeps']} sweeps each, seed "
        f"{settings['seed']}, by "
        f"mothers_margins {version('mothers-margins')}.",
        "The outcome predicted and was never imputed.",
        f"Equations: {equations}.",
    ]
    if composites:
        sentences.append(f"Made anew from their imputed parts in every sweep: {composites}.")
    sentences.append(f"Auxiliary variables: {', '.join(auxiliaries) or 'none'}.")
    if augmented:
        sentences.append(f"Pseudo-rows supported the equations of {_labels(study, augmented)}.")
    for others in by_event.values():
        sentences += [_done(study, row) for row in others if row["variable"] in study.declared]
    yield " ".join(sentences)


def _labels(study: Study, rows: list[Record]) -> str:
    """The variables of rows, each once and in order: a set's would change from run to run."""
    return ", ".join(
        label(study, name) for name in dict.fromkeys(str(row["variable"]) for row in rows)
    )


def _equations(study: Study, rows: list[Record]) -> str:
    """The equations by their method, with the variables of each."""
    by_method: dict[str, list[str]] = {}
    for row in rows:
        shift = shown(row, "setting")
        words = EQUATIONS[str(row["method"])]
        if is_known(shift):
            words += f", shifted by {shift:g}"
        by_method.setdefault(words, []).append(label(study, str(row["variable"])))
    return "; ".join(f"{words}: {', '.join(names)}" for words, names in by_method.items())


def _done(study: Study, row: Record) -> str:
    """What was done to a variable, with how many participants it met."""
    n = shown(row, "n")
    number = f" ({count_text(n)})" if is_hidden(n) or n > 0 else ""
    return f"{label(study, str(row['variable']))}: {happened(study, row)}{number}."


def _pooling(study: Study, imputed: list[Record]) -> Iterator[str]:
    plan = study.file.missing_data
    rule = DF_RULES[plan.df_rule if plan else "rubin"]
    known = [row for row in imputed if is_known(shown(row, "fmi"))]
    largest = symbol(*(shown(row, "fmi") for row in imputed))
    if known:
        worst = max(known, key=lambda row: float(row["fmi"]))
        lost = combined(lambda fmi: 100 * fmi, shown(worst, "fmi"))
        largest = f"{_number(study, lost)}% ({term(study, worst)})"
    ratios = [combined(lambda mc, se: 100 * mc / se, *_errors(row)) for row in imputed]
    errors = [ratio for ratio in ratios if is_known(ratio)]
    error = (
        f"; Monte Carlo errors are at most {_number(study, max(errors))}% of a standard error"
        if errors
        else ""
    )
    by_clip = any(row["interval"] == "clip" for row in imputed)
    ends = "; p and intervals of Firth's method by CLIP" if by_clip else ""
    yield (
        "**How estimates were pooled.** By Rubin's rules, with the degrees of freedom of "
        f"{rule}{ends}. The largest fraction "
        f"of missing information is {largest}{error}."
    )


def _errors(row: Record) -> tuple[Value, Value]:
    return shown(row, "mc_error"), shown(row, "std_error")


def _pairs(before: list[Record], after: list[Record]) -> list[Pair]:
    """Estimates of the same terms, before and after."""
    by_term = {(row["variable"], row["level"]): row for row in before}
    keyed = [((row["variable"], row["level"]), row) for row in after]
    return [(by_term[key], row) for key, row in keyed if key in by_term]


def _moved_most(
    pairs: list[Pair], moved: Callable[[Record, Record], Value]
) -> tuple[Record, Record, Value] | None:
    """The pair that differs most, and by how much; None where all are hidden."""
    known = [(before, after, moved(before, after)) for before, after in pairs]
    known = [found for found in known if is_known(found[2])]
    return max(known, key=lambda found: float(found[2])) if known else None


def _absent(pairs: list[Pair]) -> str:
    """The symbol of estimates of which no pair may be shown."""
    values: list[Value] = []
    for before, after in pairs:
        values += [shown(before, "estimate"), shown(after, "estimate")]
    return symbol(*values)


def _in_errors(before: Record, after: Record) -> Value:
    """How far two estimates are apart, in standard errors of the first."""
    error = shown(before, "std_error")
    return combined(
        lambda a, b, se: abs(b - a) / se, shown(before, "estimate"), shown(after, "estimate"), error
    )


def _apart(before: Record, after: Record) -> Value:
    """How far two estimates are apart."""
    return combined(lambda a, b: abs(b - a), shown(before, "estimate"), shown(after, "estimate"))


def _by_one_method(
    complete: list[Record], imputed: list[Record]
) -> tuple[list[Record], list[Record]]:
    """Estimates of both by the same method: that of the primary imputed ones, if complete cases
    have it, else another that both have.
    """
    in_order = sorted(imputed, key=lambda row: row["standing"] == "beside")
    of_complete = {is_firth(str(row["method"])) for row in complete}
    for row in in_order:
        by_firth = is_firth(str(row["method"]))
        if by_firth in of_complete:
            return _of(by_firth, complete), _of(by_firth, imputed)
    raise UsageError(
        "treatment_of_missing_data: complete cases and imputed values have no method in common.",
        (),
        "Stack the estimates of mm.by_method(fit, 'firth') below the primary ones.",
    )


def _of(by_firth: bool, rows: list[Record]) -> list[Record]:
    return [row for row in rows if is_firth(str(row["method"])) == by_firth]


def _beside(study: Study, complete: list[Record], imputed: list[Record]) -> Iterator[str]:
    """The imputed estimates beside those of the complete cases."""
    pairs = _pairs(complete, imputed)
    if not pairs:
        return
    events = [count_text(_first(rows, "n_events")) for rows in (complete, imputed)]
    used = "Firth's method" if is_firth(str(imputed[0]["method"])) else "maximum likelihood"
    said = (
        f"**Beside the complete cases.** Complete cases: {events[0]} with the outcome; "
        f"imputed: {events[1]}; both by {used}."
    )
    most = _moved_most(pairs, _in_errors)
    if most is None:
        yield f"{said} The adjusted odds ratio that differs most: {_absent(pairs)}."
        return
    before, after, apart = most
    yield (
        f"{said} The adjusted odds ratio that differs most is that of {term(study, after)}, "
        f"which is {_ratio(study, before)} in complete cases and {_ratio(study, after)} imputed "
        f"(their logarithms are {_number(study, apart, 1)} standard errors of the former apart)."
    )


def _sensitivity(study: Study, main: list[Record], others: list[list[Record]]) -> Iterator[str]:
    lines = []
    by_firth = any(is_firth(str(row["method"])) for row in main)
    for rows in others:
        # by another method a difference would be the method's too
        pairs = _pairs(main, _of(by_firth, rows))
        most = _moved_most(pairs, _apart)
        if most is not None:
            before, after, _ = most
            moved = f"from {_ratio(study, before)} to {_ratio(study, after)}"
            words = f"the odds ratio that moved most is that of {term(study, after)}, {moved}"
            lines.append(f"- {capital(method(str(after['method'])))}: {words}.")
        elif pairs:
            words = f"the odds ratio that moved most: {_absent(pairs)}"
            lines.append(f"- {capital(method(str(rows[0]['method'])))}: {words}.")
        elif rows:
            words = "by another method than the main run, so that the two are not compared"
            lines.append(f"- {capital(method(str(rows[0]['method'])))}: {words}.")
    if lines:
        plan = study.file.missing_data
        why = f" {plan.reason_for_shifts}" if plan and plan.reason_for_shifts else ""
        yield f"**What other assumptions change.**{why}"
        yield "\n".join(lines)
