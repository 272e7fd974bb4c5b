"""The study definition read aloud: one table per part, for notebook 00."""

from collections.abc import Callable, Iterator

from mothers_margins.definition import Where
from mothers_margins.errors import UsageError, expect
from mothers_margins.rounding import IN_WORDS
from mothers_margins.study import Study, unknown
from mothers_margins.table import Cell, Column, Row, Section, Table

Lines = Iterator[tuple[str, ...]]
KINDS = {"stated": "stated", "margin_check": "agrees with Table 1", "derived": "follows from others"}
SUMMARIES = {"mean": "mean", "mean_sd": "mean (standard deviation)", "median_iqr": "median (quartiles)"}


def overview(study: Study, part: str) -> Table:
    """One part of a study definition as a table: about, groups, variables, services, derived, tables, facts or choices.

    Raises UsageError if there is no such part, or the study has nothing in it.
    """
    expect(study, Study, "overview", 'a study: mm.read_study("…")')
    if part not in PARTS:
        raise unknown("part", [part], PARTS, "overview")
    caption, stub, headings, lines = PARTS[part]
    rows = tuple(Row(label, tuple(Cell(text or "–") for text in texts)) for label, *texts in lines(study))
    if not rows:
        raise UsageError(f"study {study.name}: its definition has no {part}.")
    return Table(
        name=part,
        caption=caption,
        stub=stub,
        columns=tuple(Column(heading, heading) for heading in headings),
        sections=(Section("", rows),),
        notes=(),
        mark="",
        source=f"Read from data_dictionary/{study.name}/.",
        rounding=study.file.rounding,
    )


def _about(study: Study) -> Lines:
    yield "Study", study.title
    yield from study.file.about.items()
    yield "Publication", str(study.file.citation)
    yield "One row is", f"one {study.file.unit.one}"
    yield "Data shipped", study.file.data.statement


def _groups(study: Study) -> Lines:
    for group in study.groups.values():
        parts = " and ".join(study.groups[name].label for name in group.contains)
        description = f"{group.description}{' Includes ' + parts + '.' if parts else ''}"
        yield f"{group.letter + '. ' if group.letter else ''}{group.label}", description, _in_words(study, group.where)


def _in_words(study: Study, where: Where) -> str:
    conditions = []
    for name, condition in where.items():
        levels = " or ".join(_named(study, name, level) for level in condition.levels)
        conditions.append(f"{study.label(name)} is {'not ' if condition.excluded else ''}{levels}")
    return "; ".join(conditions) or f"every {study.file.unit.one}"


def _named(study: Study, variable: str, level: str) -> str:
    """A level, with its label where the code does not speak."""
    declared = study.fields[variable].categories if variable in study.fields else ()
    label = next((other.label for other in declared if other.value == level), "")
    return f"{level} ({label})" if label else level


def _variables(study: Study) -> Lines:
    for field in study.schema.fields:
        if field.role in ("group", "variable") and not field.multi_response:
            limits = field.constraints
            levels = ", ".join(_named(study, field.name, level) for level in field.levels)
            low, high = (("any" if bound is None else f"{bound:g}") for bound in (limits.minimum, limits.maximum))
            allowed = levels or f"{low} to {high} {field.unit}"
            summary = ", ".join(SUMMARIES[kind] for kind in field.summary if kind != "n") or "number in each level"
            yield field.title, allowed, summary, field.assumption


def _services(study: Study) -> Lines:
    for name, options in study.sets.items():
        for option in options:
            yield option.title, study.set_titles[name].title, option.block


def _derived(study: Study) -> Lines:
    for variable in study.file.derived:
        yield variable.title, study.label(variable.source), ", ".join(variable.levels)


def _tables(study: Study) -> Lines:
    for plan in study.tables.values():
        columns = ", ".join(study.groups[name].label for name in plan.groups)
        yield plan.title, columns, ", ".join(block.title for block in plan.blocks)


def _facts(study: Study) -> Lines:
    for fact in study.facts:
        if fact.kind != "soft":
            relation = {"==": "", ">=": "at least ", "<=": "at most "}[fact.relation]
            condition = _in_words(study, fact.where) if fact.where else "in the group"
            yield fact.id, study.groups[fact.group].label, condition, f"{relation}{fact.count}", KINDS[fact.kind]


def _choices(study: Study) -> Lines:
    rounding, tests, disclosure = study.file.rounding, study.file.tests, study.file.disclosure
    yield "Rounding", f"{rounding.percent} decimals for percentages, {rounding.mean} for means", IN_WORDS[rounding.rule]
    yield "Tests", tests.reported, tests.reason
    yield "Disclosure policy", disclosure.policy, f"Decided by {disclosure.decided_by}. {disclosure.reason}"
    for code in study.schema.missing_values:
        yield "Missing value", f"'{code.value}'" if code.value else "empty cell", code.label
    for field in study.schema.fields:
        for zero in field.structural_zeros:
            group = study.groups[zero.group].label
            yield "Zero by definition", f"{field.title}: {zero.level}, {group}", zero.reason


PARTS: dict[str, tuple[str, str, tuple[str, ...], Callable[[Study], Lines]]] = {
    "about": ("The study", "What", ("In short",), _about),
    "groups": ("Groups", "Group", ("Description", "Condition"), _groups),
    "variables": ("Variables", "Variable", ("Levels or range", "Summary", "Assumption"), _variables),
    "services": ("Questions with several answers", "Answer", ("Question", "Part"), _services),
    "derived": ("Derived variables", "Variable", ("Made from", "Levels"), _derived),
    "tables": ("Tables", "Table", ("Columns", "Blocks"), _tables),
    "facts": ("Facts used to rebuild the rows", "Fact", ("Group", "Condition", "Number", "Kind"), _facts),
    "choices": ("Choices that change numbers", "Choice", ("Setting", "Reason or meaning"), _choices),
}
