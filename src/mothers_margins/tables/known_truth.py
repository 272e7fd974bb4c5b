"""The table of a plan test: how far off imputed values, estimates and intervals are."""

from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import is_known, shown
from mothers_margins.study.study import Study
from mothers_margins.tables.cells import EMPTY, cell, table_of
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording.methods import HOLDS, MEASURES, METHODS, TRIED
from mothers_margins.wording.numbers import count_text, rounding_rule, symbol
from mothers_margins.wording.sentences import capital
from mothers_margins.wording.terms import label

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
    notes = Notes()
    notes.plain(_how_many(results.to_dict("records")))
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


def _how_many(rows: list[Record]) -> str:
    """How many cohorts were drawn, and how many bars hold among those that may be shown."""
    drawn = [value for value in (shown(row, "cohorts") for row in rows) if is_known(value)]
    within = [value for value in (shown(row, "within") for row in rows) if is_known(value)]
    held = sum(float(value) == 1 for value in within)
    cohorts = count_text(max(drawn, key=float)) if drawn else symbol(shown(rows[0], "cohorts"))
    return f"{cohorts} cohorts drawn by the recipe. {held} of {len(within)} bars hold."


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
    within = shown(row, "within")
    holds = HOLDS[float(within)] if is_known(within) else ""
    return (*numbers, Cell(holds) if holds else EMPTY)
