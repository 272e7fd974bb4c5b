"""Builds the tables of who took part: characteristics by group, and themes."""

from collections.abc import Hashable, Iterator
from dataclasses import replace
from math import nan
from typing import Any

from mothers_margins.comparison_columns import ComparisonColumns
from mothers_margins.definition import Block, PrintedPercentage, TablePlan
from mothers_margins.errors import UsageError, count
from mothers_margins.results import Results, checked
from mothers_margins.rounding import IN_WORDS, rounded
from mothers_margins.study import Study
from mothers_margins.table import Cell, Column, Notes, Row, Section, Table

YES_NO = ("Yes", "No")
NUMBER_LABELS = {"mean_sd": "mean (SD)", "median_iqr": "median (quartiles)"}
NUMBER_PATTERNS = {"mean": "{mean}", "mean_sd": "{mean} ({sd})", "median_iqr": "{median} ({q1} to {q3})"}


def characteristics(
    results: Results,
    name: str | None = None,
    *,
    percent: bool = False,
    as_published: bool = False,
    comparisons: Results | None = None,
) -> Table:
    """A table of summaries: one column per group, one section per block of the study's plan for `name`.

    name: a table of study.yaml; without it, one section per variable of the results. Where the results have none of
    its groups, their own are the columns.
    percent: add each column's own percentage to every count. as_published: add the percentages of the publication,
    on the base that it used, to the cells where it prints them, if the counts are its own. By default counts stand
    alone, except where the plan corrects a printed percentage.
    comparisons: of two of the groups, from `compare`; adds difference, test, p and standardised difference, and
    percentages. A variable of Yes and No then takes one row, its Yes.
    Raises UsageError if the results are not summaries or lack a cell of the plan.
    """
    about = checked(results, "characteristics", "summaries")
    if percent and as_published:
        raise UsageError("characteristics: choose percent or as_published; their percentages have different bases.")
    plan = about.study.plan(name) if name else _plan_of(results)
    if not {*plan.groups} & {*about.groups}:  # the table's rows for groups made in the call
        plan = plan.model_copy(update={"groups": tuple(about.groups)})
    builder = _Builder(results, plan, percent or comparisons is not None, as_published, comparisons)
    sections = tuple(builder.section(block) for block in plan.blocks)
    builder.explain()
    study = about.study
    return Table(
        name=name or "characteristics",
        caption=plan.title,
        stub="Characteristic",
        columns=(*builder.columns(), *(builder.compared.columns() if builder.compared else ())),
        sections=sections,
        notes=builder.notes.all(),
        mark=about.source.mark,
        source=f"{about.source.statement} {cited(study)}",
        rounding=study.file.rounding,
    )


def _plan_of(results: Results) -> TablePlan:
    names = dict.fromkeys(name for name in results["variable"] if name != "n")
    if not names:
        raise UsageError("characteristics: these results summarise no variable.")
    blocks = tuple(Block(title=results.about.study.label(name), variables=(name,)) for name in names)
    return TablePlan(title="Characteristics", groups=tuple(results.about.groups), blocks=blocks)


class _Builder:
    """The parts of one characteristics table; collects the notes that its cells need."""

    def __init__(
        self, results: Results, plan: TablePlan, percent: bool, as_published: bool, comparisons: Results | None
    ) -> None:
        self.study: Study = results.about.study
        self.groups = {name: results.about.groups.get(name) for name in plan.groups}
        self.plan, self.percent, self.as_published = plan, percent, as_published
        self.rebuilt = results.about.source.kind == "reconstructed"  # then the counts are those of the print
        self.notes = Notes()
        self.found = {
            (row["variable"], row["level"], row["group"], row["statistic"]): row for row in results.to_dict("records")
        }
        asked = [(name, group) for name in plan.variables for group in plan.groups]
        absent = [f"{name} within {group}" for name, group in asked if not self._has(name, group)]
        if absent:
            raise UsageError("characteristics: the results lack what the table shows.", absent)
        self.compared = ComparisonColumns(comparisons, self.notes) if comparisons is not None else None
        if self.compared:
            self.compared.check(iter(plan.variables))

    def _has(self, name: str, group: str) -> bool:
        """Whether a variable's every level, or its number, and the group's size are among the results."""
        statistics = {level for variable, level, within, _ in self.found if (variable, within) == (name, group)}
        return statistics >= {*(self.study.levels(name) or [""])} and ("n", "", group, "n") in self.found

    def size(self, group: str) -> int:
        return int(self.found["n", "", group, "n"]["value"])

    def columns(self) -> Iterator[Column]:
        inside = {part for group in self.groups.values() if group for part in group.contains}
        unit = self.study.file.unit.many
        for name, group in self.groups.items():
            heading = ". ".join(part for part in (group.letter, group.label) if part) if group else name
            yield Column(name, heading, self.size(name), f"Of these {unit}" if name in inside else "")

    def section(self, block: Block) -> Section:
        rows: list[Row] = []
        for name in block.variables:
            label, inside = self.study.label(name), self.rows(name, block.levels)
            alone = len(block.variables) == 1 or label == block.title or not self.study.levels(name)
            if self.compared:
                rows += self._with_tests(self.compared, name, label, list(inside))
                continue
            rows += inside if alone else [Row(label), *(replace(row, depth=2) for row in inside)]
        sets = [self.study.set_titles[name] for name in block.variables if name in self.study.sets]
        return Section(block.title, tuple(rows), self.notes.mark(sets[0].note) if sets else "")

    def _with_tests(self, compared: ComparisonColumns, name: str, label: str, inside: list[Row]) -> Iterator[Row]:
        """The rows of a variable with the cells of its comparison: on its number, or above its levels."""
        levels, none = self.study.levels(name), (Cell(""),) * 4
        in_set = name in self.study.sets
        if levels and not in_set and levels != YES_NO:
            yield Row(label, (Cell(""),) * len(self.groups) + compared.cells(name), name, depth=1)
        elif in_set:
            yield Row(label)
        for row in inside:
            if not row.cells:
                yield replace(row, depth=2)
            elif levels == YES_NO and row.level == "Yes":
                cells = [test or level for test, level in zip(compared.cells(name), none, strict=True)]
                cells[0] = compared.cells(name, "Yes")[0]
                yield replace(row, label=f"{label}: yes", cells=row.cells + tuple(cells), depth=1)
            elif levels == YES_NO and row.level == "No":
                continue
            elif row.level in levels:
                own = compared.cells(name, row.level) if in_set else compared.level_only(name, row.level)
                yield replace(row, cells=row.cells + own, depth=row.depth + 1)
            elif levels or row.level in ("missing", "not applicable"):
                yield replace(row, cells=row.cells + none, depth=2)
            else:
                kind = "median_iqr" if row.level == "median_iqr" or "median" in row.label else "mean_sd"
                yield replace(row, cells=row.cells + compared.cells(name, kind=kind))

    def rows(self, name: str, only: tuple[str, ...]) -> Iterator[Row]:
        study = self.study
        if name in study.sets:
            before = None
            for option in study.sets[name]:
                if option.block and option.block != before:
                    yield Row(option.block)
                    before = option.block
                yield self._counted(name, option.title, depth=2 if option.block else 1)
        elif study.levels(name):
            yield from (self._counted(name, level) for level in only or study.levels(name))
        else:
            declared = study.declared[name]
            for place, kind in enumerate(declared.summary):
                label = declared.row_label or study.label(name)
                label = f"{label}, {NUMBER_LABELS[kind]}" if kind in NUMBER_LABELS else label
                yield Row(
                    label, tuple(self._number(name, group, kind) for group in self.groups), name, kind if place else ""
                )
        if name not in study.sets and not only:
            depth = 1 if study.levels(name) else 2  # under its number, not beside it
            yield from (replace(row, depth=depth) for row in self._missing(name))

    def _counted(self, name: str, level: str, depth: int = 1) -> Row:
        return Row(level, tuple(self._count(name, level, group) for group in self.groups), name, level, depth)

    def _count(self, name: str, level: str, group: str) -> Cell:
        row = self.found[name, level, group, "n"]
        numbers = {"n": row["value"], "denominator": row["denominator"]}
        numbers["percent"] = 100 * row["n"] / row["denominator"] if row["denominator"] else nan
        # a denominator is said wherever it is not the column's n
        pattern, mark = "{n}" if row["denominator"] == self.size(group) else "{n} of {denominator}", ""
        pattern += " ({percent}%)" if self.percent else ""
        if row["status"] == "structural_zero":
            mark = self.notes.mark(f"Zero by definition: {row['note']}.")
        cell = Cell(pattern, numbers, str(row["status"]), mark)
        for printed in self.plan.printed_percentages:
            if (printed.group, printed.variable, printed.level) == (group, name, level):
                cell = self._printed(printed, cell)
        return cell

    def _printed(self, printed: PrintedPercentage, cell: Cell) -> Cell:
        """A cell to which the publication adds a percentage on a base of its own."""
        numbers = dict(cell.numbers or {})
        base = sum(self.size(group) for group in printed.base)
        if not self._as_in_print(printed, numbers["n"]):
            left_out = "These are not the publication's numbers, so its percentage is left out."
            return replace(cell, mark=self.notes.mark(left_out)) if self.as_published else cell
        theirs = 100 * numbers["n"] / base
        groups = " and ".join(self.study.groups[group].label for group in printed.base)
        if self.as_published:
            note = f"As the manuscript prints it, without a base. Here the base is the {base} {groups} together."
            return Cell("{n} ({percent}%)", {**numbers, "percent": theirs}, cell.status, self.notes.mark(note))
        if not printed.show_own:
            return cell
        rounding = self.study.file.rounding
        text = rounded(theirs, rounding.percent, rounding.rule)
        note = f"The manuscript printed {text}% ({numbers['n']:.0f} of {base}) and names no base;"
        note = f"{note} {base} are the {groups} together."
        mark = self.notes.mark(f"{note} Here the percentage is of the column's own {self.study.file.unit.many}.")
        pattern = cell.pattern if self.percent else "{n} ({percent}% of {denominator})"
        return Cell(pattern, numbers, cell.status, mark)

    def _as_in_print(self, printed: PrintedPercentage, number: float) -> bool:
        """Whether the cell and its base hold the published numbers, so that the printed percentage can be theirs."""
        margins = self.study.margins
        sizes = all(margins.get(("n", "", group, "n")) == self.size(group) for group in printed.base)
        return sizes and margins.get((printed.variable, printed.level, printed.group, "n")) == number

    def _number(self, name: str, group: str, kind: str) -> Cell:
        declared = self.study.declared[name]
        keys = [key for key in self.found if key[0] == name and key[2] == group]
        numbers = {key[3]: self.found[key]["value"] for key in keys}
        unit = f" {declared.unit.replace('{', '{{').replace('}', '}}')}" if declared.unit else ""
        return Cell(NUMBER_PATTERNS[kind] + unit, numbers, str(self.found[keys[0]]["status"]))

    def _missing(self, name: str) -> Iterator[Row]:
        rows = {key[2]: row for key, row in self.found.items() if key[0] == name}
        missing = {group: row["missing"] for group, row in rows.items()}
        rest = {group: self.size(group) - row["denominator"] - row["missing"] for group, row in rows.items()}
        for label, level, counts in (("Not known", "missing", missing), ("Does not apply", "not applicable", rest)):
            if any(counts.values()):
                yield Row(label, tuple(Cell("{n}", {"n": counts[group]}) for group in self.groups), name, level)

    def explain(self) -> None:
        """The notes about the whole table: what a cell is, which columns contain others, how numbers were rounded."""
        unit, rule = self.study.file.unit.many, IN_WORDS[self.study.file.rounding.rule]
        self.notes.plain(f"Cells are numbers of {unit}; n is the number of {unit} in the column.")
        for name, group in self.groups.items():
            parts = [self._letter(part) for part in group.contains if part in self.groups] if group else []
            if parts:
                columns = f"columns {' and '.join(parts)}" if len(parts) > 1 else f"column {parts[0]}"
                self.notes.plain(f"Column {self._letter(name)} includes the {unit} of {columns}.")
            if group and group.description:
                letter = f"{group.letter}, " if group.letter else ""
                self.notes.plain(f"{letter}{group.label}: {group.description}")
        if self.percent:
            known = f"Percentages are of the {unit} in the column with a known value"
            self.notes.plain(f"{known}; rounded, they may not add up to 100.")
        numbers = [name for name in self.plan.variables if not self.study.levels(name)]
        if numbers or self.percent or self.plan.printed_percentages:
            self.notes.plain(f"Means and percentages are rounded to {_decimals(self.study)}; {rule}.")
        assumed = [self.study.assumption(name) for name in self.plan.variables]
        if any("median_iqr" in self.study.declared[name].summary for name in numbers if name in self.study.declared):
            rule = "the mean of two values, as in Stata" if self.study.file.quartiles == "averaged" else "interpolated"
            self.notes.plain(f"Quartiles between two values are {rule}.")
        if any(assumed) and not self.rebuilt:
            self.notes.plain(f"Assumptions. {' '.join(dict.fromkeys(filter(None, assumed)))}")
        if self.compared:
            self.compared.explain()
        for note in (*self.plan.notes, *(self.plan.notes_of_print if self.rebuilt else ())):
            self.notes.plain(note)

    def _letter(self, name: str) -> str:
        group = self.groups[name]
        return (group.letter or group.label) if group else name


STUBS = {"pattern": "Missing together", "cells": "Variable and level"}


def tally(results: Results, caption: str) -> Table:
    """A table of flow or events: one column per group, one row per step or event, a section per timepoint or variable.

    Events show their share of the column; steps are numbers. Raises UsageError for results of another kind.
    """
    about = checked(results, "tally")
    if about.kind not in ("flow", "events"):
        raise UsageError(f"tally: needs results of kind flow or events; these are {about.kind}.")
    study, steps = about.study, about.kind == "flow"
    by, row_name = ("note", "step") if steps else ("variable", "event")
    sizes = {} if steps else dict(zip(results["group"], results["denominator"], strict=True))
    sections = []
    for name, part in results.groupby(by, sort=False):
        title = str(name) if steps or name not in study.declared else study.label(str(name))
        rows = []
        for label, cells in part.groupby(row_name, sort=False):
            found = {row["group"]: row for row in cells.to_dict("records")}
            rows.append(
                Row(str(label), tuple(_tallied(found.get(group)) for group in about.groups), str(name), str(label))
            )
        sections.append(Section(title, tuple(rows)))
    notes = Notes()
    unit = study.file.unit.many
    notes.plain(f"Cells are numbers of {unit}" + ("." if steps else f", with their share of the {unit} in the column."))
    if not steps:
        notes.plain(f"Percentages are rounded to {_decimals(study)}; {IN_WORDS[study.file.rounding.rule]}.")
    return Table(
        name=about.kind,
        caption=caption,
        stub="Step" if steps else STUBS.get(str(next(iter(results["engine"]), "")), "Event"),
        columns=tuple(Column(name, group.label, sizes.get(name)) for name, group in about.groups.items()),
        sections=tuple(sections),
        notes=notes.all(),
        mark=about.source.mark,
        source=f"{about.source.statement} {cited(study)}",
        rounding=study.file.rounding,
    )


def _tallied(row: dict[Hashable, Any] | None) -> Cell:
    if row is None:
        return Cell("{n}", {"n": nan}, "missing")
    whole = row.get("denominator")
    return (
        Cell("{n} ({percent}%)", {"n": row["n"], "percent": 100 * row["n"] / whole})
        if whole
        else Cell("{n}", {"n": row["n"]})
    )


def cited(study: Study) -> str:
    """Where the study is published, for the foot of a table."""
    return f"Study: {study.file.citation}"


def _decimals(study: Study) -> str:
    mean, percent = study.file.rounding.mean, study.file.rounding.percent
    if mean == percent:
        return "whole numbers" if mean == 0 else count(mean, "decimal")
    return f"{mean} and {percent} decimals"


def themes(results: Results) -> Table:
    """The table of themes and sub-themes, labels as printed. Raises UsageError if the results are not themes."""
    study = checked(results, "themes", "themes").study
    titled = study.themes
    if titled is None:
        raise UsageError(f"study {study.name}: it has no themes.yaml.")
    sections = tuple(
        Section(str(theme), tuple(Row(label) for label in rows["subtheme"]))
        for theme, rows in results.groupby("theme", sort=False)
    )
    notes = Notes()
    notes.plain(titled.method)
    notes.plain(titled.note)
    notes.plain("The publication gives no frequency of any theme, so none is shown.")
    return Table(
        name=study.file.themes.table if study.file.themes else "themes",
        caption=titled.title,
        stub="Themes and sub-themes",
        columns=(),
        sections=sections,
        notes=notes.all(),
        mark="",
        source=cited(study),
        rounding=study.file.rounding,
    )
