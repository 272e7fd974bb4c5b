"""The account of missing data that a report needs, with its numbers filled in (TARMOS: Lee et al. 2021,
J Clin Epidemiol 134:79)."""

from collections.abc import Hashable, Iterable, Iterator
from importlib.metadata import version
from math import exp
from typing import Any

import pandas as pd

from mothers_margins.errors import UsageError
from mothers_margins.missing_tables import BY, WORDS
from mothers_margins.model_tables import method_in_words
from mothers_margins.results import NOT_LOCKED, About, Results, checked
from mothers_margins.rounding import rounded
from mothers_margins.study import Study
from mothers_margins.table import Prose

Record = dict[Hashable, Any]


def treatment_of_missing_data(
    missing: Results, run: Results, complete_case: Results, imputed: Results, others: Iterable[Results] = ()
) -> Prose:
    """How much was missing, what was assumed, how it was imputed, and what it changed: paragraphs for a report.

    missing: `missingness` of the variables that were imputed for. run: `Imputed.events`. complete_case, imputed: their
    estimates. others: estimates of sensitivity runs. Every number comes from these; every assumption and reason from
    the study's plan. Raises UsageError for results of other kinds, estimates that are not of one outcome and model,
    imputed ones in the place of complete cases or the other way round, and suppressed numbers, which no text can hold.
    """
    about = checked(run, "treatment_of_missing_data", "events")
    checked(missing, "treatment_of_missing_data", "events")
    frames = [complete_case, imputed, *others]
    for frame in frames:
        checked(frame, "treatment_of_missing_data", "estimates")
    if len({(row["outcome"], row["specification"]) for frame in frames for row in frame.to_dict("records")}) != 1:
        raise UsageError("treatment_of_missing_data: the estimates are not all of one outcome and model.")
    if not {"run", "imputation"} <= {*run["engine"]}:
        raise UsageError("treatment_of_missing_data: run is what Imputed.events returns.")
    for who, frame, imputations in (
        ("complete_case", complete_case, False),
        *(("imputed", one, True) for one in frames[1:]),
    ):
        if not _adjusted(frame) or any(pd.isna(row["m"]) == imputations for row in _adjusted(frame)):
            needed = "with m" if imputations else "without m"
            raise UsageError(f"treatment_of_missing_data: {who} needs adjusted estimates {needed}.")
    if any("suppressed" in set(frame["status"]) for frame in (missing, run, *frames)):
        raise UsageError("treatment_of_missing_data: some numbers are suppressed, so the text cannot be made of them.")
    mark = [f"**{about.source.mark}.**"] * bool(about.source.mark)
    lock = [f"**{NOT_LOCKED}.**"] * any(NOT_LOCKED in note for frame in frames for note in frame["note"])
    parts = [
        *_amount(about.study, missing, _adjusted(complete_case), _adjusted(imputed)),
        *_method(about, run),
        *_found(about.study, _adjusted(complete_case), _adjusted(imputed)),
        *_sensitivity(about.study, _adjusted(imputed), [_adjusted(frame) for frame in others]),
    ]
    return Prose("\n\n".join([*mark, *lock, *parts]))


def _adjusted(frame: Results) -> list[Record]:
    rows = frame[(frame["model"] == "adjusted") & (frame["variable"] != "")].to_dict("records")
    return [row for row in rows if not pd.isna(row["estimate"])]


def _amount(study: Study, missing: Results, complete: list[Record], imputed: list[Record]) -> Iterator[str]:
    unit, n, whole = study.file.unit.many, complete[0]["n"], imputed[0]["n"]
    share = f"{n:g} of {whole:g} {unit} ({_number(study, 100 * n / whole)}%)"
    yield (
        f"**How much was missing.** The outcome was known for {whole:g} {unit}. Every explanatory variable was known "
        f"as well for {share}: the complete cases. What was missing, among all in the file:"
    )
    lines = []
    for name, part in missing.groupby("variable", sort=False):
        first = part[part["group"] == part["group"].iloc[0]]
        gaps = first[(first["event"] != "known") & ~first["event"].isin(study.not_applicable)]
        total = gaps["n"].sum()
        if total and name not in study.outcomes:
            why = "; ".join(f"{row['event']} {row['n']:g}" for row in gaps.to_dict("records") if row["n"])
            percent = _number(study, 100 * total / first["denominator"].iloc[0], study.file.rounding.percent)
            lines.append(f"- {study.label(str(name))}: {total:g} ({percent}%; {why})")
    yield "\n".join(lines) or "Nothing."


def _number(study: Study, value: float, decimals: int = 0) -> str:
    """A number as the tables print it."""
    return rounded(value, decimals, study.file.rounding.rule)


def _ratio(study: Study, row: Record) -> str:
    return _number(study, exp(min(row["estimate"], 50)), study.file.rounding.odds_ratio)


def _method(about: About, run: Results) -> Iterator[str]:
    study, plan = about.study, about.study.file.missing_data
    rows = run.to_dict("records")
    settings = {row["event"]: row["n"] for row in rows if row["engine"] == "run"}
    yield f"**What was assumed.** {plan.assumption if plan else ''}"
    by: dict[str, list[str]] = {}
    for row in rows:
        method, _, shifted = str(row["event"]).removeprefix(BY).partition(",")
        if str(row["event"]).startswith(BY):
            method = f"{WORDS.get(method, method)}{',' * bool(shifted)}{shifted}"
            by.setdefault(method, []).append(study.label(str(row["variable"])))
    equations = "; ".join(f"{method}: {', '.join(names)}" for method, names in by.items())
    made = [study.label(row["variable"]) for row in rows if str(row["event"]).startswith("made from its parts")]
    composites = f" Made anew from their imputed parts in every sweep: {', '.join(made)}." if made else ""
    out = {row["variable"] for row in rows if str(row["event"]).startswith("auxiliary variable left out")}
    used = [name for name in plan.auxiliaries if name not in out] if plan else []
    auxiliary = ", ".join(study.label(name) for name in used)
    chains = [row for row in rows if row["engine"] == "chains" and row["event"] == "augmented"]
    helped = dict.fromkeys(row["variable"] for row in chains)  # no set: its order would change from run to run
    support = f" Pseudo-rows supported the equations of {', '.join(study.label(n) for n in helped)}." if helped else ""
    left = [
        f"{study.label(row['variable'])}: {row['event']}" + f" ({row['n']:g})" * bool(row["n"])
        for row in rows
        if row["engine"] == "imputation"
        and row["variable"] in study.declared
        and not str(row["event"]).startswith(("imputed by", "made from"))
    ]
    yield (
        f"**How values were imputed.** Multiple imputation by chained equations: {settings['imputations']:.0f} "
        f"imputations, {settings['sweeps of each chain']:.0f} sweeps each, seed {settings['seed']:.0f}, by "
        f"mothers_margins {version('mothers-margins')}. The outcome predicted and was never imputed. Equations: "
        f"{equations}.{composites} Auxiliary variables: {auxiliary or 'none'}.{support} "
        + " ".join(f"{one}." for one in left)
    ).strip()


def _found(study: Study, complete: list[Record], imputed: list[Record]) -> Iterator[str]:
    plan = study.file.missing_data
    rule = {"rubin": "Rubin (1987)", "barnard-rubin": "Barnard and Rubin (1999)"}[plan.df_rule if plan else "rubin"]
    lost = max(imputed, key=lambda row: row["fmi"])
    errors = [row["mc_error"] / row["std_error"] for row in imputed if not pd.isna(row["mc_error"])]
    most = _number(study, 100 * max(errors)) if errors else ""
    error = f"; Monte Carlo errors are at most {most}% of a standard error" if errors else ""
    yield (
        f"**How estimates were pooled.** By Rubin's rules, with the degrees of freedom of {rule}. The largest fraction "
        f"of missing information is {_number(study, 100 * lost['fmi'])}% ({_term(study, lost)}){error}."
    )
    before = {(row["variable"], row["level"]): row for row in complete}
    pairs = [(before[key], row) for row in imputed if (key := (row["variable"], row["level"])) in before]
    if pairs:
        one, other = max(pairs, key=lambda pair: abs(pair[1]["estimate"] - pair[0]["estimate"]) / pair[0]["std_error"])
        apart = abs(other["estimate"] - one["estimate"]) / one["std_error"]
        yield (
            f"**Beside the complete cases.** Complete cases: {one['n_events']:g} with the outcome; imputed: "
            f"{other['n_events']:g}. The adjusted odds ratio that differs most is that of {_term(study, other)}: "
            f"{_ratio(study, one)} in complete cases, {_ratio(study, other)} imputed (their logarithms are "
            f"{_number(study, apart, 1)} standard errors of the former apart)."
        )


def _sensitivity(study: Study, main: list[Record], others: list[list[Record]]) -> Iterator[str]:
    lines = []
    before = {(row["variable"], row["level"]): row for row in main}
    for rows in others:
        pairs = [(before[key], row) for row in rows if (key := (row["variable"], row["level"])) in before]
        if pairs:
            one, other = max(pairs, key=lambda pair: abs(pair[1]["estimate"] - pair[0]["estimate"]))
            words = method_in_words(other["method"])
            moved = f"from {_ratio(study, one)} to {_ratio(study, other)}"
            words = words[0].upper() + words[1:]
            lines.append(f"- {words}: the odds ratio that moved most is that of {_term(study, other)}, {moved}.")
    if lines:
        plan = study.file.missing_data
        why = f" {plan.reason_for_shifts}" if plan and plan.reason_for_shifts else ""
        yield f"**What other assumptions change.**{why}"
        yield "\n".join(lines)


def _term(study: Study, row: Record) -> str:
    title = study.label(str(row["variable"])) if row["variable"] in study.declared else str(row["variable"])
    return f"{title}, {row['level'].lower()}" if row["level"] else title
