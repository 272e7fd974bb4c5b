"""What cannot hold in models, the lock, codings, groups and tables of a study."""

import re
from collections import Counter
from collections.abc import Iterator

from mothers_margins.errors import near
from mothers_margins.study.analysis_plan import Coding, Lock, Model
from mothers_margins.study.outcomes import ORDER
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Block, PrintedPercentage, TablePlan


def in_models(study: Study) -> Iterator[str]:
    """Codings and models that cannot be fitted as they are written."""
    for number, check in enumerate(study.file.impossible, 1):
        yield from study.where_faults(check.where, f"study.yaml: impossible {number}")
    for name, coding in study.codings.items():
        written = study.file.coding[name]
        in_coding = (*_in_old_coding(name, written), *_in_coding(study, name, coding))
        yield from (f"study.yaml: coding.{name}: {fault}" for fault in in_coding)
    for name in study.file.descriptive_only:
        if name not in study.variables:
            yield f"study.yaml: descriptive_only: no variable '{name}'{near(name, study.variables)}"
    for name, model in study.file.models.items():
        place = f"study.yaml: models.{name}"
        faults = list(_in_model(study, name, model))
        yield from (f"{place}: {fault}" for fault in faults)
        if faults:
            continue
        for outcome in study.outcomes:
            yield from (f"{place}.{outcome}: {fault}" for fault in _in_terms(study, name, outcome))


def in_lock(study: Study) -> Iterator[str]:
    """Explanatory variables and the agreed list of them, where they name what there is not."""
    placed = Counter(name for block in study.file.explanatory for name in block.variables)
    for name, times in placed.items():
        if name not in study.variables:
            yield f"study.yaml: explanatory: no variable '{name}'{near(name, study.variables)}"
        elif times > 1:
            yield f"study.yaml: explanatory: '{name}' stands {times} times"
    if study.file.lock:
        yield from _in_agreed_list(study, study.file.lock)


def _in_agreed_list(study: Study, lock: Lock) -> Iterator[str]:
    if lock.model not in study.file.models:
        yield f"study.yaml: lock: no model '{lock.model}'{near(lock.model, study.file.models)}"
    for name, coding in lock.coding.items():
        for fault in _in_coding(study, name, coding):
            yield f"study.yaml: lock.coding.{name}: {fault}"
    for outcome, terms in lock.terms.items():
        if outcome not in study.outcomes:
            yield f"study.yaml: lock: no outcome '{outcome}'{near(outcome, study.outcomes)}"
        for term in terms:
            if term not in study.variables:
                yield f"study.yaml: lock: no variable '{term}'{near(term, study.variables)}"


def _in_model(study: Study, name: str, model: Model) -> Iterator[str]:
    models = [*study.file.models]
    earlier = models[: models.index(name)]
    if bool(model.departs_from) == bool(model.terms):
        yield "give either terms, or departs_from with add, replace or coding"
    for term, coding in model.coding.items():
        faults = (*_in_old_coding(term, coding), *_in_coding(study, term, coding))
        yield from (f"coding.{term}: {fault}" for fault in faults)
    if model.departs_from and model.departs_from not in earlier:
        yield f"departs_from '{model.departs_from}', which is no model before it"
    if model.departs_from and not (re.fullmatch(r"\d{4}-\d\d-\d\d", model.dated) and model.reason):
        yield "a departure needs its date (dated: 2023-02-11) and its reason"
    if model.cluster:
        yield from _in_cluster(study, model.cluster)
    for outcome in {*model.terms, *model.add} - {*study.outcomes}:
        yield f"no outcome '{outcome}'{near(outcome, study.outcomes)}"
    if model.departs_from in earlier:
        used: set[str] = set()
        for outcome in study.outcomes:
            used.update(study.terms(model.departs_from, outcome))
        for term in {*model.replace} - used:
            yield f"replaces '{term}', which {model.departs_from} lacks"


def _in_cluster(study: Study, name: str) -> Iterator[str]:
    """Why a variable cannot say from which cluster a participant comes."""
    field = study.fields.get(name)
    if name not in study.declared:
        yield f"cluster: no variable '{name}'{near(name, study.variables)}"
    elif name in study.outcomes:
        yield f"cluster: '{name}' is an outcome"
    elif field and field.role in ("identifier", "data_status"):
        yield f"cluster: '{name}' is no variable of participants (x-role {field.role})"


def _in_terms(study: Study, model: str, outcome: str) -> Iterator[str]:
    terms = study.terms(model, outcome)
    yield from (
        f"'{term}' stands {times} times" for term, times in Counter(terms).items() if times > 1
    )
    for term in dict.fromkeys(terms):
        if term not in study.variables:
            yield f"no variable '{term}'{near(term, study.variables)}"
        elif term in study.file.descriptive_only:
            yield f"'{term}' is for description only: {study.file.descriptive_only[term]}"
        elif term not in study.codings:
            yield f"'{term}' has no coding"
        elif study.file.explanatory and not study.block(term):
            yield f"'{term}' stands under no heading of explanatory"
        elif study.timepoint(term) is None:
            yield f"'{term}' has no timepoint, so it could have been recorded after this outcome"
        elif ORDER[study.timepoint(term)] > ORDER[study.outcomes[outcome].timepoint]:
            yield f"'{term}' was recorded after this outcome"
        elif shared := study.recorded(term) & study.recorded(outcome):
            yield f"'{term}' is made from {', '.join(sorted(shared))}, as this outcome is"


def _in_old_coding(name: str, coding: Coding) -> Iterator[str]:
    """Levels that a coding puts together itself, as it once could; in a lock they are the copy of
    what was agreed.
    """
    if coding.merged:
        yield (
            "levels are put together by a derived variable: write, under derived, one with from: "
            f"{name}, these levels, and use: [analysis]; a model that puts others together names "
            "another one under replace"
        )


def _in_coding(study: Study, name: str, coding: Coding) -> Iterator[str]:
    if name not in study.variables:
        yield f"no variable '{name}'{near(name, study.variables)}"
        return
    levels = study.levels(name)
    if [coding.per is not None, coding.linear is not None, bool(coding.reference)].count(True) != 1:
        yield (
            "give one of per (a number of units), linear (the order of levels) or reference (a "
            "level)"
        )
    if bool(levels) == (coding.per is not None):
        yield "per is for numbers; a variable with levels needs linear or reference"
    used = [level for merged in coding.merged.values() for level in merged]
    if coding.merged and (sorted(used) != sorted(levels) or not coding.reference):
        yield "levels that are put together must hold every level once, and need a reference"
    if coding.reference and coding.reference not in (coding.merged or levels):
        yield f"the reference '{coding.reference}' is no level"


def in_groups(study: Study) -> Iterator[str]:
    """Groups that refer to nothing or to themselves, and labels that stand twice."""
    for name, group in study.groups.items():
        yield from study.where_faults(group.where, f"study.yaml: groups.{name}.where")
        difference = group.difference
        of = (difference.of, *difference.minus) if difference else ()
        for part in (*group.contains, *of):
            if part == name:
                yield f"study.yaml: groups.{name} refers to itself"
            elif part not in study.groups:
                yield f"study.yaml: groups.{name} refers to no known group '{part}'"
            elif part in of and study.groups[part].difference:
                yield (
                    f"study.yaml: groups.{name}.difference: '{part}' is a difference itself; "
                    "name printed groups"
                )
    labels = Counter(group.label for group in study.groups.values())
    for label, times in labels.items():
        if times > 1:
            yield f"study.yaml: groups: label '{label}' stands {times} times"


def in_tables(study: Study) -> Iterator[str]:
    """Planned tables with groups, variables or levels that the study does not have."""
    for name, plan in study.tables.items():
        place = f"study.yaml: tables.{name}"
        if not plan.groups:
            yield f"{place}: groups must not be empty; they are its columns"
        if plan.of or plan.numbers:
            yield f"{place}: of and numbers are for a table that shows: body"
        for group in plan.groups:
            if group not in study.groups:
                yield f"{place}: no group '{group}' (known: {', '.join(study.groups)})"
        for variable in plan.variables:
            if variable not in study.variables:
                yield f"{place}: no variable '{variable}'" + near(variable, study.variables)
        yield from (
            f"{place}: {fault}" for block in plan.blocks for fault in _in_block(study, block)
        )
        for cell in plan.printed_percentages:
            if not _has_cell(study, plan, cell):
                yield (
                    f"{place}: printed_percentages names a cell that the table does not have "
                    f"({cell.level})"
                )


def _in_block(study: Study, block: Block) -> Iterator[str]:
    if block.levels and {*block.variables} & {*study.sets}:
        yield f"block '{block.title}' cannot choose among the answers of one question"
    known: set[str] = set()
    for name in block.variables:
        if name in study.variables:
            known.update(study.levels(name))
    for level in block.levels:
        if level not in known:
            yield f"'{level}' is no level of block '{block.title}'"


def _has_cell(study: Study, plan: TablePlan, cell: PrintedPercentage) -> bool:
    """Whether a cell with a printed percentage, and the groups of its base, are in the table."""
    if not {cell.group, *cell.base} <= {*plan.groups}:
        return False
    in_table = cell.variable in plan.variables and cell.variable in study.variables
    return in_table and cell.level in study.levels(cell.variable)
