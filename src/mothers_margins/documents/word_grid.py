"""A table of a Word document as rows and cells that know where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass

from mothers_margins.documents.parts import Element, name_of

INDENT = "\u2003"  # em space: how far a label stands in


@dataclass(frozen=True)
class Cell:
    """A cell. begins: its first column; span: how many it takes."""

    node: Element
    begins: int
    span: int

    @property
    def paragraphs(self) -> list[Element]:
        """Its paragraphs; a cell has one at least."""
        return self.node.findall(name_of("w:p"))

    @property
    def text(self) -> str:
        """All that stands in it, in its lines."""
        pieces = []
        for node in self.node.iter():
            if node.tag == name_of("w:t"):
                pieces.append(node.text or "")
            if node.tag == name_of("w:br"):
                pieces.append("\n")
        return "".join(pieces)


@dataclass(frozen=True)
class Row:
    """A row. part: heading (repeated on each page), group (one text over all columns), body or
    foot.
    """

    node: Element
    cells: tuple[Cell, ...]
    part: str


@dataclass(frozen=True)
class Grid:
    """The rows of a table, and how many columns they stand in."""

    node: Element
    rows: tuple[Row, ...]
    columns: int

    def of(self, *parts: str) -> Iterator[Row]:
        """The rows of these parts."""
        return (row for row in self.rows if row.part in parts)


def read_grid(table: Element) -> Grid:
    """A table as pandoc wrote it, which marks that it has a foot as a last row."""
    nodes = table.findall(name_of("w:tr"))
    cells = [_cells(node) for node in nodes]
    columns = max((row[-1].begins + row[-1].span for row in cells if row), default=0)
    look = table.find(f"{name_of('w:tblPr')}/{name_of('w:tblLook')}")
    has_foot = look is not None and look.get(name_of("w:lastRow")) == "1"
    rows = []
    for place, (node, held) in enumerate(zip(nodes, cells, strict=True), 1):
        below = cells[place : place + 1]
        over_all = len(held) == 1 and (columns > 1 or _is_above(held[0], below))
        if node.find(f"{name_of('w:trPr')}/{name_of('w:tblHeader')}") is not None:
            part = "heading"
        elif has_foot and place == len(nodes):
            part = "foot"
        else:
            part = "group" if over_all else "body"
        rows.append(Row(node, held, part))
    return Grid(table, tuple(rows), columns)


def _is_above(cell: Cell, below: list[tuple[Cell, ...]]) -> bool:
    """Whether the only cell of a row is a heading of the row below, which is indented."""
    indented = [row[0].text.startswith(INDENT) for row in below if row]
    return any(indented) and not cell.text.startswith(INDENT)


def _cells(row: Element) -> tuple[Cell, ...]:
    begins = 0
    cells = []
    for node in row.findall(name_of("w:tc")):
        span = node.find(f"{name_of('w:tcPr')}/{name_of('w:gridSpan')}")
        wide = 1 if span is None else int(span.get(name_of("w:val"), "1"))
        cells.append(Cell(node, begins, wide))
        begins += wide
    return tuple(cells)
