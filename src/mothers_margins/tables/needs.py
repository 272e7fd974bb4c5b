"""Variables that share their levels, side by side: the needs by domain."""

from mothers_margins.errors import UsageError
from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import percent_of, shown
from mothers_margins.tables.cells import cell, of_row, table_of
from mothers_margins.tables.comparison_columns import ComparisonColumns
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording.terms import count_text, label, level

Key = tuple[str, str, str]


def needs(results: Results, name: str, comparisons: Results | None = None) -> Table:
    """Variables with the same levels, one per row: in each group the number in each level and not
    known.

    results: summaries. name: a table of study.yaml. comparisons: adds test and p of each row.
    Raises UsageError if the variables differ in their levels or a number is absent.
    """
    about = checked(results, "needs", "summaries")
    study, plan, notes = about.study, about.study.plan(name), Notes()
    absent = [group for group in plan.groups if group not in about.groups]
    if absent:
        raise UsageError("needs: the results lack a group of the table.", absent)
    levels = {study.levels(variable) for variable in plan.variables}
    if len(levels) != 1 or () in levels:
        raise UsageError("needs: the variables of the table do not have the same levels.")
    (shared,) = levels
    counts: dict[Key, Record] = {}
    for row in results.to_dict("records"):
        if row["statistic"] == "n":
            counts[row["variable"], row["level"], row["group"]] = row
    columns: list[Column] = []
    for group in plan.groups:
        size = shown(_row(counts, ("n", "", group)), "value")
        spanner = f"{study.groups[group].label} (n = {count_text(size)})"
        headings = {value: level(study, plan.variables[0], value) for value in shared}
        headings["missing"] = "Not known"
        columns += [
            Column(f"{group}_{key}", heading, None, spanner) for key, heading in headings.items()
        ]
    compared = ComparisonColumns(comparisons, notes) if comparisons is not None else None
    if compared:
        compared.check(iter(plan.variables))
        columns.append(Column("p", "p"))
    sections = []
    for block in plan.blocks:
        rows = []
        for variable in block.variables:
            cells: list[Cell] = []
            for group in plan.groups:
                cells += _cells([_row(counts, (variable, value, group)) for value in shared])
            if compared:
                cells.append(compared.cells(variable)[2])
            rows.append(Row(label(study, variable), tuple(cells), variable))
        sections.append(Section(block.title, tuple(rows)))
    notes.plain(
        f"Cells are numbers of {study.file.unit.many}; percentages are of those with a known "
        "answer."
    )
    if compared:
        compared.explain(differences=False)
    for note in plan.notes:
        notes.plain(note)
    return table_of(
        about,
        name=name,
        caption=plan.title,
        stub="Domain",
        columns=columns,
        sections=sections,
        notes=notes,
    )


def _row(counts: dict[Key, Record], key: Key) -> Record:
    """The row of a number. Raises UsageError if the results lack it."""
    if key not in counts:
        raise UsageError("needs: the results lack a number of the table.", [key[0]])
    return counts[key]


def _cells(rows: list[Record]) -> list[Cell]:
    """The numbers of one variable in one group: each level with its share, and how many are not
    known.
    """
    cells = []
    for row in rows:
        n = shown(row, "n")
        cells.append(
            cell("{n} ({percent}%)", {"n": n, "percent": percent_of(n, shown(row, "denominator"))})
        )
    # all levels say how many are not known; one that may be shown is asked first
    open_row = next((row for row in rows if row["status"] != "suppressed"), rows[0])
    return [*cells, of_row("{n}", open_row, n="missing")]
