"""The one table model: cells keep their numbers, text is made here and only when the table is
rendered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby
from math import isnan
from string import ascii_lowercase

from mothers_margins.errors import UsageError
from mothers_margins.results.shown import Hidden, Value
from mothers_margins.rounding import p_rounded, rounded
from mothers_margins.study.study_file import Rounding
from mothers_margins.wording.terms import SYMBOLS, count_text

WIDE = 6  # from so many columns on, a table is set closer
FIGURE_SPACE = (
    "\u2007"  # as wide as a digit: units stand under units without a span around every number
)
MINUS = "\u2212"
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
.mm-table.mm-table thead span{font-weight:400;display:block}
.mm-table.mm-table tbody th[scope=rowgroup]{font-weight:600;padding-top:.7em}
.mm-table.mm-table tbody tr:hover :is(th,td){background:#f4f1ea}
.mm-table.mm-table tfoot{border-top:1px solid #1d1d1b;font-size:.86em}
.mm-table.mm-table tfoot td{white-space:normal;padding:.5em .4em}
.mm-table.mm-table tfoot p{margin:.2em 0;max-width:90ch}
.mm-table.mm-table sup{font-size:.75em;line-height:0}
.mm-table.mm-wide{max-width:none;font-size:14px}
.mm-table.mm-wide :is(th,td){padding-right:.7em}
.mm-table.mm-wider{font-size:13px}
.mm-table.mm-wide tfoot p{max-width:140ch}
.mm-table.mm-wide tbody th[scope=row]{min-width:14em;max-width:22em}
@media(max-width:40em){.mm-table.mm-table{font-size:13px}
.mm-table.mm-table :is(th,td){padding-right:.4em;white-space:normal}
.mm-table.mm-table tbody th[scope=row]{overflow-wrap:anywhere;min-width:9em}
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
    mark: says that the rows are made up, where they are; empty else.
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

    def quote(self, variable: str, group: str = "", level: str = "") -> str:
        """The text of one cell, for a sentence: prose and table then cannot disagree.

        group may be left out where the table has one column. Raises UsageError if the table has no
        such cell.
        """
        position = self._position(group)
        for row in (row for section in self.sections for row in section.rows if row.cells):
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

    def _position(self, group: str) -> int:
        keys = [column.key for column in self.columns]
        if len(keys) == 1 and not group:
            return 0
        if group not in keys:
            raise UsageError(
                f"{self.name}: no column '{group}'.", (), f"Columns: {', '.join(keys)}."
            )
        return keys.index(group)

    def print(self, cell: Cell) -> str:
        """A cell as text. A suppressed, a missing and a zero cell look different."""
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
        rounding = self.rounding
        if isnan(number):
            return SYMBOLS["missing"]
        if key.startswith("p_"):
            return p_rounded(number, rounding.p_value, rounding.rule)
        counts = ("n", "denominator", "missing", "df", "per_100", "per_100_low", "per_100_high")
        ratios = ("ratio", "ratio_low", "ratio_high", "statistic", "standardised")
        decimals = dict.fromkeys(counts, 0) | dict.fromkeys(ratios, rounding.odds_ratio)
        decimals["percent"] = rounding.percent
        return rounded(number, decimals.get(key, rounding.mean), rounding.rule).replace("-", MINUS)

    def to_html(self) -> str:
        """The table as semantic HTML: caption, scoped headings, one body per section, notes in the
        foot.
        """
        wide = " mm-wide" * (len(self.columns) >= WIDE) + " mm-wider" * (len(self.columns) > WIDE)
        return "\n".join(
            [
                f"<table class='mm-table{wide}'>",
                *self._head(),
                *self._body(),
                *self._foot(),
                "</table>",
            ]
        )

    def _repr_html_(self) -> str:
        return STYLE + self.to_html()

    def __repr__(self) -> str:
        """The table as plain text: columns aligned, marks after the cells."""
        heads = [f"{c.heading} ({c.size_text})" if c.size_text else c.heading for c in self.columns]
        lines: list[list[str]] = [[self.stub, *heads]]
        for section in self.sections:
            lines += [[section.title + section.mark]] if section.title else []
            for row in section.rows:
                label = "  " * (row.depth if section.title else 0) + row.label
                lines.append(
                    [label, *(f"{self.print(cell)} {cell.mark}".strip() for cell in row.cells)]
                )
        full = [line for line in lines if len(line) == len(heads) + 1]
        widths = [max(len(line[i]) for line in full) for i in range(len(heads) + 1)] if full else []
        padded = [
            [cell.ljust(width) for cell, width in zip(line, widths, strict=False)] for line in lines
        ]
        notes = [f"{mark} {note}".strip() for mark, note in self.notes]
        source = ". ".join(part for part in (self.mark, self.source) if part)
        return "\n".join(
            [self.caption, *("  ".join(line).rstrip() for line in padded), *notes, source]
        )

    def _head(self) -> Iterator[str]:
        yield f"<caption>{escape(self.caption)}</caption>"
        spanned = any(column.spanner for column in self.columns)
        tall = " rowspan='2'" if spanned else ""
        first, second = [f"<th scope='col'{tall}>{escape(self.stub)}</th>"], list[str]()
        for spanner, run in groupby(self.columns, key=lambda column: column.spanner):
            columns = list(run)
            if spanner:
                first.append(
                    f"<th scope='colgroup' colspan='{len(columns)}'>{escape(spanner)}</th>"
                )
            for column in columns:
                under = f"<span>{column.size_text}</span>" if column.size_text else ""
                heading = (
                    f"<th scope='col'{'' if spanner else tall}>{escape(column.heading)}{under}</th>"
                )
                (second if spanner else first).append(heading)
        rows = [first, second] if spanned else [first]
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
                depth = row.depth if section.title else 0
                hang = (
                    f" style='padding-left:{depth + 0.4}em;text-indent:-{depth}em'" if depth else ""
                )
                label = INDENT * depth + escape(row.label) + "</th>"
                if not row.cells and self.columns:
                    yield f"<tr><th scope='rowgroup' colspan='{width}'{hang}>{label}</tr>"
                    continue
                cells = "".join(self._cell(cell, digits[i]) for i, cell in enumerate(row.cells))
                yield f"<tr><th scope='row'{hang}>{label}{cells}</tr>"
            yield "</tbody>"

    def _cell(self, cell: Cell, digits: int) -> str:
        text = self.print(cell)
        if cell.numbers is None:
            return f"<td class='mm-text'>{escape(text)}{_superscript(cell.mark)}</td>"
        pad = FIGURE_SPACE * (digits - _leading_digits(text))
        return f"<td>{pad}{escape(text)}{_superscript(cell.mark)}</td>"

    def _digits(self) -> list[int]:
        """Per column, how many digits the longest leading whole number has."""
        rows = [row.cells for section in self.sections for row in section.rows if row.cells]
        return [
            max(_leading_digits(self.print(cell)) for cell in column)
            for column in zip(*rows, strict=True)
        ]

    def _foot(self) -> Iterator[str]:
        notes = [
            f"<p>{_superscript(mark)}{' ' if mark else ''}{escape(text)}</p>"
            for mark, text in self.notes
        ]
        mark = f"<strong>{escape(self.mark)}.</strong> " if self.mark else ""
        source = f"<p>{mark}{escape(self.source)}</p>" if mark or self.source else ""
        if notes or source:
            yield (
                "<tfoot><tr><td "
                f"colspan='{len(self.columns) + 1}'>{''.join(notes)}{source}</td></tr></tfoot>"
            )


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


def _superscript(mark: str) -> str:
    return f"<sup>{mark}</sup>" if mark else ""


def _leading_digits(text: str) -> int:
    return len(text) - len(text.lstrip(f"{MINUS}<0123456789"))
