"""Tables of flow and of logs: one row per step or happening, one column per group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError, count
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
STUBS = {
    "pattern": "Missing together",
    "cells": "Variable and level",
    "data": "Variable, and why it is not known",
}


def tally(results: Results, caption: str) -> Table:
    """A table of flow or events: one column per group, one row per step or event, a section per
    outcome or variable.

    Events show their share of the column; steps are numbers. Of known and missing values only what
    is missing has rows, and the variables without a gap share one; so do the combinations that
    cannot be and are not there. A note names them. Raises UsageError for results of another kind,
    AbsenceError for none.
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
    sections = _sections(results, notes, "outcome" if steps else "variable")
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


def _sections(results: Results, notes: Notes, by: str) -> list[Section]:
    """The rows under the outcome or variable that they are of; what is as it should be in one row,
    with a note that names it.
    """
    about, engines = results.about, {*results["engine"]} if "engine" in results else set()
    groups = list(about.groups)
    lines = {
        str(name): list(_lines(about.study, part.to_dict("records"), groups, by))
        for name, part in results.groupby(by, sort=False)
    }
    if engines == {"data"}:
        return [Section("", tuple(_gaps(about.study, lines, notes)))]
    if "check" in engines:
        lines = {name: list(_not_found(own, notes)) for name, own in lines.items()}
    return [
        Section(label(about.study, name), tuple(line.row for line in own))
        for name, own in lines.items()
    ]


def _gaps(study: Study, lines: Mapping[str, list["_Line"]], notes: Notes) -> Iterator[Row]:
    """Each reason for not being known, with the variables of which it holds for as many; before
    them the variables that are known of all, in one row.
    """
    whole = {name: own[0] for name, own in lines.items() if all(line.is_whole for line in own)}
    if whole:
        notes.plain(f"Known of all: {'; '.join(label(study, name) for name in whole)}.")
        title = f"{count(len(whole), 'variable')}, known of all"
        yield Row(title, next(iter(whole.values())).row.cells)
    alike: dict[tuple[object, ...], list[_Line]] = {}
    for own in [own for name, own in lines.items() if name not in whole]:
        # where there is only a number of those known, which is hidden, it is said
        for line in [line for line in own if line.event != "known"] or own:
            alike.setdefault(line.gap, []).append(line)
    for same in alike.values():
        names = "; ".join(label(study, line.row.variable) for line in same)
        yield replace(same[0].row, label=f"{names}: {same[0].row.label}")


def _not_found(lines: list["_Line"], notes: Notes) -> Iterator["_Line"]:
    """Lines in which what cannot be, and is in no row, is one; what was done has its own."""
    empty = [line for line in lines if line.is_empty and line.engine == "check"]
    if len(empty) > 1:
        notes.plain(f"In no row: {'; '.join(line.row.label for line in empty)}.")
        row = Row(f"{len(empty)} combinations that cannot be, each", empty[0].row.cells)
        yield replace(empty[0], row=row)
    yield from (line for line in lines if len(empty) < 2 or line not in empty)


@dataclass(frozen=True)
class _Line:
    """A row, and what it is of. counts: by group, with the number of all in it."""

    row: Row
    engine: str
    event: str
    counts: tuple[tuple[Value, Value], ...]

    @property
    def is_whole(self) -> bool:
        """Whether it counts those with a known value, and these are all; never of a hidden one."""
        known = all(is_known(n) and is_known(of) and n == of for n, of in self.counts)
        return self.event == "known" and known

    @property
    def gap(self) -> tuple[object, ...]:
        """What lines have in common that say the same of several variables; a hidden number is like
        no other.
        """
        is_shown = all(is_known(n) and is_known(of) for n, of in self.counts)
        return (self.row.label, *self.counts) if is_shown else (self.row.label, self.row.variable)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in it; never of a hidden one."""
        return all(is_known(n) and n == 0 for n, _ in self.counts)


# What one line of a log is about, beside its variable.
LINE = ("event", "level", "reason", "method", "variables")


def _lines(study: Study, records: list[Record], groups: list[str], by: str) -> Iterator[_Line]:
    """One row per step, or per happening with all that it is about, with a cell per group."""
    is_step = by == "outcome"
    lines: dict[str, dict[str, Record]] = {}
    for record in records:
        about = "; ".join(str(record[name]) for name in LINE if not is_step and record[name])
        key = str(record["step"]) if is_step else about
        lines.setdefault(key, {})[str(record["group"])] = record
    for key, by_group in lines.items():
        first = next(iter(by_group.values()))
        title = STEPS[key] if is_step else happened(study, first)
        cells = tuple(_tallied(by_group.get(group)) for group in groups)
        row = Row(title, cells, str(first[by]), key)
        if is_step:
            yield _Line(row, "", "", ())
            continue
        counts = tuple((shown(own, "n"), shown(own, "denominator")) for own in by_group.values())
        yield _Line(row, str(first["engine"]), str(first["event"]), counts)


def _tallied(row: Record | None) -> Cell:
    if row is None:
        return Cell("{n}", {}, "missing")
    n = shown(row, "n")
    if "denominator" not in row:
        return cell("{n}", {"n": n})
    return cell("{n} ({percent}%)", {"n": n, "percent": percent_of(n, shown(row, "denominator"))})
