"""What a missing-data plan says that cannot hold."""

from collections.abc import Iterable, Iterator

from mothers_margins.errors import near
from mothers_margins.study.analysis_plan import MissingData, Run
from mothers_margins.study.outcomes import ORDER
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Derived
from mothers_margins.study.variables import ancestors


def in_missing_data(study: Study) -> Iterator[str]:
    """Names in the plan that refer to nothing, and rules that contradict each other."""
    plan = study.file.missing_data
    if plan is None:
        return
    yield from (f"study.yaml: missing_data.{fault}" for fault in _in_plan(study, plan))
    for name, run in plan.outcomes.items():
        yield from (
            f"study.yaml: missing_data.outcomes.{name}: {fault}"
            for fault in _in_run(study, name, run)
        )


def _in_plan(study: Study, plan: MissingData) -> Iterator[str]:
    for name, parts in plan.composites.items():
        yield from _in_composite(study, name, parts)
    named = {"auxiliaries": plan.auxiliaries, "methods": plan.methods, "shifts": plan.shifts}
    for key, names in named.items():
        for name in names:
            fault = _why_not_imputed(study, name)
            if fault:
                yield f"{key}: {fault}"
    for name, method in plan.methods.items():
        for_levels = method in ("logit", "ologit", "mlogit")
        if name in study.declared and for_levels != bool(study.levels(name)):
            yield f"methods: {method} does not fit the kind of '{name}'"
        elif method == "ologit" and name in study.declared and not study.is_ordered(name):
            yield f"methods: ologit needs levels with an order, and those of '{name}' have none"
    for name in plan.shifts:
        if name in study.declared and len(study.levels(name)) > 2:
            yield f"shifts: '{name}' is neither a number nor a yes or no"
    if plan.shifts and not plan.reason_for_shifts:
        yield "shifts: say reason_for_shifts"


def _in_composite(study: Study, name: str, parts: Iterable[str]) -> Iterator[str]:
    declared = study.derived.get(name)
    if name in study.outcomes:
        yield f"composites: '{name}' is an outcome, which is never imputed"
        return
    if not isinstance(declared, Derived) or not declared.any_of:
        yield f"composites: {name} is no variable derived by any_of"
        return
    for part in parts:
        if part not in ancestors(study, name):
            yield f"composites.{name}: it is not made from '{part}'"
        elif not _can_be_imputed(study, part):
            yield f"composites.{name}: '{part}' is a list of codes, which cannot be imputed"


def _why_not_imputed(study: Study, name: str) -> str:
    """Why a variable that the plan names cannot be imputed; empty if it can."""
    if name in study.sets:
        return f"'{name}' is a question with several answers, which cannot be imputed"
    if name not in study.declared:
        return f"no variable '{name}'{near(name, study.variables)}"
    if name in study.outcomes:
        return f"'{name}' is an outcome, which is never imputed"
    if not _can_be_imputed(study, name):
        return f"'{name}' cannot be imputed"
    return ""


def _can_be_imputed(study: Study, name: str) -> bool:
    field = study.fields.get(name)
    return field is None or (
        field.role in ("variable", "item", "group") and not field.multi_response
    )


def _in_run(study: Study, name: str, run: Run) -> Iterator[str]:
    if name not in study.outcomes:
        yield f"no outcome of this name{near(name, study.outcomes)}"
        return
    for other in run.also:
        if other not in study.outcomes:
            yield f"also: no outcome '{other}'{near(other, study.outcomes)}"
        elif study.recorded(other) & study.recorded(name):
            yield f"also: '{other}' is made from what {name} is made from"
        elif ORDER[study.outcomes[other].timepoint] > ORDER[study.outcomes[name].timepoint]:
            yield f"also: '{other}' was recorded after {name}"
    if run.also and run.unknown is None:
        yield (
            "say what becomes of participants for whom one of `also` is not known (unknown: "
            "average or left_out)"
        )
