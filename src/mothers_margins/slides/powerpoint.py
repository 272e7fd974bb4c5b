"""A deck as PowerPoint that a facilitator can edit: native text and tables, charts as pictures with
their alt text, notes on every slide. The same deck makes the same bytes.
"""

from datetime import datetime
from io import BytesIO
from typing import Any

from mothers_margins.documents.parts import packed, unpacked
from mothers_margins.figures.slides import tokens
from mothers_margins.figures.style import INK
from mothers_margins.slides.deck import Deck
from mothers_margins.slides.slide import Slide

LANGUAGE = "en-GB"
NO_DAY = datetime(2000, 1, 1)  # a file without a date is refused by PowerPoint
TITLE_ONLY, WITH_BODY = 5, 1  # layouts of the template that python-pptx ships
TOP, BOTTOM = 1.5, 6.55  # inches between which a slide's content stands
REMEMBER, FOOT = 6.2, 6.85  # where the sentence to remember and the band stand
# Ends of kinds of relation: a picture and a printer of whoever made the template.
OF_TEMPLATE = ("/thumbnail", "/printerSettings")
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
# What a table may take of a slide, and the height of its rows, in inches.
ROW, ROW_TO_FILL = 0.5, 0.75  # of a table to read, and of one to write into
FIRST_OF_VOTE = 0.46  # of the width: the first column of a vote, which holds the words
FEW_LINES = 3  # so many are written large
FEW_ROWS, SHORT = 7, 42  # of a table whose text is larger; characters of its longest cell


def powerpoint(deck: Deck) -> bytes:
    """The deck as the bytes of a .pptx file."""
    from pptx import Presentation
    from pptx.util import Inches

    shown = Presentation()
    shown.slide_width, shown.slide_height = Inches(tokens.WIDTH), Inches(tokens.HEIGHT)
    _named(shown, deck)
    _in_one_font(shown)
    _placed(shown)
    for place, one in enumerate(deck.slides, start=1):
        _add(shown, deck, one, place)
    file = BytesIO()
    shown.save(file)
    return packed(dict(sorted(unpacked(file.getvalue()).items(), key=_first)))


def _first(part: tuple[str, bytes]) -> tuple[bool, str]:
    """Content types come first, as programs expect."""
    return part[0] != "[Content_Types].xml", part[0]


# Any: python-pptx has no types
def _named(shown: Any, deck: Deck) -> None:
    """The title of the document; nothing of who made it, and no date of its own."""
    about = shown.core_properties
    mark = "REHEARSAL. " if deck.meant.rehearsal else ""
    about.title = f"{mark}{deck.meant.title}"
    about.language = LANGUAGE
    about.author = about.last_modified_by = about.keywords = about.comments = about.subject = ""
    about.revision = 1
    about.created = about.modified = NO_DAY
    for relations in (shown.part.package._rels, shown.part.rels):
        for name, relation in list(relations.items()):
            if relation.reltype.endswith(OF_TEMPLATE):
                relations.pop(name)


def _in_one_font(shown: Any) -> None:
    """Arial for titles and text, in the theme, so that what is typed later has it too."""
    master = shown.slide_master
    for relation in master.part.rels.values():
        if not relation.reltype.endswith("/theme"):
            continue
        theme = relation.target_part
        text = theme.blob.decode("utf-8")
        theme._blob = text.replace('typeface="Calibri"', f'typeface="{tokens.FONT}"').encode()


def _placed(shown: Any) -> None:
    """Titles and bodies of the layouts that are used, where 16:9 has room for them; the ground."""
    from pptx.dml.color import RGBColor
    from pptx.util import Inches, Pt

    wide = Inches(tokens.WIDTH - 2 * tokens.MARGIN)
    for layout in (shown.slide_master, *shown.slide_layouts):
        for holder in layout.placeholders:
            if holder.placeholder_format.type in (1, 3):  # titles
                holder.left, holder.top = Inches(tokens.MARGIN), Inches(0.4)
                holder.width, holder.height = wide, Inches(0.95)
            elif holder.placeholder_format.idx == 1:
                holder.left, holder.top = Inches(tokens.MARGIN), Inches(TOP)
                holder.width, holder.height = wide, Inches(BOTTOM - TOP)
    ground = shown.slide_master.background.fill
    ground.solid()
    ground.fore_color.rgb = RGBColor.from_string(tokens.BACKGROUND[1:].upper())
    for name in ("titleStyle", "bodyStyle"):
        for level in shown.slide_master._element.iter(f"{{{_P}}}{name}"):
            for run in level.iter(f"{DRAWING}defRPr"):
                run.set(
                    "sz",
                    str(int(Pt(tokens.TITLE if name == "titleStyle" else tokens.BODY).pt * 100)),
                )


_P = "http://schemas.openxmlformats.org/presentationml/2006/main"


def _add(shown: Any, deck: Deck, one: Slide, place: int) -> None:
    """One slide in reading order: title, content, sentence to remember, band; and its notes."""
    has_body = bool(one.lines)
    layout = shown.slide_layouts[WITH_BODY if has_body else TITLE_ONLY]
    page = shown.slides.add_slide(layout)
    is_prompt = one.kind in ("prompt", "title", "break")
    for holder in list(page.placeholders):
        if holder.placeholder_format.idx not in (0, 1):
            holder._element.getparent().remove(holder._element)
    if is_prompt:
        _ground(page, tokens.PROMPT)
    ink = tokens.ON_PROMPT if is_prompt else INK
    size = tokens.COVER if one.kind == "title" else tokens.TITLE
    _write(page.shapes.title.text_frame, (one.title,), size, ink, bold=True)
    top = TOP
    if has_body:
        top = _lines(page, one, ink)
    if one.table:
        _table(page, one, top)
    if one.picture:
        _picture(page, one)
    if one.remember:
        _box(page, one.remember, (tokens.MARGIN, REMEMBER), tokens.BODY, ink, bold=True)
    band = f"{deck.meant.mark}  {_number(deck, place)}"
    _box(
        page,
        band,
        (tokens.MARGIN, FOOT),
        tokens.SMALLEST,
        tokens.RULE if is_prompt else tokens.BAND,
    )
    page.notes_slide.notes_text_frame.text = "\n".join(_notes(one))
    _speaks(page.notes_slide._element)
    _speaks(page._element)
    if one.part == "reserve":
        page._element.set("show", "0")


def _number(deck: Deck, place: int) -> str:
    """'4 of 12'; the hidden reserve is not counted."""
    whole = len(deck.shown)
    return f"{place} of {whole}" if place <= whole else "In reserve"


def _notes(one: Slide) -> list[str]:
    """The notes of a slide, headed by its time."""
    time = f"Time: {one.minutes:g} minutes." if one.minutes else "Time: none of its own."
    part = {"optional": ["This slide can be left out."], "reserve": ["In reserve, hidden."]}
    return [time, *part.get(one.part, []), *one.notes]


def _write(
    frame: Any, lines: tuple[str, ...], size: float, ink: str, *, bold: bool = False
) -> None:
    """Lines of one look into a frame of text, left aligned."""
    from pptx.dml.color import RGBColor
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap = True
    for place, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.space_after = Pt(6)
        run = paragraph.add_run()
        run.text = line
        run.font.size, run.font.bold, run.font.name = Pt(size), bold, tokens.FONT
        run.font.color.rgb = RGBColor.from_string(ink[1:].upper())


def _lines(page: Any, one: Slide, ink: str) -> float:
    """The bullets; where content follows below them they take only the room that they need."""
    from pptx.util import Inches

    body = page.placeholders[1]
    is_large = not one.table and (one.kind in ("prompt", "title") or len(one.lines) <= FEW_LINES)
    _write(body.text_frame, one.lines, tokens.ASKED if is_large else tokens.BODY, ink)
    if len(one.lines) == 1:
        _without_bullet(body.text_frame.paragraphs[0])
    height = 0.55 * len(one.lines) + 0.1 if one.table else _bottom(one) - TOP
    body.left, body.top = Inches(tokens.MARGIN), Inches(TOP)
    body.width, body.height = Inches(tokens.WIDTH - 2 * tokens.MARGIN), Inches(height)
    return TOP + height + 0.1


def _without_bullet(paragraph: Any) -> None:
    """One line alone is a sentence, not a list."""
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", "0")
    properties.set("indent", "0")
    properties.insert(0, properties.makeelement(f"{DRAWING}buNone", {}))
    spacing = properties.find(f"{DRAWING}spcAft")
    if spacing is not None:  # the format wants spacing before bullets
        properties.insert(0, spacing)


def _bottom(one: Slide) -> float:
    """Where the content of a slide ends: above the sentence to remember, where it has one."""
    return REMEMBER - 0.1 if one.remember else BOTTOM


def _table(page: Any, one: Slide, top: float) -> None:
    """A native table with a header row."""
    from pptx.dml.color import RGBColor
    from pptx.util import Inches

    rows, columns = len(one.table), len(one.table[0])
    room = _bottom(one) - top
    wide = tokens.WIDTH - 2 * tokens.MARGIN
    is_to_fill = not any(any(row[1:]) for row in one.table[1:])
    is_short = rows <= FEW_ROWS and max(len(text) for row in one.table for text in row) < SHORT
    size = tokens.IN_TABLE if is_short else tokens.SMALLEST
    height = min(ROW_TO_FILL if is_to_fill or is_short else ROW, room / rows)
    holder = page.shapes.add_table(
        rows, columns, Inches(tokens.MARGIN), Inches(top), Inches(wide), Inches(height * rows)
    )
    holder.name = one.title
    holder._element.nvGraphicFramePr.cNvPr.set("descr", f"Table: {one.title}")
    table = holder.table
    table.first_row = True
    if one.kind == "vote" and columns > 3:
        table.columns[0].width = Inches(wide * FIRST_OF_VOTE)
        for place in range(1, columns):
            table.columns[place].width = Inches(wide * (1 - FIRST_OF_VOTE) / (columns - 1))
    for number, row in enumerate(one.table):
        table.rows[number].height = Inches(height)
        for place, text in enumerate(row):
            cell = table.cell(number, place)
            cell.margin_top = cell.margin_bottom = Inches(0.03)
            cell.fill.solid()
            ground = tokens.PROMPT if number == 0 else tokens.TINT
            cell.fill.fore_color.rgb = RGBColor.from_string(ground[1:].upper())
            ink = tokens.ON_PROMPT if number == 0 else INK
            _write(cell.text_frame, (text,), size, ink, bold=number == 0)
            cell.text_frame.paragraphs[0].space_after = 0


def _picture(page: Any, one: Slide) -> None:
    """The chart at its own size, so that a point in it is a point on the slide."""
    from pptx.util import Inches

    picture = one.picture
    assert picture is not None  # noqa: S101  # asked by _add alone
    left = (tokens.WIDTH - picture.width) / 2
    placed = page.shapes.add_picture(
        BytesIO(picture.png),
        Inches(left),
        Inches(TOP),
        Inches(picture.width),
        Inches(picture.height),
    )
    placed.name = f"Chart: {one.title}"
    placed._element.nvPicPr.cNvPr.set("descr", picture.alt)


def _box(
    page: Any, text: str, at: tuple[float, float], size: float, ink: str, *, bold: bool = False
) -> None:
    """One line of text across the slide."""
    from pptx.util import Inches

    wide = tokens.WIDTH - 2 * tokens.MARGIN
    box = page.shapes.add_textbox(Inches(at[0]), Inches(at[1]), Inches(wide), Inches(0.5))
    _write(box.text_frame, (text,), size, ink, bold=bold)


def _ground(page: Any, colour: str) -> None:
    from pptx.dml.color import RGBColor

    fill = page.background.fill
    fill.solid()
    fill.fore_color.rgb = RGBColor.from_string(colour[1:].upper())


def _speaks(element: Any) -> None:
    """British English for every run, so that a screen reader pronounces it so."""
    for run in element.iter(f"{DRAWING}r"):
        for properties in run.iter(f"{DRAWING}rPr"):
            properties.set("lang", LANGUAGE)
    for run in element.iter(f"{DRAWING}r"):
        if run.find(f"{DRAWING}rPr") is None:
            run.get_or_add_rPr().set("lang", LANGUAGE)
