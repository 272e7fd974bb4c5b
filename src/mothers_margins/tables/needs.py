"""Variables that share their levels, side by side: the needs by domain."""

from collections.abc import Iterator

from mothers_margins.absent import Absent
from mothers_margins.errors import UsageError
from mothers_margins.release.released import Released
from mothers_margins.results.results import Record, Results, checked, codes
from mothers_margins.results.shown import Value, is_hidden, is_known, percent_of, shown
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import TablePlan
from mothers_margins.tables.cells import cell, table_of
from mothers_margins.tables.comparison_columns import ComparisonColumns
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording import captions
from mothers_margins.wording.codes_of_notes import OR_NOT_KNOWN, OR_NOT_KNOWN_MARKED, released_as
from mothers_margins.wording.numbers import count_text
from mothers_margins.wording.terms import label, level

Key = tuple[str, str, str]  # variable, level, group
Counts = dict[Key, Record]


def needs(
    results: Results | Released, name: str, comparisons: Results | str | Absent | None = None
) -> Table:
    """Variables with the same levels, one per row: in each group the number in each level and not
    known.

    results: summaries, or what was released, of which `name` is one, and `comparisons` the name of
    one. name: a table of study.yaml. comparisons: adds the p-value of each row.
    Raises UsageError if the variables differ in their levels or a number is absent.
    """
    if isinstance(results, Released):
        comparisons = results.results(comparisons) if isinstance(comparisons, str) else comparisons
        results = results.results(name)
    why_none = ""
    if isinstance(comparisons, Absent):
        why_none, comparisons = comparisons.why, None
    if isinstance(comparisons, str):
        raise UsageError("needs: a name of comparisons is of what read_release returns.")
    about = checked(results, "needs", "summaries")
    study = about.study
    plan = study.plan(name)
    absent = [group for group in plan.groups if group not in about.groups]
    if absent:
        raise UsageError("needs: the results lack a group of the table.", absent)
    levels = _shared_levels(study, plan)
    counts = _counts(results)
    notes = Notes()
    columns = list(_columns(study, plan, levels, counts))
    compared = None
    if comparisons is not None:
        compared = ComparisonColumns(comparisons, notes, plan.variables, "needs")
        columns.append(Column("p", "p"))
    # a list, so that all is made here: cells of untested rows add notes
    sections = list(_sections(study, plan, counts, compared, notes))
    unit = study.file.unit.many
    known = "" if about.released else "; percentages are of those with a known answer"
    notes.plain(f"Cells are numbers of {unit}{known}.")
    if compared:
        compared.explain(differences=False)
    for note in plan.notes:
        notes.plain(note)
    if why_none:
        notes.plain(why_none)
    return table_of(
        about,
        name=name,
        caption=captions.of_all(plan.title, captions.sizes(results)),
        stub="Domain",
        columns=columns,
        sections=sections,
        notes=notes,
    )


def _counts(results: Results) -> Counts:
    """The rows that are numbers of participants, by variable, level and group."""
    rows = [row for row in results.to_dict("records") if row["statistic"] == "n"]
    return {(row["variable"], row["level"], row["group"]): row for row in rows}


def _shared_levels(study: Study, plan: TablePlan) -> tuple[str, ...]:
    """The levels of all variables of the table. Raises UsageError if they do not have the same."""
    levels = {study.levels(variable) for variable in plan.variables}
    if len(levels) != 1 or () in levels:  # a number has no levels
        raise UsageError("needs: the variables of the table do not have the same levels.")
    (shared,) = levels
    return shared


def _columns(
    study: Study, plan: TablePlan, levels: tuple[str, ...], counts: Counts
) -> Iterator[Column]:
    """In each group a column per level, and one for those not known."""
    for group in plan.groups:
        size = shown(_record_of(counts, ("n", "", group)), "value")  # how many the group has
        spanner = f"{study.groups[group].label} (n = {count_text(size)})"
        for level_ in levels:
            heading = level(study, plan.variables[0], level_)
            if _holds_not_known(plan, level_, group, counts):
                heading += OR_NOT_KNOWN_MARKED
            yield Column(f"{group}_{level_}", heading, None, spanner)
        if _says_who_is_not_known(study, plan, group, counts):
            yield Column(f"{group}_missing", "Not known", None, spanner)


def _says_who_is_not_known(study: Study, plan: TablePlan, group: str, counts: Counts) -> bool:
    """Whether results say of any variable how many are not known. What was released may count them
    among those at a level everywhere; a column of dashes would read as if there were none.
    """
    return any(
        is_known(number) or is_hidden(number)
        for variable in plan.variables
        for number in [_not_known(_records(study, variable, group, counts))]
    )


def _holds_not_known(plan: TablePlan, level_: str, group: str, counts: Counts) -> bool:
    """Whether a level of what was released holds also those who are not known."""
    rows = [_record_of(counts, (variable, level_, group)) for variable in plan.variables]
    return any(OR_NOT_KNOWN in codes(row) for row in rows)


def _sections(
    study: Study,
    plan: TablePlan,
    counts: Counts,
    compared: ComparisonColumns | None,
    notes: Notes,
) -> Iterator[Section]:
    """The blocks of the plan, a row per variable."""
    for block in plan.blocks:
        rows: list[Row] = []
        for variable in block.variables:
            cells = _cells_of_variable(study, plan, counts, variable, notes)
            if compared:
                cells.append(compared.p_cell(variable))
            rows.append(Row(label(study, variable), tuple(cells), variable))
        yield Section(block.title, tuple(rows))


def _cells_of_variable(
    study: Study, plan: TablePlan, counts: Counts, variable: str, notes: Notes
) -> list[Cell]:
    """The cells of one variable, group by group."""
    cells: list[Cell] = []
    for group in plan.groups:
        records = _records(study, variable, group, counts)
        cells += _cells_of_levels(records, notes)
        if _says_who_is_not_known(study, plan, group, counts):
            cells.append(cell("{n}", {"n": _not_known(records)}))
    return cells


def _records(study: Study, variable: str, group: str, counts: Counts) -> list[Record]:
    """The records of a variable in a group, one per level."""
    return [_record_of(counts, (variable, level_, group)) for level_ in study.levels(variable)]


def _not_known(records: list[Record]) -> Value:
    """How many are not known: all levels say it; one that may be shown is asked first."""
    may_be_shown = [record for record in records if record["status"] != "suppressed"]
    return shown((may_be_shown or records)[0], "missing")


def _record_of(counts: Counts, key: Key) -> Record:
    """The record of a number. Raises UsageError if the results lack it."""
    if key not in counts:
        raise UsageError("needs: the results lack a number of the table.", [key[0]])
    return counts[key]


def _cells_of_levels(records: list[Record], notes: Notes) -> list[Cell]:
    """The numbers of one variable in one group, each with its share; with a mark where what was
    released is counted otherwise.
    """
    cells: list[Cell] = []
    for record in records:
        n = shown(record, "n")
        percent = percent_of(n, shown(record, "denominator"))
        words = released_as(record)
        mark = notes.mark(words) if words else ""
        cells.append(cell("{n} ({percent}%)", {"n": n, "percent": percent}, mark))
    return cells
