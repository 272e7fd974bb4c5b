"""A table of ours in Typst's words: headings that are repeated, columns as wide as what stands in
them, no number broken.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from mothers_margins.documents.column_widths import shared, wish
from mothers_margins.documents.typeset import as_string
from mothers_margins.tables.table import Cell, Column, Row, Section, Table

UPRIGHT, LYING = 481.0, 728.0  # points between the margins of an A4 page
WIDER = 1.17  # times as wide as Arial's are the letters of the font
GAP = 5.0  # points between two columns
SIZES = (8.0, 7.5, 7.0)  # points; the letters of the font are tall
MOST_LINES, MOST_WORDS = 40, 150  # of a table that is not divided, and of its notes
LINK = Callable[[str], str]  # a text with its links to chapters, as content


@dataclass(frozen=True)
class Laid:
    """How a table is laid out. room: points; size: of its letters; widths: of its columns, in
    points.
    """

    room: float
    size: float
    widths: tuple[float, ...]

    @property
    def lies(self) -> bool:
        """Whether its page lies."""
        return self.room == LYING


def laid_out(table: Table) -> Laid:
    """An upright page and the largest letters in which no number breaks, else a page that lies."""
    labels = [row.label for section in table.sections for row in section.rows]
    wishes = [wish([table.stub], labels, labels=True)]
    rows = [row for section in table.sections for row in section.rows if row.cells]
    for place, column in enumerate(table.columns):
        texts = [table.print(row.cells[place]) for row in rows]
        wishes.append(wish([column.heading, column.size_text], texts))
    gaps = GAP * len(wishes)
    tried = [(UPRIGHT, size) for size in SIZES] + [(LYING, size) for size in SIZES]
    for room, size in tried:
        em = size * WIDER
        if sum(one.least for one in wishes) * em + gaps <= room:
            break
    widths = [width * em + GAP for width in shared(wishes, (room - gaps) / em)]
    return Laid(room, size, tuple(widths))


def typst_table(table: Table, caption: str, anchor: str, link: LINK) -> str:
    """A table as a figure with its caption above and its notes below.

    link: makes content of a text of a cell. A table that is too wide has pages that lie.
    """
    laid = laid_out(table)
    widths = ", ".join(f"{width:.1f}pt" for width in laid.widths)
    ends = ", ".join(
        ["left", *("right" if _is_number(table, at) else "left" for at in _all(table))]
    )
    lines = [
        f"#set text(size: {laid.size}pt)",
        "#set par(leading: 0.5em, spacing: 0.55em)",
        "#figure(kind: table, supplement: none, numbering: none,",
        f"  caption: figure.caption(position: top, {as_string(caption)}),",
        f"  table(columns: ({widths},), align: ({ends},), stroke: none,",
        "    table.hline(stroke: 1pt),",
        *_headings(table),
        "    table.hline(stroke: 0.5pt),",
        *(line for section in table.sections for line in _section(table, section, link)),
        "    table.hline(stroke: 1pt),",
        f"  )) <{anchor}>",
        *_notes(table),
    ]
    inside = "\n".join(lines)
    if laid.lies:
        return f"#page(flipped: true)[\n{inside}\n]"
    whole = "false" if _fits_a_page(table) else "true"
    return f"#block(width: 100%, breakable: {whole})[\n{inside}\n]"


def _fits_a_page(table: Table) -> bool:
    """Whether a table is made for one page, or has so few rows of numbers that it is not divided
    either; how high cells with texts become, nobody knows.
    """
    rows = [row for section in table.sections for row in section.rows]
    told = sum(len(text.split()) for _, text in table.notes)
    has_texts = any(cell.numbers is None and cell.pattern for row in rows for cell in row.cells)
    few = len(rows) + len(table.sections) <= MOST_LINES and told <= MOST_WORDS
    return table.one_page or (few and not has_texts)


def _all(table: Table) -> range:
    return range(len(table.columns))


def _is_number(table: Table, place: int) -> bool:
    """Whether a column holds numbers, which stand at its right."""
    cells = [row.cells[place] for section in table.sections for row in section.rows if row.cells]
    return any(cell.numbers is not None for cell in cells)


def _headings(table: Table) -> Iterator[str]:
    """The rows of headings, which stand on every page of the table."""
    spanned = any(column.spanner for column in table.columns)
    tall = "rowspan: 2, " if spanned else ""
    upper = [f"table.cell({tall}align: left + bottom, {_bold(table.stub)})"]
    lower: list[str] = []
    for spanner, run in groupby(table.columns, key=lambda column: column.spanner):
        columns = list(run)
        if spanner:
            upper.append(
                f"table.cell(colspan: {len(columns)}, align: center + bottom, "
                f"stroke: (bottom: 0.5pt), {_bold(spanner)})"
            )
            lower += [f"table.cell(align: bottom, {_heading(column)})" for column in columns]
        else:
            upper += [f"table.cell({tall}align: bottom, {_heading(one)})" for one in columns]
    yield f"    table.header({', '.join([*upper, *lower])}),"


def _heading(column: Column) -> str:
    size = f" #linebreak() #text({as_string(column.size_text)})" if column.size_text else ""
    return f"[#strong({as_string(column.heading)}){size}]"


def _bold(text: str) -> str:
    return f"strong({as_string(text)})"


def _section(table: Table, section: Section, link: LINK) -> Iterator[str]:
    """The title of a section, then its rows."""
    if section.title:
        yield _over_all(table, section.title, section.mark, 0)
    for row in section.rows:
        depth = row.depth if section.title else 0
        if not row.cells and table.columns:
            yield _over_all(table, row.label, "", depth)
            continue
        cells = [_cell(table, cell, link) for cell in row.cells]
        yield "    " + ", ".join([_label(row, depth), *cells]) + ","


def _over_all(table: Table, text: str, mark: str, depth: int) -> str:
    """A row that holds one text, which stays with the row below."""
    written = f"#strong({as_string(text)}){_raised(mark)}"
    indent = f"#pad(left: {0.8 * depth}em)[{written}]" if depth else written
    width = len(table.columns) + 1
    return f"    table.cell(colspan: {width}, breakable: false, align: left)[{indent}],"


def _label(row: Row, depth: int) -> str:
    written = f"#text({as_string(row.label)})"
    return f"[#pad(left: {0.8 * depth}em)[{written}]]" if depth else f"[{written}]"


def _cell(table: Table, cell: Cell, link: LINK) -> str:
    text = table.print(cell)
    if cell.numbers is None:
        return f"[{link(text)}{_raised(cell.mark)}]"
    whole = text.replace(" ", "\u00a0")  # a number stays in its line
    return f"[#text({as_string(whole)}){_raised(cell.mark)}]"


def _raised(mark: str) -> str:
    return f"#super({as_string(mark)})" if mark else ""


def _notes(table: Table) -> Iterator[str]:
    """The notes as paragraphs below the table."""
    yield "#set text(size: 7pt)"
    for mark, text in table.notes:
        yield (
            f"\n{_raised(mark)}#h(0.2em)#text({as_string(text)})\n"
            if mark
            else (f"\n#text({as_string(text)})\n")
        )
    if table.mark or table.source:
        source = " ".join(filter(None, (f"{table.mark}." if table.mark else "", table.source)))
        yield f"\n#text({as_string(source)})\n"
