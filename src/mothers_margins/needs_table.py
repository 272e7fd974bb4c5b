"""Variables that share their levels, side by side: the needs by domain."""

from mothers_margins.builders import cited
from mothers_margins.comparison_columns import ComparisonColumns
from mothers_margins.errors import UsageError
from mothers_margins.results import Results, checked
from mothers_margins.table import Cell, Column, Notes, Row, Section, Table


def needs(results: Results, name: str, comparisons: Results | None = None) -> Table:
    """Variables with the same levels, one per row: in each group the number in each level and not known.

    results: summaries. name: a table of study.yaml. comparisons: adds test and p of each row.
    Raises UsageError if the variables differ in their levels or a number is absent.
    """
    about = checked(results, "needs", "summaries")
    study, plan, notes = about.study, about.study.plan(name), Notes()
    absent = [group for group in plan.groups if group not in about.groups]
    if absent:
        raise UsageError("needs: the results lack a group of the table.", absent)
    levels = {study.levels(variable) for variable in plan.variables}
    if len(levels) != 1:
        raise UsageError("needs: the variables of the table do not have the same levels.")
    (shared,) = levels
    found = {
        (row["variable"], row["level"], row["group"]): row
        for row in results.to_dict("records")
        if row["statistic"] == "n"
    }
    labels = {level.value: level.label or level.value for level in study.fields[plan.variables[0]].categories}
    columns = [
        Column(
            f"{group}_{level}",
            labels.get(level, "Not known").capitalize(),
            None,
            f"{study.groups[group].label} (n = {found['n', '', group]['value']:g})",
        )
        for group in plan.groups
        for level in (*shared, "missing")
    ]
    compared = ComparisonColumns(comparisons, notes) if comparisons is not None else None
    if compared:
        compared.check(iter(plan.variables))
        columns += [Column("p", "p")]
    sections = []
    for block in plan.blocks:
        rows = []
        for variable in block.variables:
            try:
                counts = [found[variable, level, group] for group in plan.groups for level in shared]
            except KeyError as error:
                raise UsageError("needs: the results lack a number of the table.", [variable]) from error
            cells: list[Cell] = []
            for place, row in enumerate(counts, 1):
                share = 100 * row["n"] / row["denominator"] if row["denominator"] else float("nan")
                cells.append(Cell("{n} ({percent}%)", {"n": row["n"], "percent": share}, str(row["status"])))
                if place % len(shared) == 0:
                    cells.append(Cell("{n}", {"n": row["missing"]}))
            rows.append(
                Row(study.label(variable), (*cells, *(compared.cells(variable)[2:3] if compared else ())), variable)
            )
        sections.append(Section(block.title, tuple(rows)))
    notes.plain(f"Cells are numbers of {study.file.unit.many}; percentages are of those with a known answer.")
    if compared:
        compared.explain(differences=False)
    for note in plan.notes:
        notes.plain(note)
    return Table(
        name=name,
        caption=plan.title,
        stub="Domain",
        columns=tuple(columns),
        sections=tuple(sections),
        notes=notes.all(),
        mark=about.source.mark,
        source=f"{about.source.statement} {cited(study)}",
        rounding=study.file.rounding,
    )
