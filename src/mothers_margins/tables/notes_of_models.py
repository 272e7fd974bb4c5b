"""What stands under a table of odds ratios: what is in a model, by which method, and what was done
to it.
"""

from collections.abc import Iterator

from mothers_margins.errors import UsageError, count
from mothers_margins.results.results import Record, Results, checked, codes
from mothers_margins.results.shown import Value, combined, is_known, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.tables.estimates_by_fit import (
    JOINT,
    Estimates,
    FitKey,
    has_profile_beside,
)
from mothers_margins.tables.table import Notes
from mothers_margins.wording.codes_of_notes import P_CLASSES, p_sign
from mothers_margins.wording.events_of_all import (
    RowsKey,
    rows_key,
)
from mothers_margins.wording.logs import clusters, done_to_model
from mothers_margins.wording.methods import (
    DF_RULES,
    INTERVALS,
    in_place_of_planned,
    is_firth,
    is_imputed,
    method,
)
from mothers_margins.wording.numbers import count_text, rounding_rule, symbol
from mothers_margins.wording.sentences import capital, sentence
from mothers_margins.wording.terms import coding, label, named, specification

# CLIP has no correction for few imputations.
FEW_FOR_CLIP = 20


def explain(study: Study, notes: Notes, estimates: Estimates) -> None:
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
        has_profile_beside(row) for fit in adjusted for row in estimates.of_fit(fit)
    ):
        notes.plain("Beside them: interval and p by profile likelihood.")
    for words in clusters(study, estimates.rows):
        notes.plain(words)
    if any(p_sign(row) for row in estimates.rows):
        notes.plain(P_CLASSES)
    for words in dict.fromkeys(in_place(row) for row in estimates.rows if in_place(row)):
        notes.plain(words)
    if adjusted:
        notes.plain(
            "Each adjusted odds ratio is an association given all other variables of the model, "
            "not an effect."
        )
    else:
        notes.plain(f"n is the number of {unit} behind an odds ratio; it differs from row to row.")


def _primary_in_words(estimates: Estimates) -> Iterator[str]:
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


def in_place(row: Record) -> str:
    """That an estimate is by another method than the planned one, and why."""
    why = in_place_of_planned(row)
    return f"{capital(method(str(row['method'])))}: {why}." if why else ""


def _model_in_words(study: Study, fit: FitKey, estimates: Estimates) -> str:
    """How many participants, events and parameters an adjusted model has."""
    unit = study.file.unit.many
    rows = estimates.of_fit(fit)
    row = _one_shown(rows)
    n, events = shown(row, "n"), shown(row, "n_events")
    per = _events_per_parameter(rows)
    rule = study.file.rounding.rule
    per_text = rounded(float(per), 1, rule) if is_known(per) else symbol(per)
    few = ""
    if few_events(study, fit, estimates):
        few = f"; fewer than {_events_needed(study, fit):g}, so read it with caution"
    titles = [label(study, fit.outcome), specification(study, fit.specification)]
    about = f"{'. '.join(filter(None, titles))}, adjusted" if estimates.several else "Adjusted"
    return (
        f"{about}, {method(fit.method)}: {count_text(n)} {unit}, {count_text(events)} with the "
        "outcome, "
        f"{count(len(rows), 'parameter')} besides the constant, {per_text} events per "
        f"parameter{few}."
    )


def few_events(study: Study, fit: FitKey, estimates: Estimates) -> str:
    """How many events a fit has per parameter, where they are fewer than the study asks for; empty
    else, and where they may not be shown.
    """
    per = _events_per_parameter(estimates.of_fit(fit))
    if not is_known(per) or per >= _events_needed(study, fit):
        return ""
    return rounded(float(per), 1, study.file.rounding.rule)


def _events_needed(study: Study, fit: FitKey) -> float:
    """Of how many events per parameter the study says that fewer are few; by the outcome's kind."""
    rules = study.file.regression
    declared = study.outcomes.get(fit.outcome)  # of a data frame none is
    is_exploratory = declared is not None and declared.kind == "exploratory"
    return rules.exploratory_events if is_exploratory else rules.few_events


def _events_per_parameter(rows: list[Record]) -> Value:
    """The rarer of events and others per estimate of a model; hidden where they are."""
    row = _one_shown(rows)
    n, events = shown(row, "n"), shown(row, "n_events")
    return combined(lambda n, events: min(events, n - events) / len(rows), n, events)


def _one_shown(rows: list[Record]) -> Record:
    """A row with the numbers of a fit: one that may be shown if there is one."""
    return next((row for row in rows if row["status"] != "suppressed"), rows[0])


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


def explain_log(study: Study, notes: Notes, estimates: Estimates, frames: list[Results]) -> None:
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
            about = by_event.setdefault((rows_key(row), words), [])
            if row["variable"]:
                text = named(study, str(row["variable"]), str(row["level"])) + _in_how_many(row)
                about += [] if text in about else [text]
        for (rows, words), about in by_event.items():
            whose = f"{_whose(study, estimates, rows)}. " if several else ""
            notes.plain(f"{whose}{words}: {'; '.join(about)}." if about else f"{whose}{words}.")


def _whose(study: Study, estimates: Estimates, rows: RowsKey) -> str:
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


def explain_codings(study: Study, notes: Notes, estimates: Estimates) -> None:
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
