"""The table of characteristics that fits one page: one row of numbers, one p for each variable.

What it leaves out stands in the table that it is of: the second summary of a number, the other
test, who is not known, the rules and the assumptions.
"""

from collections.abc import Iterator
from dataclasses import replace

from mothers_margins.absent import not_there
from mothers_margins.results.results import Record, Results, codes
from mothers_margins.results.shown import is_known, shown
from mothers_margins.study.body_page import COLUMNS, ROWS, WORDS, words_in
from mothers_margins.study.study_file import Block, TablePlan
from mothers_margins.tables.cells import EMPTY, cell, table_of, titled
from mothers_margins.tables.characteristic_rows import (
    NUMBER_LABELS,
    NUMBER_PATTERNS,
    CharacteristicRows,
)
from mothers_margins.tables.comparison_columns import ComparisonColumns
from mothers_margins.tables.table import NO_BREAK_SPACE, Cell, Row, Section, Table
from mothers_margins.wording import brief
from mothers_margins.wording.codes_of_notes import p_sign
from mothers_margins.wording.numbers import SYMBOLS
from mothers_margins.wording.terms import YES_NO

BASE_HIDDEN = "base_hidden"  # in the note of a released row
COUNTED = f"n{NO_BREAK_SPACE}(%)"
# With more groups the standardised difference has no room on an upright page (8.5 points, in Word).
GROUPS_BESIDE_ALL = 2


def body_table(
    results: Results, name: str, plan: TablePlan, comparisons: Results | None = None
) -> Table:
    """A body table: one column per group, then difference, p and, where there is room for it, the
    standardised difference.

    plan: that of the table, with the variables that stand for others. Raises UsageError if the
    results lack a cell of the plan, AbsenceError if its rows or notes do not fit a page, which only
    what the rows hold can tell.
    """
    builder = _BodyRows(results, plan, True, False, comparisons)
    sections = [builder.section(block) for block in plan.blocks]
    columns = list(builder.columns())
    if builder.compared:
        columns += builder.compared.columns()
    builder.explain()
    table = table_of(
        results.about,
        name=name,
        caption=titled(results.about, plan.title, columns),
        stub="Characteristic",
        columns=columns,
        sections=sections,
        notes=builder.notes,
        why_hidden=brief.HELD_BACK,
        one_page=True,
    )
    too_much = ", ".join(_too_much(table))
    if too_much:
        raise not_there("longer_than_a_page", table=name, too_much=too_much)
    return table


def _too_much(table: Table) -> Iterator[str]:
    """What of a table is more than fits a page."""
    rows = sum(bool(section.title) + len(section.rows) for section in table.sections)
    words = words_in(text for _, text in table.notes)
    if rows > ROWS:
        yield f"{rows} rows (at most {ROWS})"
    if words > WORDS:
        yield f"{words} words of notes (at most {WORDS})"
    if len(table.columns) > COLUMNS:
        yield f"{len(table.columns)} columns (at most {COLUMNS})"


class _Comparison(ComparisonColumns):
    """Difference, p and, where there is room, the standardised difference; its notes are short."""

    room = True  # for the standardised difference
    levels_put_together = False  # of a variable of the table

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the columns that there is room for."""
        return ("difference", "p", "d") if self.room else ("difference", "p")

    @property
    def why_not_compared(self) -> str:
        """The note of a variable that was made for the release."""
        return brief.NOT_COMPARED

    def why_fisher(self, code: str) -> str:
        """The note of a p that is Fisher's."""
        return brief.FISHER

    def why_untested(self, row: Record) -> str:
        """The note of a variable that is not tested."""
        return brief.NOT_TESTED

    def made_from(self, row: Record) -> str:
        """The note of an effect that was made again; empty for any other."""
        return brief.AS_PRINTED if super().made_from(row) else ""

    def explain(self, *, differences: bool = True) -> None:
        """What the columns are, and which tests were planned."""
        self.notes.plain(brief.SHORT_DIFFERENCE if self.released else brief.DIFFERENCE)
        rules, together = self.study.file.tests, self.levels_put_together
        planned = brief.planned_tests(rules, self.quoted, of_levels_shown=together)
        if planned:
            self.notes.plain(planned)
        if any(p_sign(row) for rows in self.rows.values() for row in rows):
            self.notes.plain(brief.P_CLASS)
        if "d" in self.keys:
            self.notes.plain(brief.STANDARDISED)


class _BodyRows(CharacteristicRows):
    """The parts of a body table; collects the notes that its cells need."""

    of_percent = " ({percent})"  # its label says n (%)

    def comparison_columns(self, comparisons: Results) -> ComparisonColumns:
        """The columns of a comparison that there is room for beside the groups."""
        columns = _Comparison(comparisons, self.notes, self.plan.variables, "characteristics")
        columns.room = len(self.groups) <= GROUPS_BESIDE_ALL
        columns.levels_put_together = self._has_levels_put_together()
        return columns

    def section(self, block: Block) -> Section:
        """The rows of a block."""
        rows: list[Row] = []
        for name in block.variables:
            rows += self._of_variable(name, block.levels)
        return Section(block.title, tuple(rows))

    def _of_variable(self, name: str, only: tuple[str, ...]) -> Iterator[Row]:
        levels = self.study.levels(name)
        if not levels:
            yield self._number_row(name)
        elif levels == YES_NO:
            yield self._yes_row(name)
        else:
            yield from self._level_rows(name, only)

    def _counted(self, name: str) -> str:
        """The title of a variable that is counted, and how."""
        return f"{self.title(name)}, {COUNTED}"

    def _number_row(self, name: str) -> Row:
        """One summary of a number, with the unit in its label."""
        declared = self.study.declared[name]
        kind = self.plan.numbers.get(name, declared.summary[0])
        label = [declared.row_label or self.title(name), declared.unit]
        label.append(NUMBER_LABELS.get(kind, ""))
        cells = [self._number_of_known(name, group, kind) for group in self.groups]
        compared = self.compared.cells(name, kind=kind) if self.compared else ()
        return Row(", ".join(filter(None, label)), (*cells, *compared), name)

    def _number_of_known(self, name: str, group: str, kind: str) -> Cell:
        """A summary, and of how many where that is not the column's n."""
        values = self.statistics(name, group)
        pattern = NUMBER_PATTERNS[kind]
        asked = {key: value for key, value in values.items() if f"{{{key}}}" in pattern}
        one = self.one_row(name, group)
        known = shown(one, "denominator")
        if BASE_HIDDEN in codes(one):
            return cell(f"{pattern} of {SYMBOLS['suppressed']}", asked)
        size = self.size(group)
        if is_known(known) and is_known(size) and known != size:
            pattern += " of {n}"
            asked["n"] = known
        return cell(pattern, asked)

    def _yes_row(self, name: str) -> Row:
        """The Yes of a variable, under its title."""
        row = replace(self.counted_row(name, "Yes"), label=self._counted(name))
        if not self.compared:
            return row
        difference = self.compared.cells(name, "Yes")[:1]
        return replace(row, cells=row.cells + difference + self.compared.cells(name)[1:])

    def _level_rows(self, name: str, only: tuple[str, ...]) -> Iterator[Row]:
        """A heading with the test of all levels, or of none where each answer has its own; then a
        row for each.
        """
        in_set = name in self.study.sets
        tested = self.compared.cells(name) if self.compared and not in_set else ()
        cells = (*(EMPTY for _ in self.groups), *tested) if tested else ()
        yield Row(self._counted(name), cells, name if tested else "")
        for row in self.rows_of_levels(name, only):
            depth = row.depth + 1
            if not row.cells or not self.compared:
                yield replace(row, depth=depth)
                continue
            own = self.compared.cells if in_set else self.compared.level_only
            yield replace(row, cells=row.cells + own(name, row.level), depth=depth)

    def title(self, name: str) -> str:
        """The title of a variable; of one that stands for another the other's."""
        declared = self.study.derived.get(name)
        if declared and declared.use:
            return f"{super().title(declared.source)}, {brief.PUT_TOGETHER}"
        return super().title(name)

    def _has_levels_put_together(self) -> bool:
        """Whether a variable of the table stands for one with more levels."""
        declared = (self.study.derived.get(name) for name in self.plan.variables)
        return any(one.use for one in declared if one)

    def form_words(self, row: Record) -> str:
        """The note of a count in another form than n of those known; empty for any other."""
        return brief.released_as(row)

    def zero_words(self, reason: str) -> str:
        """The note of a zero that holds by definition."""
        return brief.ZERO

    def explain(self) -> None:
        """The few notes that a page has room for; all others stand under the whole table."""
        unit = self.study.file.unit.many
        self.notes.plain(brief.SHORT_CELLS if self.released else brief.cells_are(unit))
        if self.compared:
            self.compared.explain()
        for note in self.plan.notes:
            self.notes.plain(note)
        # what is released has the same levels in the whole table
        all_levels = self.compared and self._has_levels_put_together() and not self.released
        self.notes.plain(brief.ALL_LEVELS_IN_FULL if all_levels else brief.IN_FULL)
