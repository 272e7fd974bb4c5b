"""The table of a model's checks."""

from mothers_margins.errors import UsageError
from mothers_margins.results.results import Record, Results, checked, codes
from mothers_margins.results.shown import shown
from mothers_margins.study.study import Study
from mothers_margins.tables.cells import EMPTY, cell, of_row, table_of
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording import captions
from mothers_margins.wording.codes_of_notes import STATISTICS, note
from mothers_margins.wording.methods import is_imputed
from mothers_margins.wording.terms import label, term

SPECIFICATION = ("linktest", "goodness_of_fit", "discrimination", "brier")


def diagnostics(results: Results) -> Table:
    """The checks of a model in one compact table. Raises UsageError if they are not results of
    `check_model`.
    """
    about = checked(results, "diagnostics", "checks")
    study, notes = about.study, Notes()
    rows = results.to_dict("records")
    if len({(row["outcome"], row["specification"], row["method"]) for row in rows}) != 1:
        raise UsageError("diagnostics: give the checks of one model.")
    by_check: dict[str, list[Record]] = {}
    for row in rows:
        by_check.setdefault(row["check"], []).append(row)
    overall = [row for check in SPECIFICATION for row in by_check.get(check, [])]
    linear = by_check.get("linearity", [])
    sections = [
        Section(
            "Specification and fit",
            tuple(_line(row, STATISTICS[str(row["statistic_name"])], notes) for row in overall),
        ),
        Section("Linearity", tuple(_line(row, _linearity(study, row), notes) for row in linear)),
        Section(
            "Each term: VIF, and largest |dfbeta| (n: participants above 2/√n)",
            tuple(_terms(study, by_check.get("vif", []), by_check.get("influence", []), notes)),
        ),
        Section(
            "Calibration: observed and expected with the outcome",
            tuple(
                _tenth(number, row) for number, row in enumerate(by_check.get("calibration", []), 1)
            ),
        ),
    ]
    notes.plain(
        "The checks use the data that made the model, so discrimination and calibration are "
        "flattered."
    )
    notes.plain(
        "Linktest: a square that adds to the linear predictor says that a term or its coding is "
        "missing."
    )
    notes.plain(
        "Pearson's chi-squared has no chi-squared distribution where nearly every pattern is one "
        "participant's; its n "
        "is the number of patterns."
    )
    notes.plain(
        "A |dfbeta| is about how far a coefficient moves, in its standard errors, if one "
        "participant is left out "
        "(one step of the fit, a little low for Firth)."
    )
    used = {str(row["method"]) for row in rows}
    if not any(map(is_imputed, used)):
        notes.plain("Checked: the model of complete cases, not that of imputed values.")
    what = "Checks of the adjusted model"
    return table_of(
        about,
        name="diagnostics",
        caption=captions.of_checks(study, what, results),
        stub="Check",
        columns=(Column("statistic", "Statistic"), Column("p", "p"), Column("n", "n")),
        sections=sections,
        notes=notes,
    )


def _linearity(study: Study, row: Record) -> str:
    return f"{label(study, str(row['variable']))}: {STATISTICS[str(row['statistic_name'])]}"


def _line(row: Record, title: str, notes: Notes) -> Row:
    """One check: its statistic, p and n."""
    mark = notes.mark(f"{_why(row)}") if row["note"] else ""
    key = str(row["statistic_name"])
    if row["status"] == "missing":
        return Row(
            title,
            (Cell("{statistic}", {}, "missing", mark), EMPTY, EMPTY),
            str(row["variable"]),
            key,
        )
    cells = (_statistic(row, mark), _p_value(row), of_row("{n}", row, n=_size(row)))
    return Row(title, cells, str(row["variable"]), key)


def _why(row: Record) -> str:
    """Why a check was not made, or what a line says beside."""
    words = note(row)
    return f"Not computed: {words[:1].lower()}{words[1:]}" if row["status"] == "missing" else words


def _size(row: Record) -> str:
    """The column that a line prints as n."""
    return "patterns" if row["statistic_name"] == "pearson" else "n"


def _statistic(row: Record, mark: str) -> Cell:
    has_interval = row["check"] == "discrimination" and "too_few_for_interval" not in codes(row)
    if has_interval:
        columns = {"ratio": "statistic", "ratio_low": "conf_low", "ratio_high": "conf_high"}
        return of_row("{ratio} ({ratio_low} to {ratio_high})", row, mark, **columns)
    if row["check"] in ("goodness_of_fit", "linearity"):
        return of_row("{statistic} ({df} df)", row, mark, statistic="statistic", df="df")
    return of_row("{statistic}", row, mark, statistic="statistic")


def _p_value(row: Record) -> Cell:
    return (
        EMPTY
        if row["check"] in ("discrimination", "brier")
        else of_row("{p_value}", row, p_value="p_value")
    )


def _terms(
    study: Study, inflation: list[Record], influence: list[Record], notes: Notes
) -> list[Row]:
    """One line per term: how much its variance is inflated, and how far one participant moves
    it.
    """
    moved = {(row["variable"], row["level"]): row for row in influence}
    lines = []
    for row in inflation:
        other = moved[row["variable"], row["level"]]
        title = term(study, row)
        missing = other["status"] == "missing"
        mark = notes.mark(_why(other)) if missing else ""
        values = {"ratio": shown(row, "statistic"), "statistic": shown(other, "statistic")}
        beyond = EMPTY if missing else of_row("{n}", other, n="n_beyond")
        cells = (cell("{ratio}; {statistic}", values, mark), EMPTY, beyond)
        lines.append(Row(title, cells, str(row["variable"]), str(row["level"])))
    return lines


def _tenth(number: int, row: Record) -> Row:
    """One tenth of the fitted probability: those with the outcome, how many were expected, and
    all.
    """
    title = f"Group {number} of the fitted probability"
    first = of_row("{n} and {expected}", row, n="n_events", expected="statistic")
    return Row(title, (first, EMPTY, of_row("{n}", row, n="n")), "tenth", str(number))
