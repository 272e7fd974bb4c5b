"""The parts of the study definition that concern an outcome: what it is, by which list of variables
it is explained, how missing values are treated, and what departs from the protocol.

Each yields the lines of a table; of one outcome, if it is named, else of all.
"""

from collections.abc import Callable, Iterator

from mothers_margins.results.results import NOT_LOCKED, Record, Results, checked
from mothers_margins.study.study import Study
from mothers_margins.wording.conditions import in_words
from mothers_margins.wording.methods import DF_RULES, in_place_of_planned, is_firth, method
from mothers_margins.wording.sentences import capital
from mothers_margins.wording.terms import label, specification

Lines = Iterator[tuple[str, ...]]


def outcomes(study: Study, only: str = "") -> Lines:
    """What a Yes of an outcome means."""
    for outcome in [study.outcomes[only]] if only else study.outcomes.values():
        conditions = " or ".join(in_words(study, where) for where in outcome.conditions)
        yield (
            outcome.title,
            f"{outcome.kind}, timepoint {outcome.timepoint}",
            conditions,
            outcome.assumption,
        )


def _concerns(study: Study, name: str, outcome: str) -> bool:
    """Whether a model explains an outcome; all do where none is named."""
    model = study.file.models[name]
    if not outcome or outcome in model.terms or outcome in model.add:
        return True
    of_others = bool(model.add) and not (model.replace or model.coding)
    return not of_others and outcome in study.file.models[model.departs_from].terms


def deviations(study: Study, only: str = "") -> Lines:
    """What departs from the protocol: a changed list, other models, other tests and methods."""
    lock = study.file.lock
    for outcome in lock.terms if lock else ():
        if only not in ("", outcome):
            continue
        verbs = zip(("added", "left out", "coded otherwise"), study.changed(outcome), strict=True)
        parts = [f"{verb} {', '.join(map(study.label, terms))}" for verb, terms in verbs if terms]
        if lock and parts:
            said = f"The list agreed with {lock.agreed_with} was changed: {'; '.join(parts)}"
            yield study.label(outcome), "changed after the lock", f"after {lock.locked_on}", said
    for name, model in study.file.models.items():
        if model.departs_from and _concerns(study, name, only):
            late = lock is not None and model.dated > lock.locked_on
            kind = "declared after the lock" if late else "declared"
            yield (
                model.title,
                f"{kind}; departs from {model.departs_from}",
                model.dated,
                model.reason,
            )
    tests, rules = study.file.tests, study.file.regression
    if tests.reported != "none" and tests.fisher_below > 0:
        rule = (
            f"Quoted where an expected count is below {tests.fisher_below:g}; chi-squared "
            "stands beside it."
        )
        yield "Fisher's exact test in place of chi-squared", "by rule", "", rule
        compared = [study.outcomes[only]] if only else study.outcomes.values()
        if any(outcome.also_within for outcome in compared):
            rule = "Exploratory outcomes are rare, so all their levels are tested exactly."
            yield "Fisher's exact test for exploratory outcomes", "by rule", "", rule
    if study.file.models:
        yield "Firth's method in place of maximum likelihood", "by rule", "", rules.reason


def other_methods(study: Study, estimates: tuple[Results, ...]) -> Lines:
    """Analyses that are by another method than the planned one, each once, and why."""
    seen: dict[tuple[str, ...], Record] = {}
    for frame in estimates:
        checked(frame, "overview", "estimates")
        for row in frame.to_dict("records"):
            key = tuple(str(row[name]) for name in ("outcome", "specification", "method"))
            if row["standing"] not in ("", "planned", "beside"):
                seen.setdefault(key, row)
    for (outcome, model, used), row in seen.items():
        name = "Firth's method" if is_firth(used) else "Maximum likelihood"
        about = ". ".join(filter(None, (label(study, outcome), specification(study, model))))
        kind = "asked for" if row["standing"] == "asked_for" else "found in the data"
        yield f"{name}: {about}", f"{kind}; {method(used)}", "", capital(in_place_of_planned(row))


def agreed_list(study: Study, only: str = "") -> Lines:
    """Whether the list of explanatory variables is agreed."""
    lock = study.file.lock
    if study.file.models and not lock:
        yield (
            study.label(only) if only else "Every outcome",
            "none yet",
            f"Not locked. Until it is, every estimate from restricted data says {NOT_LOCKED}.",
        )
    for outcome, terms in lock.terms.items() if lock else ():
        if only not in ("", outcome):
            continue
        agreed = f"Locked on {lock.locked_on}, agreed with {lock.agreed_with}" if lock else ""
        yield study.label(outcome), ", ".join(map(study.label, terms)), agreed


def _how_made(study: Study, parts: tuple[str, ...]) -> str:
    """How a composite is imputed: where it is one score cut at a number, before the score."""
    labels = ", ".join(map(study.label, parts))
    if len(parts) == 1 and parts[0] in study.scores:
        return f"where the model has it, imputed itself, and inside it: {labels}; else made from it"
    return f"made from imputed parts: {labels}"


def plan_for_missing_data(study: Study, only: str = "") -> Lines:
    """How missing values are treated."""
    plan = study.file.missing_data
    if plan is None:
        return
    yield "Assumption", plan.assumption, ""
    runs = f"{plan.sensitivity_m} in each sensitivity run"
    yield "Imputations", f"{plan.m}, each after {plan.burnin} sweeps; seed {plan.seed}", runs
    yield "Degrees of freedom", DF_RULES[plan.df_rule], ""
    for name, parts in plan.composites.items():
        yield study.label(name), _how_made(study, parts), ""
    yield (
        "Auxiliary variables",
        ", ".join(map(study.label, plan.auxiliaries)) or "none",
        "predict, in no model",
    )
    for name, shift in plan.shifts.items():
        points = "point" if shift == 1 else "points"
        what = "log-odds of a yes" if study.levels(name) else points
        why = plan.reason_for_shifts if name == next(iter(plan.shifts)) else "as above"
        yield (
            study.label(name),
            f"shifted by {shift:g} {what} in the run not missing at random",
            why,
        )
    for name, run in plan.outcomes.items():
        if only not in ("", name):
            continue
        also = f"; also predicts: {', '.join(map(study.label, run.also))}" if run.also else ""
        kept = {
            "average": "stands at the share of those known",
            "left_out": "left out of the run",
            None: "",
        }
        yield (
            study.label(name),
            f"predicts in its own run{also}",
            f"not known: {kept[run.unknown]}" if run.also else "",
        )


# By part of `overview`, its lines.
OF_OUTCOME: dict[str, Callable[[Study, str], Lines]] = {
    "outcomes": outcomes,
    "lock": agreed_list,
    "missing_data": plan_for_missing_data,
    "deviations": deviations,
}
