"""The table of a plan test: how far off imputed values, estimates and intervals are."""

from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import shown
from mothers_margins.study.study import Study
from mothers_margins.tables.cells import EMPTY, cell, table_of
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording.terms import (
    HOLDS,
    MEASURES,
    METHODS,
    TRIED,
    capital,
    label,
    rounding_rule,
)

COLUMNS = {"off": "Value", "error": "Its Monte Carlo error", "bar": "Bar", "holds": "Inside"}
IMPUTED = "imputed"


def plan_table(results: Results) -> Table:
    """A plan test as a table: one section per outcome and measure, one row per variable and level;
    what stands beside the imputed (full data, complete cases) without a bar.

    Raises UsageError for results of another kind.
    """
    about = checked(results, "plan_table", "plan_test")
    study = about.study
    sections = []
    for (outcome, measure), part in results.groupby(["outcome", "measure"], sort=False):
        title = f"{label(study, str(outcome))}: {MEASURES[str(measure)]}"
        rows = [_row(study, row) for row in part.to_dict("records")]
        sections.append(Section(title, tuple(rows)))
    cohorts = int(results["cohorts"].max())
    missed = int((results["within"] == 0).sum())
    judged = int(results["within"].notna().sum())
    notes = Notes()
    notes.plain(f"{cohorts} cohorts drawn by the recipe. {judged - missed} of {judged} bars hold.")
    notes.plain(
        "Off: imputed less true in the missing cells, weighted by them; of estimates less those of "
        "the full data on the same rows. Bars have two Monte Carlo errors added."
    )
    notes.plain(f"Rounding: {rounding_rule(study.file.rounding)}.")
    return table_of(
        about,
        name="plan_test",
        caption="The plan for missing data on cohorts whose truth is known",
        stub="Variable",
        columns=[Column(key, heading) for key, heading in COLUMNS.items()],
        sections=sections,
        notes=notes,
    )


def _row(study: Study, row: Record) -> Row:
    variable = str(row["variable"])
    name = label(study, variable) if variable else "All terms"
    if row["level"]:
        name += f": {row['level']}"
    if row["analysis"] != IMPUTED:
        name += f" ({(METHODS | TRIED)[str(row['analysis'])]})"
    return Row(capital(name), _cells(row), variable, str(row["level"]))


def _cells(row: Record) -> tuple[Cell, ...]:
    numbers = [
        cell("{standardised}", {"standardised": shown(row, column)})
        for column in ("value", "mc_error", "bar")
    ]
    holds = HOLDS.get(float(row["within"]))
    return (*numbers, Cell(holds) if holds else EMPTY)
