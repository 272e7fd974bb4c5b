"""What pandoc leaves undone in a table of a Word document.

No row is split over two pages or stands alone on one, columns are as wide as what stands in them,
what is indented is so without blanks, row labels are headings for who listens. Lengths are twips,
20 to a point.
"""

from collections.abc import Sequence
from xml.etree.ElementTree import SubElement

from mothers_margins.documents.column_widths import DIGIT, Wish, shared, wish
from mothers_margins.documents.parts import Element, name_of
from mothers_margins.documents.reference import A4, CELL_MARGIN, INK, MARGIN, TABLE_SIZE
from mothers_margins.documents.word_grid import INDENT, Cell, Grid, read_grid

UPRIGHT, LYING = A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN  # how wide the text of a page is
SIZES = (TABLE_SIZE, 8.0, 7.5, 7.0)  # points of text, from the size of the styles downwards
TWIPS = 20
FIGURE_SPACE = "\u2007"  # aligns digits
STYLES = {
    "heading": "TableHeading",
    "group": "TableGroup",
    "body": "TableText",
    "foot": "TableNote",
}
# The first row and the first column are headings; no bands. `val` says the same as the others.
LOOK = {
    "val": "06A0",
    "firstRow": "1",
    "lastRow": "0",
    "firstColumn": "1",
    "lastColumn": "0",
    "noHBand": "1",
    "noVBand": "1",
}
BEHIND_INDENT = (name_of("w:jc"), name_of("w:rPr"))  # of the properties of a paragraph
RULE, THIN = 6, 4  # eighths of a point
CLOSER = 45  # twips at the left and right of what stands in a cell, where room is short
# What may stand before the margins in the properties of a table.
BEFORE_MARGINS = (
    *("tblStyle", "tblpPr", "tblOverlap", "bidiVisual", "tblStyleRowBandSize"),
    *("tblStyleColBandSize", "tblW", "jc", "tblCellSpacing", "tblInd", "tblBorders", "shd"),
    "tblLayout",
)
# What may stand in the properties of a cell, in the order that the format asks for.
OF_A_CELL = ("tcW", "gridSpan", "vMerge", "tcBorders", "vAlign")


def finish(table: Element) -> bool:
    """Finish a table in its tree. Returns whether it is too wide for an upright page."""
    grid = read_grid(table)
    if not grid.columns:
        return False
    wishes = _wishes(grid)  # asked first: the blanks before a text will be taken from it
    _look(table)
    for row in grid.rows:
        if row.part != "foot":  # notes may go on overleaf, else all of them would leave the table
            _keep_whole(row.node)
        for cell in row.cells:
            _style(cell, row.part)
    _keep_together(grid)
    _rule(grid)
    room, size, margin, widths = _fitted(wishes)
    _write_widths(grid, widths)
    if margin != CELL_MARGIN:
        _set_closer(table, margin)
    if size != TABLE_SIZE:
        _set_smaller(grid, size)
    return room == LYING


def _look(table: Element) -> None:
    """Say which rows and columns are headings."""
    look = table.find(f"{name_of('w:tblPr')}/{name_of('w:tblLook')}")
    if look is not None:
        look.attrib = {name_of(f"w:{key}"): value for key, value in LOOK.items()}


def _keep_whole(row: Element) -> None:
    """No page ends inside of a row."""
    properties = row.find(name_of("w:trPr"))
    if properties is None:
        properties = Element(name_of("w:trPr"))
        row.insert(0, properties)
    properties.insert(0, Element(name_of("w:cantSplit")))


def _keep_together(grid: Grid) -> None:
    """No page ends behind the first row below the headings, and none begins with the last row, or
    with the notes, alone. (The styles of captions and headings stay with what follows them.)
    """
    rows = [row for row in grid.rows if row.part in ("group", "body")]
    last = rows[-2:] if any(grid.of("foot")) else rows[-2:-1]
    for row in [*rows[:1], *last]:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                _keep_with_next(paragraph)


def _keep_with_next(paragraph: Element) -> None:
    properties = paragraph.find(name_of("w:pPr"))
    if properties is None or properties.find(name_of("w:keepNext")) is not None:
        return
    styled = properties.find(name_of("w:pStyle")) is not None
    properties.insert(int(styled), Element(name_of("w:keepNext")))


def _style(cell: Cell, part: str) -> None:
    """The styles of a cell's paragraphs, and how far they are indented."""
    if part == "heading":
        _set(cell.node, "vAlign", val="bottom")
    for paragraph in cell.paragraphs:
        properties = paragraph.find(name_of("w:pPr"))
        if properties is None:
            properties = Element(name_of("w:pPr"))
            paragraph.insert(0, properties)
        named = properties.find(name_of("w:pStyle"))
        if named is None:
            named = Element(name_of("w:pStyle"))
            properties.insert(0, named)
        named.set(name_of("w:val"), STYLES[part])
        indent = _indent(paragraph, part)
        if indent is not None:
            place = sum(other.tag not in BEHIND_INDENT for other in properties)
            properties.insert(place, indent)


def _indent(paragraph: Element, part: str) -> Element | None:
    """Blanks before a text, taken from it and said as an indent; what is indented by em spaces
    hangs one em where it takes several lines.
    """
    first = next(paragraph.iter(name_of("w:t")), None)
    text = (first.text or "") if first is not None else ""
    bare = text.lstrip(INDENT + FIGURE_SPACE)
    blanks = text[: len(text) - len(bare)]
    if first is None or not blanks:
        return None
    first.text = bare
    em = TABLE_SIZE * TWIPS
    left = blanks.count(INDENT) * em + blanks.count(FIGURE_SPACE) * DIGIT * em
    hanging = em if INDENT in blanks and part == "body" else 0
    indent = Element(name_of("w:ind"), {name_of("w:left"): str(round(left + hanging))})
    if hanging:
        indent.set(name_of("w:hanging"), str(round(hanging)))
    return indent


def _rule(grid: Grid) -> None:
    """A line under the headings, thinner ones under those over several columns, one over the
    foot.
    """
    headings = list(grid.of("heading"))
    for row in headings:
        for cell in row.cells:
            if row is headings[-1]:
                _border(cell.node, "bottom", RULE)
            elif cell.span > 1:
                _border(cell.node, "bottom", THIN)
    for row in grid.of("foot"):
        for cell in row.cells:
            _border(cell.node, "top", RULE)


def _border(cell: Element, side: str, eighths: int) -> None:
    borders = _set(cell, "tcBorders")
    line = {"val": "single", "sz": str(eighths), "space": "0", "color": INK}
    SubElement(
        borders, name_of(f"w:{side}"), {name_of(f"w:{key}"): value for key, value in line.items()}
    )


def _set(cell: Element, name: str, **attributes: str) -> Element:
    """A property of a cell, at its place among the others."""
    properties = cell.find(name_of("w:tcPr"))
    if properties is None:
        properties = Element(name_of("w:tcPr"))
        cell.insert(0, properties)
    given = properties.find(name_of(f"w:{name}"))
    if given is None:
        given = Element(name_of(f"w:{name}"))
        before = {name_of(f"w:{other}") for other in OF_A_CELL[: OF_A_CELL.index(name)]}
        place = sum(other.tag in before for other in properties)
        properties.insert(place, given)
    for key, value in attributes.items():
        given.set(name_of(f"w:{key}"), value)
    return given


def _wishes(grid: Grid) -> list[Wish]:
    """How wide each column must and would like to be, in em. A heading over several columns widens
    them all alike.
    """
    headings = _texts(grid, "heading")
    cells = _texts(grid, "body")
    wishes = [
        wish(headings[place], cells[place], labels=not place) for place in range(grid.columns)
    ]
    for row in grid.of("heading"):
        for cell in row.cells:
            if cell.span == 1:
                continue
            below = wishes[cell.begins : cell.begins + cell.span]
            over = wish([cell.text], [])
            more = max(0.0, over.least - sum(one.least for one in below)) / cell.span
            for place, one in enumerate(below, cell.begins):
                wishes[place] = Wish(one.least + more, max(one.whole, one.least + more))
    return wishes


def _texts(grid: Grid, part: str) -> list[list[str]]:
    """The texts of each column in one part of the table; those over several columns are left
    out.
    """
    texts: list[list[str]] = [[] for _ in range(grid.columns)]
    for row in grid.of(part):
        for cell in row.cells:
            if cell.span == 1:
                texts[cell.begins].append(cell.text)
    return texts


def _fitted(wishes: Sequence[Wish]) -> tuple[int, float, int, list[int]]:
    """How wide the page is, how large the text, how wide the margins of cells and each column,
    margins included: an upright page and the largest text in which no number breaks; on the widest
    with the smallest one may.
    """
    tried = [
        (UPRIGHT, SIZES[0], CELL_MARGIN),
        (UPRIGHT, SIZES[0], CLOSER),  # before letters get smaller
        (UPRIGHT, SIZES[1], CELL_MARGIN),
        *((LYING, size, CELL_MARGIN) for size in SIZES),
    ]
    for room, size, margin in tried:
        em = size * TWIPS
        margins = 2 * margin * len(wishes)
        if sum(wish.least for wish in wishes) * em + margins <= room:
            break
    widths = [round(width * em) + 2 * margin for width in shared(wishes, (room - margins) / em)]
    return room, size, margin, widths


def _set_closer(table: Element, margin: int) -> None:
    """Narrower margins at both sides of what stands in cells than the style of tables has."""
    properties = table.find(name_of("w:tblPr"))
    if properties is None:
        return
    margins = Element(name_of("w:tblCellMar"))
    for side in ("left", "right"):
        width = {name_of("w:w"): str(margin), name_of("w:type"): "dxa"}
        SubElement(margins, name_of(f"w:{side}"), width)
    before = {name_of(f"w:{other}") for other in BEFORE_MARGINS}
    place = sum(other.tag in before for other in properties)
    properties.insert(place, margins)


def _write_widths(grid: Grid, widths: Sequence[int]) -> None:
    """The widths of columns, in the grid and in every cell, because programs read one or the
    other.
    """
    columns = grid.node.find(name_of("w:tblGrid"))
    for column, width in zip(columns if columns is not None else (), widths, strict=True):
        column.set(name_of("w:w"), str(width))
    whole = grid.node.find(f"{name_of('w:tblPr')}/{name_of('w:tblW')}")
    if whole is not None:
        whole.attrib = {name_of("w:w"): str(sum(widths)), name_of("w:type"): "dxa"}
    for row in grid.rows:
        for cell in row.cells:
            width = sum(widths[cell.begins : cell.begins + cell.span])
            _set(cell.node, "tcW", w=str(width), type="dxa")


def _set_smaller(grid: Grid, size: float) -> None:
    """All texts but the notes smaller than their style has them."""
    halves = str(round(2 * size))
    for row in grid.of("heading", "group", "body"):
        for run in row.node.iter(name_of("w:r")):
            if run.find(name_of("w:rPr")) is None:
                run.insert(0, Element(name_of("w:rPr")))
        for properties in row.node.iter(name_of("w:pPr")):  # an empty paragraph has a height too
            SubElement(properties, name_of("w:rPr"))
        for properties in row.node.iter(name_of("w:rPr")):
            raised = properties.find(name_of("w:vertAlign"))
            place = len(properties) if raised is None else list(properties).index(raised)
            for name in ("w:szCs", "w:sz"):
                properties.insert(place, Element(name_of(name), {name_of("w:val"): halves}))
