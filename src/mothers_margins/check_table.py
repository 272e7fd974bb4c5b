"""The table of a model's checks."""

from collections.abc import Hashable
from dataclasses import replace
from math import isnan
from typing import Any

from mothers_margins.builders import cited
from mothers_margins.errors import UsageError
from mothers_margins.model_tables import METHODS
from mothers_margins.results import NOT_LOCKED, Results, checked
from mothers_margins.study import Study
from mothers_margins.table import Cell, Column, Notes, Row, Section, Table

EMPTY = Cell("")
Record = dict[Hashable, Any]
SECTIONS = {
    "Specification and fit": ("linktest", "goodness_of_fit", "discrimination", "brier"),
    "Linearity": ("linearity",),
    "Each term: VIF, and largest |dfbeta| (n: participants above 2/√n)": ("vif", "influence"),
    "Calibration: observed and expected with the outcome": ("calibration",),
}


def diagnostics(results: Results) -> Table:
    """The checks of a model in one compact table. Raises UsageError if they are not results of `check_model`."""
    about = checked(results, "diagnostics", "checks")
    study, notes = about.study, Notes()
    rows = results.to_dict("records")
    if len({(row["outcome"], row["model"]) for row in rows}) != 1:
        raise UsageError("diagnostics: give the checks of one model.")
    sections = []
    for title, names in SECTIONS.items():
        chosen = [row for row in rows if row["check"] in names]
        lines = PAIRED.get(names[0], _each)(chosen, study, notes)
        sections.append(Section(title, tuple(lines)))
    notes.plain("The checks use the data that made the model, so discrimination and calibration are flattered.")
    notes.plain("Linktest: a square that adds to the linear predictor says that a term or its coding is missing.")
    notes.plain(
        "Pearson's chi-squared has no chi-squared distribution where nearly every pattern is one participant's."
    )
    notes.plain(
        "A |dfbeta| is about how far a coefficient moves, in its standard errors, if one participant is left out "
        "(one step of the fit, a little low for Firth)."
    )
    first = rows[0]
    open_ = f"{NOT_LOCKED}. " if any(NOT_LOCKED in row["note"] for row in rows) else ""
    return Table(
        name="diagnostics",
        caption=f"{open_}Checks of the adjusted model: {study.label(first['outcome'])} ({METHODS[first['method']]})",
        stub="Check",
        columns=(Column("statistic", "Statistic"), Column("p", "p"), Column("n", "n")),
        sections=tuple(sections),
        notes=notes.all(),
        mark=about.source.mark,
        source=f"{about.source.statement} {cited(study)}",
        rounding=study.file.rounding,
    )


def _each(rows: list[Record], study: Study, notes: Notes) -> list[Row]:
    limits = {row["statistic_name"]: row["statistic"] for row in rows}
    found = [_checked(row, study, notes) for row in rows if row["statistic_name"] not in ("AUC low", "AUC high")]
    if "AUC low" not in limits:
        return found
    numbers = {"ratio": limits["AUC"], "ratio_low": limits["AUC low"], "ratio_high": limits["AUC high"]}
    auc = Cell("{ratio} ({ratio_low} to {ratio_high})", numbers)
    return [replace(row, cells=(auc, *row.cells[1:])) if row.level == "AUC" else row for row in found]


def _terms(rows: list[Record], study: Study, notes: Notes) -> list[Row]:
    inflation = {row["variable"]: row["statistic"] for row in rows if row["check"] == "vif"}
    return [
        replace(line, cells=(Cell("{ratio}; {statistic}", numbers | {"statistic": row["statistic"]}), *line.cells[1:]))
        for row in rows
        if row["check"] == "influence" and row["variable"] in inflation
        for line, numbers in [(_checked(row, study, notes), {"ratio": inflation[row["variable"]]})]
    ]


def _checked(row: Record, study: Study, notes: Notes) -> Row:
    name, variable = str(row["statistic_name"]), str(row["variable"])
    base, _, level = variable.partition("[")
    label = study.label(base) + (f": {level.rstrip(']')}" if level else "") if base in study.declared else variable
    text = f"{label}: {name}" if row["check"] == "linearity" else (label or name[0].upper() + name[1:])
    text = f"Linktest: {name}" if row["check"] == "linktest" else text
    if row["status"] == "missing":
        mark = notes.mark(f"Not computed: {row['note'].removeprefix(f'{NOT_LOCKED}; ')}.")
        return Row(text, (Cell("{statistic}", {"statistic": row["statistic"]}, "missing", mark), EMPTY, EMPTY))
    pattern = "{statistic}" if isnan(row["df"]) else "{statistic} ({df} df)"
    p_value = EMPTY if isnan(row["p_value"]) else Cell("{p_value}", {"p_value": row["p_value"]})
    cells = (Cell(pattern, {"statistic": row["statistic"], "df": row["df"]}), p_value, Cell("{n}", {"n": row["n"]}))
    return Row(text, cells, variable, name)


def _calibration(rows: list[Record], study: Study, notes: Notes) -> list[Row]:
    expected = {row["variable"]: row["statistic"] for row in rows if row["statistic_name"] == "expected"}
    return [
        Row(
            f"{str(row['variable']).capitalize()} of the fitted probability",
            (Cell("{n} and {expected}", numbers), EMPTY, Cell("{n}", {"n": row["n"]})),
            str(row["variable"]),
        )
        for row in rows
        for numbers in [{"n": row["statistic"], "expected": expected[row["variable"]]}]
        if row["statistic_name"] == "observed"
    ]


PAIRED = {"calibration": _calibration, "vif": _terms}
