"""The parts of a table of characteristics: its rows, its columns, and the notes they need."""

from collections.abc import Iterator
from dataclasses import replace

from mothers_margins.errors import UsageError
from mothers_margins.results.results import Record, Results, codes
from mothers_margins.results.shown import Value, combined, is_hidden, is_known, percent_of, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Block, PrintedPercentage, TablePlan
from mothers_margins.tables.cells import EMPTY, cell
from mothers_margins.tables.comparison_columns import ComparisonColumns
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section
from mothers_margins.wording.codes_of_notes import (
    OR_DOES_NOT_APPLY,
    OR_NOT_KNOWN,
    OR_NOT_KNOWN_EITHER,
    PERCENT_ONLY,
    RELEASED_AS,
    released_as,
)
from mothers_margins.wording.later import later_than_most
from mothers_margins.wording.numbers import decimals, rounding_rule
from mothers_margins.wording.terms import YES_NO, label, level
from mothers_margins.wording.whom import OF_THOSE, concerns_only_some

NUMBER_LABELS = {"mean_sd": "mean (SD)", "median_iqr": "median (quartiles)"}
NUMBER_PATTERNS = {
    "mean": "{mean}",
    "mean_sd": "{mean} ({sd})",
    "median_iqr": "{median} ({q1} to {q3})",
}
# The rows under a variable that are no level of it: their key, and what they are called.
NOT_KNOWN, NOT_APPLICABLE = "missing", "not_applicable"
BESIDE_LEVELS = {NOT_KNOWN: "Not known", NOT_APPLICABLE: "Does not apply"}


class CharacteristicRows:
    """The parts of one characteristics table; collects the notes that its cells need."""

    of_percent = " ({percent}%)"  # after a count

    def __init__(
        self,
        results: Results,
        plan: TablePlan,
        percent: bool,
        as_published: bool,
        comparisons: Results | None,
    ) -> None:
        self.study: Study = results.about.study
        self.released = results.about.released
        self.groups = {name: results.about.groups.get(name) for name in plan.groups}
        self.plan = plan
        self.later = later_than_most(self.study, plan.variables)
        self.percent = percent
        self.as_published = as_published
        # then the counts are those of the print
        self.rebuilt = results.about.source.kind == "reconstructed"
        self.notes = Notes()
        self.rows_by_key: dict[tuple[str, str, str, str], Record] = {}
        for row in results.to_dict("records"):
            key = (row["variable"], row["level"], row["group"], row["statistic"])
            self.rows_by_key[key] = row
        self._refuse_gaps()
        self.compared = self.comparison_columns(comparisons) if comparisons is not None else None

    def comparison_columns(self, comparisons: Results) -> ComparisonColumns:
        """The columns of a comparison beside the groups."""
        return ComparisonColumns(comparisons, self.notes, self.plan.variables, "characteristics")

    def _refuse_gaps(self) -> None:
        absent: list[str] = []
        for name in self.plan.variables:
            absent += [
                f"{name} within {group}" for group in self.plan.groups if not self._has(name, group)
            ]
        if absent:
            raise UsageError("characteristics: the results lack what the table shows.", absent)

    def _has(self, name: str, group: str) -> bool:
        """Whether a variable's every level, or its number, and the group's size are among the
        results.
        """
        levels = {
            found
            for variable, found, within, _ in self.rows_by_key
            if (variable, within) == (name, group)
        }
        needed = {*(self.study.levels(name) or [""])}
        return levels >= needed and ("n", "", group, "n") in self.rows_by_key

    def size(self, group: str) -> Value:
        """Number of participants in a group."""
        return shown(self.rows_by_key["n", "", group, "n"], "value")

    def columns(self) -> Iterator[Column]:
        """The columns of the groups, parts of another one under a heading that says so."""
        inside: set[str] = set()
        for group in self.groups.values():
            inside |= {*group.contains} if group else set()
        spanner = f"Of these {self.study.file.unit.many}"
        for name, group in self.groups.items():
            heading = (
                ". ".join(part for part in (group.letter, group.label) if part) if group else name
            )
            yield Column(name, heading, self.size(name), spanner if name in inside else "")

    def title(self, name: str) -> str:
        """The title of a variable, with when it was recorded if that was later than most, and
        whom it concerns if that is not everybody.
        """
        parts = [label(self.study, name), self.later.get(name, "")]
        parts.append(OF_THOSE if self.of_those_concerned(name) else "")
        return ", ".join(filter(None, parts))

    def of_those_concerned(self, name: str) -> bool:
        """Whether a variable is counted among those whom it concerns. Where what is released
        counts the others with those not known, it is of all.
        """
        rows = [row for key, row in self.rows_by_key.items() if key[0] == name]
        of_all = any({*codes(row)} & {"share_of_all", OR_NOT_KNOWN} for row in rows)
        return concerns_only_some(self.study, name) and not of_all

    def section(self, block: Block) -> Section:
        """The rows of a block under its title."""
        rows: list[Row] = []
        for name in block.variables:
            title, inside = self.title(name), list(self.rows(name, block.levels))
            alone = len(block.variables) == 1 or title == block.title or not self.study.levels(name)
            if self.compared:
                rows += self._with_tests(self.compared, name, title, inside)
            elif alone:
                rows += inside
            else:
                rows.append(Row(title))
                rows += [replace(row, depth=2) for row in inside]
        sets = [self.study.set_titles[name] for name in block.variables if name in self.study.sets]
        return Section(block.title, tuple(rows), self.notes.mark(sets[0].note) if sets else "")

    def _with_tests(
        self, compared: ComparisonColumns, name: str, title: str, inside: list[Row]
    ) -> Iterator[Row]:
        """The rows of a variable with the cells of its comparison: on its number, or above its
        levels.
        """
        levels, none = self.study.levels(name), compared.none
        in_set = name in self.study.sets
        if in_set:
            yield Row(title)
        elif levels and levels != YES_NO:
            yield Row(title, (EMPTY,) * len(self.groups) + compared.cells(name), name, depth=1)
        for row in inside:
            if not row.cells:
                yield replace(row, depth=2)
            elif row.level in BESIDE_LEVELS:
                yield replace(row, cells=row.cells + none, depth=2)
            elif not levels:
                kind = row.level or self.study.declared[name].summary[0]
                yield replace(row, cells=row.cells + compared.cells(name, kind=kind))
            elif levels == YES_NO:
                if row.level == "Yes":
                    own = (compared.cells(name, "Yes")[0], *compared.cells(name)[1:])
                    yield replace(row, label=title, cells=row.cells + own, depth=1)
            else:
                own = (
                    compared.cells(name, row.level)
                    if in_set
                    else compared.level_only(name, row.level)
                )
                yield replace(row, cells=row.cells + own, depth=row.depth + 1)

    def rows(self, name: str, only: tuple[str, ...]) -> Iterator[Row]:
        """The rows of a variable: levels or summaries, then who is not known."""
        study = self.study
        yield from self.rows_of_levels(name, only)
        if name in study.sets:
            return
        if not study.levels(name):
            yield from self._numbers(name)
        if not only:
            depth = 1 if study.levels(name) else 2  # under its number, not beside it
            yield from (replace(row, depth=depth) for row in self._missing(name))

    def rows_of_levels(self, name: str, only: tuple[str, ...]) -> Iterator[Row]:
        """One row per level, or per answer of a question with several; only: the levels that are
        printed, if not all.
        """
        if name in self.study.sets:
            yield from self._options(name)
            return
        for value in only or self.study.levels(name):
            yield self.counted_row(name, value)

    def _options(self, name: str) -> Iterator[Row]:
        """One row per option of a multi-response set, under the headings of its parts."""
        before = None
        for option in self.study.sets[name]:
            if option.block and option.block != before:
                yield Row(option.block)
                before = option.block
            yield self.counted_row(name, option.title, depth=2 if option.block else 1)

    def _numbers(self, name: str) -> Iterator[Row]:
        """One row per summary of a number; all but the first have its kind as their level."""
        declared = self.study.declared[name]
        title = declared.row_label or self.title(name)
        for place, kind in enumerate(declared.summary):
            text = f"{title}, {NUMBER_LABELS[kind]}" if kind in NUMBER_LABELS else title
            cells = tuple(self._number(name, group, kind) for group in self.groups)
            yield Row(text, cells, name, kind if place else "")

    def counted_row(self, name: str, value: str, depth: int = 1) -> Row:
        """The row of a level, counted in each group."""
        cells = tuple(self.count(name, value, group) for group in self.groups)
        return Row(self._level_title(name, value), cells, name, value, depth)

    def _level_title(self, name: str, value: str) -> str:
        """The title of a level; of one that holds also those who are not known, this with it."""
        title = level(self.study, name, value)
        rows = [self.rows_by_key[name, value, group, "n"] for group in self.groups]
        if not any(OR_NOT_KNOWN in codes(row) for row in rows):
            return title
        field = self.study.fields.get(name)
        others = OR_DOES_NOT_APPLY if field and field.applies_where else OR_NOT_KNOWN_EITHER
        return f"{title}{others}"

    def count(self, name: str, value: str, group: str) -> Cell:
        """The cell of a level within a group, on its own denominator."""
        row = self.rows_by_key[name, value, group, "n"]
        if PERCENT_ONLY in codes(row):
            whole = shown(self.rows_by_key[name, value, group, "percent"], "value")
            return cell("{whole}%", {"whole": whole}, self._form(row))
        known = shown(row, "denominator")
        values = {"n": shown(row, "value"), "denominator": known}
        values["percent"] = percent_of(shown(row, "n"), known)
        # a denominator is said wherever it is not the column's n
        pattern = "{n}" if known == self.size(group) else "{n} of {denominator}"
        if self.percent:
            pattern += self.of_percent
        counted = cell(pattern, values, self._zero(row) or self._form(row))
        for printed in self.plan.printed_percentages:
            if (printed.group, printed.variable, printed.level) == (group, name, value):
                counted = self._printed(printed, values, counted)
        return counted

    def _form(self, row: Record) -> str:
        """The mark of a count that is released in another form than n of those known."""
        words = self.form_words(row)
        return self.notes.mark(words) if words else ""

    def form_words(self, row: Record) -> str:
        """The note of a count in another form than n of those known; empty for any other."""
        return released_as(row)

    def zero_words(self, reason: str) -> str:
        """The note of a zero that holds by definition."""
        return f"Zero by definition: {reason}."

    def _zero(self, row: Record) -> str:
        """The mark of a zero that holds by definition."""
        zero = self.study.structural_zero(row["variable"], row["level"], row["group"])
        if row["status"] != "structural_zero" or not zero:
            return ""
        return self.notes.mark(self.zero_words(zero.reason))

    def _printed(self, printed: PrintedPercentage, values: dict[str, Value], counted: Cell) -> Cell:
        """A cell to which the publication adds a percentage on a base of its own."""
        base = combined(lambda *sizes: sum(sizes), *(self.size(group) for group in printed.base))
        number = values["n"]
        if not (is_known(number) and is_known(base)):
            return counted
        if not self._as_in_print(printed, number):
            left_out = "These are not the publication's numbers, so its percentage is left out."
            return (
                replace(counted, mark=self.notes.mark(left_out)) if self.as_published else counted
            )
        theirs = percent_of(number, base)
        groups = " and ".join(self.study.groups[group].label for group in printed.base)
        if self.as_published:
            note = (
                "As the manuscript prints it, without a base. Here the base is the "
                f"{base:.0f} {groups} together."
            )
            return cell("{n} ({percent}%)", {**values, "percent": theirs}, self.notes.mark(note))
        if not printed.show_own:
            return counted
        rounding = self.study.file.rounding
        text = rounded(float(theirs), rounding.percent, rounding.rule)
        note = (
            f"The manuscript printed {text}% ({number:.0f} of {base:.0f}) and names no base; "
            f"{base:.0f} are the {groups} together. "
            f"Here the percentage is of the column's own {self.study.file.unit.many}."
        )
        pattern = counted.pattern if self.percent else "{n} ({percent}% of {denominator})"
        return replace(counted, pattern=pattern, mark=self.notes.mark(note))

    def _as_in_print(self, printed: PrintedPercentage, number: Value) -> bool:
        """Whether the cell and its base hold the published numbers, so that the printed percentage
        can be theirs.
        """
        margins = self.study.margins
        sizes = all(
            margins.get(("n", "", group, "n")) == self.size(group) for group in printed.base
        )
        return (
            sizes and margins.get((printed.variable, printed.level, printed.group, "n")) == number
        )

    def statistics(self, name: str, group: str) -> dict[str, Value]:
        """The statistics of a number within a group, by name."""
        statistics = {
            key[3]: row
            for key, row in self.rows_by_key.items()
            if (key[0], key[2]) == (name, group)
        }
        return {statistic: shown(row, "value") for statistic, row in statistics.items()}

    def _number(self, name: str, group: str, kind: str) -> Cell:
        declared = self.study.declared[name]
        values = self.statistics(name, group)
        asked = {
            key: value for key, value in values.items() if f"{{{key}}}" in NUMBER_PATTERNS[kind]
        }
        unit = declared.unit.replace("{", "{{").replace("}", "}}")
        return cell(f"{NUMBER_PATTERNS[kind]} {unit}".strip(), asked)

    def _missing(self, name: str) -> Iterator[Row]:
        """How many values are not known, and how many do not apply, where there are any in a
        group.
        """
        counts: dict[str, dict[str, Value]] = {NOT_KNOWN: {}, NOT_APPLICABLE: {}}
        if self._has_released_form(name):
            return  # who is not known is counted in a level, or is not released
        for group in self.groups:
            row = self.one_row(name, group)
            not_known, known = shown(row, "missing"), shown(row, "denominator")
            counts[NOT_KNOWN][group] = not_known
            counts[NOT_APPLICABLE][group] = combined(
                lambda size, known, not_known: size - known - not_known,
                self.size(group),
                known,
                not_known,
            )
        for key, by_group in counts.items():
            if any(is_hidden(number) or number > 0 for number in by_group.values()):
                cells = tuple(cell("{n}", {"n": by_group[group]}) for group in self.groups)
                yield Row(BESIDE_LEVELS[key], cells, name, key)

    def _has_released_form(self, name: str) -> bool:
        return any(
            {*codes(row)} & {*RELEASED_AS}
            for key, row in self.rows_by_key.items()
            if key[0] == name
        )

    def one_row(self, name: str, group: str) -> Record:
        """A row of a variable within a group, one that may be shown if there is one: all say how
        many are not known.
        """
        rows = [row for key, row in self.rows_by_key.items() if (key[0], key[2]) == (name, group)]
        return next((row for row in rows if row["status"] != "suppressed"), rows[0])

    def explain(self) -> None:
        """The notes about the whole table: what a cell is, which columns contain others, how
        numbers were rounded.
        """
        unit = self.study.file.unit.many
        self.notes.plain(f"Cells are numbers of {unit}; n is the number of {unit} in the column.")
        self._explain_groups()
        if self.percent:
            known = f"Percentages are of the {unit} in the column with a known value"
            if any(self.of_those_concerned(name) for name in self.plan.variables):
                known += f", {OF_THOSE} where a row says so"
            self.notes.plain(f"{known}; rounded, they may not add up to 100.")
        numbers = [name for name in self.plan.variables if not self.study.levels(name)]
        if numbers or self.percent or self.plan.printed_percentages:
            rule = rounding_rule(self.study.file.rounding)
            self.notes.plain(
                f"Means and percentages are rounded to {decimals(self.study)}; {rule}."
            )
        declared = [self.study.declared[name] for name in numbers if name in self.study.declared]
        if any("median_iqr" in variable.summary for variable in declared):
            averaged = self.study.file.quartiles == "averaged"
            rule = "the mean of two values, as in Stata" if averaged else "interpolated"
            self.notes.plain(f"Quartiles between two values are {rule}.")
        assumed = [self.study.assumption(name) for name in self.plan.variables]
        if any(assumed) and not self.rebuilt:
            self.notes.plain(f"Assumptions. {' '.join(dict.fromkeys(filter(None, assumed)))}")
        if self.compared:
            self.compared.explain()
        for note in (*self.plan.notes, *(self.plan.notes_of_print if self.rebuilt else ())):
            self.notes.plain(note)

    def _explain_groups(self) -> None:
        """Which columns contain others, and what a group is."""
        unit = self.study.file.unit.many
        for name, group in self.groups.items():
            if not group:
                continue
            parts = [self._letter(part) for part in group.contains if part in self.groups]
            if parts:
                columns = (
                    f"columns {' and '.join(parts)}" if len(parts) > 1 else f"column {parts[0]}"
                )
                self.notes.plain(f"Column {self._letter(name)} includes the {unit} of {columns}.")
            if group.description:
                letter = f"{group.letter}, " if group.letter else ""
                self.notes.plain(f"{letter}{group.label}: {group.description}")

    def _letter(self, name: str) -> str:
        group = self.groups[name]
        return (group.letter or group.label) if group else name
