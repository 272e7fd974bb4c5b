"""Tables of flow and of logs: one row per step or happening, one column per group."""

from collections.abc import Iterator, Mapping

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError
from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import Value, is_hidden, is_known, percent_of, shown
from mothers_margins.study.study import Study
from mothers_margins.tables.cells import cell, table_of
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording import captions
from mothers_margins.wording.logs import STEPS, happened
from mothers_margins.wording.numbers import decimals, rounding_rule
from mothers_margins.wording.terms import label

MEANS = (
    "Numbers are means over the imputations: rounded, they may not add up, and percentages are of "
    "the unrounded ones."
)
STUBS = {"pattern": "Missing together", "cells": "Variable and level"}


def tally(results: Results, caption: str) -> Table:
    """A table of flow or events: one column per group, one row per step or event, a section per
    outcome or variable.

    Events show their share of the column; steps are numbers. Raises UsageError for results of
    another kind, AbsenceError for none.
    """
    about = checked(results, "tally")
    if about.kind not in ("flow", "events"):
        raise UsageError(f"tally: needs results of kind flow or events; these are {about.kind}.")
    if about.kind == "events" and {*results["engine"]} & {"run", "imputation", "chains"}:
        raise UsageError("tally: this is the log of an imputation.", (), "Use imputation_log.")
    if results.empty:
        raise not_there("nothing_to_show")
    steps = about.kind == "flow"
    study, notes = about.study, Notes()
    unit = study.file.unit.many
    sections = []
    for name, part in results.groupby("outcome" if steps else "variable", sort=False):
        rows = _tally_rows(study, part.to_dict("records"), list(about.groups), steps)
        sections.append(Section(label(study, str(name)), tuple(rows)))
    if steps:
        notes.plain(f"Cells are numbers of {unit}.")
    else:
        notes.plain(f"Cells are numbers of {unit}, with their share of the {unit} in the column.")
        rule = rounding_rule(study.file.rounding)
        notes.plain(f"Percentages are rounded to {decimals(study)}; {rule}.")
        if any(_is_mean(shown(row, "n")) for row in results.to_dict("records")):
            notes.plain(MEANS)
    sizes = {} if steps else _group_sizes(results)
    stub = "Step" if steps else STUBS.get(str(next(iter(results["engine"]), "")), "Event")
    return table_of(
        about,
        name=about.kind,
        caption=_caption(results, caption, sizes),
        stub=stub,
        columns=[
            Column(name, group.label, sizes.get(name)) for name, group in about.groups.items()
        ],
        sections=sections,
        notes=notes,
    )


def _is_mean(value: Value) -> bool:
    """Whether a number of participants is none of whole ones: a mean over imputations."""
    return is_known(value) and not float(value).is_integer()


def _caption(results: Results, caption: str, sizes: Mapping[str, Value]) -> str:
    """The caption that is given, with the outcome where all rows are of one, and the groups where
    there are several.
    """
    about = results.about
    outcomes = [*dict.fromkeys(results["outcome"].astype("str"))]
    if len(outcomes) == 1 and outcomes[0] in about.study.outcomes:
        title = label(about.study, outcomes[0])
        caption = caption if title in caption else f"{caption}. {title}"
    groups = {name: group.label for name, group in about.groups.items()}
    if len(groups) > 1:
        return captions.by_group(caption, groups, sizes)
    return captions.of_all(caption, sizes)


def _group_sizes(results: Results) -> dict[str, Value]:
    """The number of participants in each group, from a row that may be shown if there is one."""
    sizes: dict[str, Value] = {}
    for row in results.to_dict("records"):
        size = shown(row, "denominator")
        if row["group"] not in sizes or is_hidden(sizes[row["group"]]):
            sizes[row["group"]] = size
    return sizes


# What one line of a log is about, beside its variable.
LINE = ("event", "level", "reason", "method", "variables")


def _tally_rows(
    study: Study, records: list[Record], groups: list[str], steps: bool
) -> Iterator[Row]:
    """One row per step, or per happening with all that it is about, with a cell per group."""
    lines: dict[str, dict[str, Record]] = {}
    for row in records:
        key = str(row["step"]) if steps else "; ".join(str(row[name]) for name in LINE if row[name])
        lines.setdefault(key, {})[str(row["group"])] = row
    for key, by_group in lines.items():
        first = next(iter(by_group.values()))
        title = STEPS[key] if steps else happened(study, first)
        variable = str(first["outcome"] if steps else first["variable"])
        yield Row(title, tuple(_tallied(by_group.get(group)) for group in groups), variable, key)


def _tallied(row: Record | None) -> Cell:
    if row is None:
        return Cell("{n}", {}, "missing")
    n = shown(row, "n")
    if "denominator" not in row:
        return cell("{n}", {"n": n})
    return cell("{n} ({percent}%)", {"n": n, "percent": percent_of(n, shown(row, "denominator"))})
