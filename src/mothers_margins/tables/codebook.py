"""The codebook of a study: each variable with its name in the file, its kind, whom it concerns and
what may be missing; how variables are made, and how they enter models.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from mothers_margins.study.participant_table import Variable
from mothers_margins.study.study import Study
from mothers_margins.wording.conditions import named_level

Lines = Iterator[tuple[str, ...]]
MANY = 5  # so many lines that say the same are one
SUMMARIES = {
    "mean": "mean",
    "mean_sd": "mean (standard deviation)",
    "median_iqr": "median (quartiles)",
}
USES = {"analysis": "models", "report": "body tables", "release": "what is released"}
TYPES = {"integer": "whole number", "number": "number", "boolean": "yes or no"}
WHEN = {1: "timepoint 1", 2: "timepoint 2", "between": "between the timepoints"}


def identified(study: Study, name: str) -> str:
    """A variable in words, and what it is called in files: "Mother's age (age_years)"."""
    return f"{study.label(name)} ({name})"


def alike_once(lines: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Lines one after the other that say the same of many things, as one line that names them."""
    once: list[tuple[str, ...]] = []
    for texts, run in groupby(lines, key=lambda line: line[1:]):
        titles = [line[0] for line in run]
        if len(titles) >= MANY:
            once.append((f"{len(titles)} alike: {'; '.join(titles)}", *texts))
        else:
            once += [(title, *texts) for title in titles]
    return once


def variables(study: Study) -> Lines:
    """Each variable of the file: kind and levels, of whom and when, what is missing, assumption."""
    asked = [
        field
        for field in study.schema.fields
        if field.role in ("group", "variable", "codes") and not field.multi_response
    ]
    lines = [
        (
            identified(study, field.name),
            _kind(study, field),
            _concerned(study, field),
            _own_codes(study, field),
            field.assumption,
        )
        for field in asked
    ]
    yield from alike_once(lines)


def _kind(study: Study, field: Variable) -> str:
    """'one of White British, Black', 'whole number, 16 to 55 years; mean (standard deviation)'."""
    if field.role == "codes":
        return "diagnosis codes"
    if field.levels:
        levels = ", ".join(named_level(study, field.name, level) for level in field.levels)
        return f"{'in this order' if field.categories_ordered else 'one of'}: {levels}"
    limits = field.constraints
    low, high = (
        "any" if bound is None else f"{bound:g}" for bound in (limits.minimum, limits.maximum)
    )
    summary = ", ".join(SUMMARIES[kind] for kind in field.summary if kind != "n")
    within = f"{TYPES.get(field.type, field.type)}, {low} to {high} {field.unit}".strip()
    return f"{within}; {summary}" if summary else within


def _concerned(study: Study, field: Variable) -> str:
    """When it was recorded, and of whom, where not of all."""
    parts = [WHEN[field.timepoint]] if field.timepoint else []
    parts += [
        f"only where {study.label(name)} is {' or '.join(levels)}"
        for name, levels in field.applies_where.items()
    ]
    if field.empty:
        parts.append(f"an empty cell is {field.empty}")
    return "; ".join(parts)


def _own_codes(study: Study, field: Variable) -> str:
    """Codes of a missing value that not all variables have."""
    own = [code for code in study.missing_codes(field) if code not in study.schema.missing_values]
    return "; ".join(f"{code.value or 'empty'}: {code.label}" for code in own)


def derived(study: Study) -> Lines:
    """Each variable that is made from others: from which, its levels, its assumption and use."""
    for variable in study.file.derived:
        made_from = ", ".join(dict.fromkeys(study.label(name) for name in variable.sources))
        stands = f"in place of it in: {', '.join(USES[use] for use in variable.use)}"
        parts = (variable.assumption, stands if variable.use else "")
        said = ". ".join(part.rstrip(".") for part in parts if part)
        title = identified(study, variable.name)
        yield title, made_from, ", ".join(variable.levels), said


def models(study: Study) -> Lines:
    """Each model: its explanatory variables, once for all outcomes that have the same; why it
    departs from another.
    """
    for name, model in study.file.models.items():
        said = (
            f"Departs from {model.departs_from} ({model.dated}): {model.reason}"
            if model.departs_from
            else ""
        )
        alike: dict[str, list[str]] = {}
        for outcome in dict.fromkeys([*model.terms, *model.add]):
            chosen = study.terms(name, outcome) if model.terms else model.add[outcome]
            added = "" if model.terms else "also "
            listed = added + "; ".join(map(study.label, chosen))
            alike.setdefault(listed, []).append(study.label(outcome))
        for old, new in model.replace.items():
            instead = f"{study.label(new)} in place of {study.label(old)}"
            alike.setdefault(instead, []).append("every outcome")
        for term in model.coding:
            coded = f"{study.label(term)}, {_coded(study, term, name)}"
            alike.setdefault(coded, []).append("every outcome")
        title = f"{model.title} ({name})"
        for place, (listed, outcomes) in enumerate(alike.items()):
            yield title, "; ".join(outcomes), listed, "" if place else said
        if not alike:
            yield title, "", "", said


def codings(study: Study) -> Lines:
    """How each explanatory variable enters models, unless a model says otherwise."""
    for term, coding in study.codings.items():
        yield study.label(term), _coded(study, term), coding.assumption


def _coded(study: Study, term: str, model: str = "") -> str:
    coding = study.coding(model, term)
    together = [" and ".join(olds) for olds in coding.merged.values() if len(olds) > 1]
    merged = f"; put together: {'; '.join(together)}" if together else ""
    return (coding.label or f"compared with {coding.reference}") + merged
