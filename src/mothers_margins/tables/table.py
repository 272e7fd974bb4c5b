"""The one table model: cells keep their numbers, text is made here and only when the table is
rendered.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby
from math import ceil, isnan
from pathlib import Path
from string import ascii_lowercase
from typing import TypeVar

import pandas as pd

from mothers_margins import places
from mothers_margins.documents.word import word
from mothers_margins.errors import UsageError
from mothers_margins.release.formula_safe import as_text_cell
from mothers_margins.results.shown import Hidden, Value
from mothers_margins.results.writable import writable
from mothers_margins.rounding import p_rounded, rounded
from mothers_margins.study.study_file import Rounding
from mothers_margins.wording.numbers import SYMBOLS, count_text

WIDE = 6  # from so many columns on, a table is set closer
MOST = 14  # columns that a page can hold, lying
WIDEST_PART = 10  # columns in a part of a table that has more; parts are about equally wide
FIGURE_SPACE = (
    "\u2007"  # as wide as a digit: units stand under units without a span around every number
)
MINUS = "\u2212"
# What is printed without decimals, and what with those of odds ratios; by the names in a pattern.
WHOLE_NUMBERS = frozenset(
    (
        *("n", "denominator", "missing", "df"),
        *("whole", "whole_low", "whole_high"),
        *("per_100", "per_100_low", "per_100_high"),
    )
)
RATIOS = frozenset(("ratio", "ratio_low", "ratio_high", "statistic", "standardised"))
BEFORE_BRACKET = re.compile(r"(?<=[\d%]) (?=\()")  # the blank between a number and its bracket
NO_BREAK_SPACE = "\u00a0"
COARSE_RATIOS = frozenset(("coarse", "coarse_low", "coarse_high"))  # released with one decimal
LIMIT = "limit"  # of a class of p: printed with the digits that it has
INDENT = "\u2003"  # em space: unlike a style sheet it survives into Word and PDF
# Doubled class names outweigh the rules that JupyterLab has for every table.
STYLE = """<style>
.mm-table.mm-table{border-collapse:collapse;border-block:2px solid #1d1d1b;margin:1em 0;
background:#fff;color:#1d1d1b;font:15px/1.4 "Source Sans 3","Segoe UI",Arial,sans-serif;
font-variant-numeric:tabular-nums;max-width:60em}
.mm-table.mm-table caption{caption-side:top;text-align:left;font-weight:600;font-size:1.1em;
padding:.3em .4em .5em;background:#fff;color:inherit}
.mm-table.mm-table :is(th,td){border:0;background:#fff;color:inherit;text-align:left;
vertical-align:top;padding:.18em 1.6em .18em .4em;font-weight:400;white-space:normal}
.mm-table.mm-table td{white-space:nowrap}
.mm-table.mm-table td.mm-text{white-space:normal}
.mm-table.mm-table td.mm-text:last-child{min-width:7.2em}
.mm-table.mm-table thead th{font-weight:600;vertical-align:bottom}
.mm-table.mm-table thead tr:last-child th{padding-bottom:.4em}
.mm-table.mm-table thead{border-bottom:1px solid #1d1d1b}
.mm-table.mm-table thead th[scope=colgroup]{border-bottom:1px solid #8a8a86;
font-weight:400;font-style:normal}
.mm-table.mm-table thead span{font-weight:400}
.mm-table.mm-table tbody th[scope=rowgroup]{font-weight:600;padding-top:.7em}
.mm-table.mm-table tbody tr:hover :is(th,td){background:#f4f1ea}
.mm-table.mm-table tfoot{border-top:1px solid #1d1d1b;font-size:.86em}
.mm-table.mm-table tfoot td{white-space:normal;padding:.5em .4em}
.mm-table.mm-table tfoot p{margin:.2em 0;max-width:90ch}
.mm-table.mm-table sup{font-size:.75em;line-height:1;vertical-align:super}
.mm-table.mm-wide{max-width:none;font-size:14px}
.mm-table.mm-wide :is(th,td){padding-right:.7em}
.mm-table.mm-wider{font-size:13px}
.mm-table.mm-wide tfoot p{max-width:140ch}
.mm-table.mm-wide tbody th[scope=row]{min-width:14em;max-width:22em}
.mm-table.mm-page{font-size:13.5px;line-height:1.3}
.mm-table.mm-page :is(th,td){padding:.1em .6em .1em .3em}
.mm-table.mm-page tbody th[scope=row]{min-width:16em}
@media print{.mm-table.mm-page{font-size:8.5pt;line-height:1.25;margin:0;break-inside:avoid}}
@media(max-width:40em){.mm-table.mm-table{font-size:13px}
.mm-table.mm-table :is(th,td){padding-inline:.3em;white-space:normal}
.mm-table.mm-table tbody th[scope=row]{overflow-wrap:anywhere;min-width:7em}
.mm-table.mm-table :is(caption,tfoot p){max-width:calc(100vw - 3em)}}
</style>"""


@dataclass(frozen=True)
class Cell:
    """Values and the pattern they are printed by, or, without values, a text. `mark` names a note.

    A cell with a hidden value is suppressed, one without any known value missing; `cells` makes
    them of results.
    """

    pattern: str
    numbers: Mapping[str, Value | float] | None = None
    status: str = "shown"
    mark: str = ""


@dataclass(frozen=True)
class Column:
    """A column: key, heading, number of participants, and the heading it shares with its
    neighbours.
    """

    key: str
    heading: str
    size: Value | float | None = None
    spanner: str = ""

    @property
    def size_text(self) -> str:
        """'n = 52'; empty for a column without a size."""
        return "" if self.size is None else f"n = {count_text(self.size)}"

    @property
    def title(self) -> str:
        """All that is said of it, in one line: 'Adjusted: OR (95% CI)', 'HSSI mothers (n = 11)'."""
        size = f" ({self.size_text})" if self.size_text else ""
        return f"{self.spanner}: {self.heading}{size}" if self.spanner else self.heading + size


@dataclass(frozen=True)
class Row:
    """A row of cells, or, without cells, a heading inside a block."""

    label: str
    cells: tuple[Cell, ...] = ()
    variable: str = ""
    level: str = ""
    depth: int = 1


@dataclass(frozen=True)
class Section:
    """A titled run of rows; an empty title is not printed."""

    title: str
    rows: tuple[Row, ...]
    mark: str = ""


@dataclass(frozen=True)
class Table:
    """A table to be read: what it says, not how it looks.

    notes: pairs of mark and text; a note about the whole table has the mark ''.
    mark: says that the rows are made up, where they are; empty else. internal: that the table is
    for the research team only. one_page: that it is made to fit an upright page. codebook: that it
    is looked up and not read, so that a page prints each row as a block of small type.
    """

    name: str
    caption: str
    stub: str
    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    notes: tuple[tuple[str, str], ...]
    mark: str
    source: str
    rounding: Rounding
    internal: bool = False
    one_page: bool = False
    codebook: bool = False

    def quote(self, variable: str, group: str = "", level: str = "") -> str:
        """The text of one cell, for a sentence: prose and table then cannot disagree.

        group may be left out where the table has one column. Raises UsageError if the table has no
        such cell.
        """
        position = self._position(group)
        for row in self._rows_of_cells():
            if (row.variable, row.level) == (variable, level):
                return self.print(row.cells[position])
        raise UsageError(f"{self.name}: no row for {variable}, level '{level}'.")

    def size(self, group: str = "") -> int | str:
        """Number of participants in a column, as printed where it is hidden or missing.

        Raises UsageError if the table has no such column.
        """
        size = self.columns[self._position(group)].size
        if size is None:
            return 0
        return count_text(size) if isinstance(size, Hidden) or isnan(size) else int(size)

    def _rows_of_cells(self) -> Iterator[Row]:
        """All rows that have cells."""
        for section in self.sections:
            yield from (row for row in section.rows if row.cells)

    def _position(self, group: str) -> int:
        keys = [column.key for column in self.columns]
        if len(keys) == 1 and not group:
            return 0
        if group not in keys:
            remedy = f"Columns: {', '.join(keys)}."
            raise UsageError(f"{self.name}: no column '{group}'.", (), remedy)
        return keys.index(group)

    def print(self, cell: Cell) -> str:
        """The text of a cell. A suppressed, a missing and a zero cell look different."""
        if cell.status in SYMBOLS:
            return SYMBOLS[cell.status]
        if cell.numbers is None:
            return cell.pattern
        texts: dict[str, str] = {}
        for key, number in cell.numbers.items():
            if isinstance(number, Hidden):
                return SYMBOLS["suppressed"]
            texts[key] = self._text(key, number)
        return cell.pattern.format(**texts)

    def _text(self, key: str, number: float) -> str:
        """One number as text, with the decimals of what it is."""
        if isnan(number):
            return SYMBOLS["missing"]
        rule = self.rounding.rule
        if key == LIMIT:
            return f"{number:g}"
        if key.startswith("p_"):
            return p_rounded(number, self.rounding.p_value, rule)
        return rounded(number, self._decimals(key), rule).replace("-", MINUS)

    def _decimals(self, key: str) -> int:
        """With how many decimals a number is printed, by what it is."""
        if key in WHOLE_NUMBERS:
            return 0
        if key in RATIOS:
            return self.rounding.odds_ratio
        if key in COARSE_RATIOS:
            return min(self.rounding.odds_ratio, 1)
        return self.rounding.percent if key == "percent" else self.rounding.mean

    def to_html(self) -> str:
        """The table as HTML that needs nothing else: its style, then what `markup` gives."""
        return STYLE + self.markup()

    def to_docx(self, path: str | Path) -> Path:
        """Write the table as a Word document: a table of Word's own, its headings repeated on each
        page; on a page that lies where an upright one is too narrow.

        Returns the path as it may be printed. Raises UsageError for a path that does not end in
        .docx, where pandoc is not installed, and for restricted results that would land inside the
        project or a folder of what was released.
        """
        target = writable(path, ".docx", internal=self.internal, who="to_docx")
        title = f"{self.mark}. {self.caption}" if self.mark else self.caption
        word(self.markup(), target, title, private=self.internal)
        return Path(places.shown(target))

    def to_frame(self) -> pd.DataFrame:
        """The table as it is printed, for a spreadsheet: one row for each row of cells.

        Columns: section; the stub; one for each column, named with the heading that it shares and
        its size; note. All are texts, and none that a spreadsheet program would take for a formula.
        A letter stands behind its cell, after a blank; the column note says what it means, after
        the mark of the rows, which stands in every row.
        """
        names = ["section", self.stub, *(column.title for column in self.columns), "note"]
        headings = [as_text_cell(name) for name in names]
        return pd.DataFrame(list(self._records()), columns=headings, dtype="str")

    def _records(self) -> Iterator[list[str]]:
        """The rows for a spreadsheet; a heading inside a section stands before the labels under
        it.
        """
        meanings = dict(self.notes)
        for section in self.sections:
            above: list[Row] = []
            for row in section.rows:
                above = [other for other in above if other.depth < row.depth]
                if not row.cells and self.columns:
                    above.append(row)
                    continue
                label = ": ".join([*(other.label for other in above), row.label])
                letters = dict.fromkeys((section.mark, *(cell.mark for cell in row.cells)))
                notes = [f"{letter}: {meanings.get(letter, '')}" for letter in letters if letter]
                note = " ".join([f"{self.mark}." if self.mark else "", *notes]).strip()
                title = f"{section.title} {section.mark}".strip()
                texts = [title, label, *(self._with_mark(cell) for cell in row.cells), note]
                yield [as_text_cell(text) for text in texts]

    def _with_mark(self, cell: Cell) -> str:
        """The text of a cell with its letter after a blank, where no raised letter can stand."""
        return f"{self.print(cell)} {cell.mark}".strip()

    def markup(self) -> str:
        """The table as semantic HTML: caption, scoped headings, one body per section, notes in the
        foot. More columns than a page can hold are several tables under one another.
        """
        return "\n".join(part._markup() for part in self._parts())

    def _parts(self) -> list["Table"]:
        """The table in parts that a page can hold, each with the row labels and with columns that
        share a heading together; the notes stand under the last. One that fits is its only part.
        """
        if len(self.columns) <= MOST:
            return [self]
        limit = ceil(len(self.columns) / ceil(len(self.columns) / WIDEST_PART))
        runs: list[list[int]] = [[]]
        for _, neighbours in groupby(
            range(len(self.columns)), lambda place: self.columns[place].spanner
        ):
            together = list(neighbours)
            if runs[-1] and len(runs[-1]) + len(together) > limit:
                runs.append([])
            runs[-1] += together
        last = len(runs)
        return [self._part(run, number, last) for number, run in enumerate(runs, 1)]

    def _part(self, run: list[int], number: int, last: int) -> "Table":
        """The columns at these places, as one of so many parts."""
        sections = []
        for section in self.sections:
            rows = [replace(row, cells=_at(row.cells, run)) for row in section.rows]
            sections.append(replace(section, rows=tuple(rows)))
        return replace(
            self,
            caption=f"{self.caption} (part {number} of {last})",
            columns=_at(self.columns, run),
            sections=tuple(sections),
            notes=self.notes if number == last else (),
        )

    def _markup(self) -> str:
        classes = ["mm-table"]
        if self.codebook:
            classes.append("mm-codebook")
        if len(self.columns) >= WIDE:
            classes.append("mm-wide")
        if len(self.columns) > WIDE:
            classes.append("mm-wider")
        if self.one_page:
            classes.append("mm-page")
        opening = f"<table class='{' '.join(classes)}'>"
        return "\n".join([opening, *self._head(), *self._body(), *self._foot(), "</table>"])

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        """The table as plain text: columns aligned under the heading that they share, marks after
        the cells.
        """
        notes = [f"{letter} {note}".strip() for letter, note in self.notes]
        source = ". ".join(part for part in (self.mark, self.source) if part)
        lines = _aligned(self._lines(), [column.spanner for column in self.columns])
        return "\n".join([self.caption, *lines, *notes, *([source] if source else [])])

    def _lines(self) -> list[list[str]]:
        """Headings and rows as text; a title of a section stands alone in its line."""
        headings = [self.stub]
        for column in self.columns:
            size = f" ({column.size_text})" if column.size_text else ""
            headings.append(column.heading + size)
        lines = [headings]
        for section in self.sections:
            if section.title:
                lines.append([section.title + section.mark])
            for row in section.rows:
                indent = "  " * row.depth if section.title else ""
                cells = [self._with_mark(cell) for cell in row.cells]
                lines.append([indent + row.label, *cells])
        return lines

    def _head(self) -> Iterator[str]:
        yield f"<caption>{escape(self.caption)}</caption>"
        spanned = any(column.spanner for column in self.columns)
        tall = " rowspan='2'" if spanned else ""
        upper = [f"<th scope='col'{tall}>{escape(self.stub)}</th>"]
        lower: list[str] = []
        for spanner, run in groupby(self.columns, key=lambda column: column.spanner):
            columns = list(run)
            if spanner:
                span = f"colspan='{len(columns)}'"
                upper.append(f"<th scope='colgroup' {span}>{escape(spanner)}</th>")
                lower += [_heading(column, "") for column in columns]
            else:
                upper += [_heading(column, tall) for column in columns]
        rows = [upper, lower] if spanned else [upper]
        yield "<thead>" + "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows) + "</thead>"

    def _body(self) -> Iterator[str]:
        width = len(self.columns) + 1
        digits = self._digits()
        for section in self.sections:
            yield "<tbody>"
            if section.title:
                title = escape(section.title) + _superscript(section.mark)
                yield f"<tr><th scope='rowgroup' colspan='{width}'>{title}</th></tr>"
            for row in section.rows:
                yield self._row(row, row.depth if section.title else 0, digits)
            yield "</tbody>"

    def _row(self, row: Row, depth: int, digits: list[int]) -> str:
        """A row, or a heading inside a section, so far indented."""
        hang = f" style='padding-left:{depth + 0.4}em;text-indent:-{depth}em'" if depth else ""
        label = INDENT * depth + escape(row.label)
        if not row.cells and self.columns:
            width = len(self.columns) + 1
            return f"<tr><th scope='rowgroup' colspan='{width}'{hang}>{label}</th></tr>"
        cells = [self._cell(cell, digits[place], place) for place, cell in enumerate(row.cells)]
        return f"<tr><th scope='row'{hang}>{label}</th>{''.join(cells)}</tr>"

    def _cell(self, cell: Cell, digits: int, place: int) -> str:
        text = self.print(cell)
        written = escape(_unparted(text)) + _superscript(cell.mark)
        if cell.numbers is None:
            # in print, where a row of a codebook is a block, its heading stands before each text
            heading = escape(self.columns[place].heading) if self.codebook else ""
            labelled = f" data-heading='{heading}'" if heading else ""
            return f"<td class='mm-text'{labelled}>{written}</td>"
        pad = FIGURE_SPACE * (digits - _leading_digits(text))
        return f"<td>{pad}{written}</td>"

    def _digits(self) -> list[int]:
        """Per column, how many digits the longest leading whole number has."""
        columns = zip(*(row.cells for row in self._rows_of_cells()), strict=True)
        return [max(_leading_digits(self.print(cell)) for cell in column) for column in columns]

    def _foot(self) -> Iterator[str]:
        notes = []
        for mark, text in self.notes:
            letter = f"{_superscript(mark)} " if mark else ""
            notes.append(f"<p>{letter}{escape(text)}</p>")
        if self.mark or self.source:
            mark = f"<strong>{escape(self.mark)}.</strong> " if self.mark else ""
            notes.append(f"<p>{mark}{escape(self.source)}</p>")
        if notes:
            width = len(self.columns) + 1
            yield f"<tfoot><tr><td colspan='{width}'>{''.join(notes)}</td></tr></tfoot>"


Item = TypeVar("Item")


def _at(items: tuple[Item, ...], run: list[int]) -> tuple[Item, ...]:
    """The items at these places; none of a row that has none."""
    return tuple(items[place] for place in run) if items else ()


def _heading(column: Column, tall: str) -> str:
    """The heading of a column, with its size under it: behind a blank and a break, which stay when
    it is copied.
    """
    under = f" <br><span>{column.size_text}</span>" if column.size_text else ""
    return f"<th scope='col'{tall}>{escape(column.heading)}{under}</th>"


GAP = "  "  # between columns of plain text


def _aligned(lines: list[list[str]], spanners: list[str]) -> Iterator[str]:
    """Lines of cells as text in columns, the first line under what its columns share; a line with
    fewer cells does not widen them.
    """
    most = max(len(line) for line in lines)
    full = [line for line in lines if len(line) == most]
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]
    if any(spanners):
        yield _shared_headings(widths, spanners)
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        yield GAP.join(cells).rstrip()


def _shared_headings(widths: list[int], spanners: list[str]) -> str:
    """The headings that several columns share, each over its own; the last of its columns is
    widened where it is longer than they are.
    """
    parts = ["".ljust(widths[0])]
    last = 0
    for spanner, run in groupby(spanners):
        first, last = last + 1, last + len(list(run))
        wide = sum(widths[first : last + 1]) + len(GAP) * (last - first)
        widths[last] += max(0, len(spanner) - wide)
        parts.append(spanner.ljust(wide))
    return GAP.join(parts).rstrip()


class Notes:
    """Notes in the order in which a builder needs them; marks are letters, because a digit could
    join a number.
    """

    def __init__(self) -> None:
        self._marked: dict[str, str] = {}
        self._plain: list[str] = []

    def mark(self, text: str) -> str:
        """The mark of a note, the same for the same text."""
        return self._marked.setdefault(text, ascii_lowercase[len(self._marked)])

    def plain(self, text: str) -> None:
        """A note about the whole table, once."""
        if text not in self._plain:
            self._plain.append(text)

    def all(self) -> tuple[tuple[str, str], ...]:
        """Marks and texts; the plain notes come first."""
        return (
            *(("", text) for text in self._plain),
            *((mark, text) for text, mark in self._marked.items()),
        )


def _unparted(text: str) -> str:
    """`text` for a page, where a narrow column may break it, but never between a number and the
    bracket that follows it.
    """
    return BEFORE_BRACKET.sub(NO_BREAK_SPACE, text)


def _superscript(mark: str) -> str:
    return f"<sup>{mark}</sup>" if mark else ""


def _leading_digits(text: str) -> int:
    return len(text) - len(text.lstrip(f"{MINUS}<0123456789"))
