"""What cannot hold in body tables: they show what stands in another table, and fit one page."""

from collections.abc import Iterator

from mothers_margins.errors import near
from mothers_margins.study.body_page import COLUMNS, COMPARED, ROWS, WORDS, lines_of, words_in
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import TablePlan


def in_body_tables(study: Study) -> Iterator[str]:
    """Body tables of no table, with what their table does not have, or too long for a page."""
    for name, plan in study.body_tables.items():
        place = f"study.yaml: tables.{name}"
        if plan.of not in study.tables:
            yield f"{place}: of: no table '{plan.of}'{near(plan.of, study.tables)}"
            continue
        if not {*plan.groups} <= {*study.groups}:
            continue  # said of the table that has them
        written = study.file.tables[name]
        faults = (
            *_in_columns(study, written, plan),
            *_in_variables(study, plan),
            *_in_numbers(study, plan),
        )
        yield from (f"{place}: {fault}" for fault in faults)
        known = all(variable in study.variables for variable in plan.variables)
        if known:
            yield from (f"{place}: {fault}" for fault in _in_length(study, name, plan))


def _in_columns(study: Study, written: TablePlan, plan: TablePlan) -> Iterator[str]:
    if written.groups and written.groups != plan.groups:
        yield f"groups: leave them out; they are those of {plan.of} ({', '.join(plan.groups)})"
    if written.timepoint and written.timepoint != plan.timepoint:
        yield f"timepoint: leave it out; it is that of {plan.of}"
    columns = len(plan.groups) + COMPARED * bool(study.pair(plan.of))
    if columns > COLUMNS:
        yield f"it has {columns} columns beside the labels; at most {COLUMNS} fit a page"


def _in_variables(study: Study, plan: TablePlan) -> Iterator[str]:
    whole = study.tables[plan.of].variables
    in_place = study.standing_in("report")
    allowed = {*whole, *(in_place[name] for name in whole if name in in_place)}
    for name in plan.variables:
        if name not in study.variables:
            yield f"no variable '{name}'{near(name, study.variables)}"
        elif name not in allowed:
            yield f"'{name}' stands not in {plan.of}, nor for a variable of it (use: [report])"


def _in_numbers(study: Study, plan: TablePlan) -> Iterator[str]:
    for name, kind in plan.numbers.items():
        summary = study.declared[name].summary if name in study.declared else ()
        if name not in plan.variables:
            yield f"numbers: '{name}' is no variable of it{near(name, plan.variables)}"
        elif kind not in summary:
            declared = ", ".join(summary) or "none, as it is no number"
            yield f"numbers.{name}: '{kind}' is none of its summaries (declared: {declared})"


def _in_length(study: Study, name: str, plan: TablePlan) -> Iterator[str]:
    rows = lines_of(study, study.reported(name))
    if rows > ROWS:
        yield f"it has {rows} rows, titles and headings among them; at most {ROWS} fit a page"
    words = words_in(plan.notes)
    if words > WORDS:
        yield f"its notes have {words} words; at most {WORDS} fit a page"
