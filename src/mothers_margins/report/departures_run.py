"""Departures from the plan that were run, each with its result beside that of the plan."""

from collections.abc import Iterator, Sequence

from mothers_margins.release.released import Released
from mothers_margins.results.results import Record, Results, codes
from mothers_margins.study.study import Study
from mothers_margins.tables.cells import EMPTY, ratio_of, table_of
from mothers_margins.tables.table import Column, Notes, Row, Section, Table
from mothers_margins.wording.methods import is_firth, is_imputed
from mothers_margins.wording.terms import term_beside_reference

JOINT = "joint_test"
PLANNED = "Planned list: adjusted OR (95% CI)"
HERE = "Departure: adjusted OR (95% CI)"


def departures_run(released: Released, names: Sequence[str]) -> Table:
    """Each declared departure with the estimates of what it changed, beside those of the plan.

    names: of released estimates of several models of one outcome. Where a departure brings in
    another variable, that one is shown; where it codes or adds something, all that it concerns.
    """
    notes = Notes()
    sections: list[Section] = []
    for name in names:
        sections += _of_outcome(released.study, released.results(name))
    notes.plain("OR: odds ratio, imputed values; associations, not effects.")
    notes.plain("Adjusted for all other variables of the same model.")
    about = released.results(names[0]).about
    return table_of(
        about,
        name="departures_run",
        caption="Departures that were run, each with what it changed",
        stub="Departure and variable",
        columns=(Column("here", HERE), Column("planned", PLANNED)),
        sections=sections,
        notes=notes,
    )


def _of_outcome(study: Study, results: Results) -> Iterator[Section]:
    """One section for each departure of one outcome."""
    by_model: dict[str, list[Record]] = {}
    for row in results.to_dict("records"):
        is_shown = row["model"] == "adjusted" and is_imputed(row["method"])
        if is_shown and not is_firth(row["method"]) and not _is_joint(study, row):
            by_model.setdefault(str(row["specification"]), []).append(row)
    planned = {_key(row): row for row in by_model.pop(next(iter(by_model)), [])}
    for name, rows in by_model.items():
        outcome = study.label(str(rows[0]["outcome"]))
        model = study.file.models[name]
        changed = [row for row in rows if _is_changed(study, name, row, planned)]
        made = [_row(study, name, row, planned) for row in changed]
        yield Section(f"{model.title}. {outcome}", tuple(made))


def _is_joint(study: Study, row: Record) -> bool:
    """Whether a row is of all levels of a variable together; one that is held back has no code."""
    coded = study.coding(str(row["specification"]), str(row["variable"]))
    return JOINT in codes(row) or (not row["level"] and bool(coded.reference))


def _key(row: Record) -> tuple[str, str]:
    return str(row["variable"]), str(row["level"])


def _is_changed(
    study: Study, model: str, row: Record, planned: dict[tuple[str, str], Record]
) -> bool:
    """Whether a departure changed this term: it is not in the plan, or is coded in another way."""
    variable = str(row["variable"])
    return _key(row) not in planned or variable in study.file.models[model].coding


def _row(study: Study, model: str, row: Record, planned: dict[tuple[str, str], Record]) -> Row:
    replaced = {new: old for old, new in study.file.models[model].replace.items()}
    variable, level = _key(row)
    beside = planned.get((replaced.get(variable, variable), level))
    label = term_beside_reference(study, row)
    cells = (ratio_of(row), ratio_of(beside) if beside else EMPTY)
    return Row(label, cells, variable, level)
