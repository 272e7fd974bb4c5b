"""What lies beside a deck: a run sheet for the person who leads, a handout that is sent a week
before, and a file for what the group says. Each as bytes; the same deck makes the same bytes.
"""

import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO

from mothers_margins.documents.parts import packed, unpacked
from mothers_margins.documents.pdf import Block, pdf
from mothers_margins.slides.deck import Deck
from mothers_margins.slides.feedback import COLUMNS, HOW, KINDS
from mothers_margins.slides.slide import Slide
from mothers_margins.wording import leag as words

NO_DAY = datetime(2000, 1, 1)
ROWS_TO_FILL = 40


def title_of(deck: Deck) -> str:
    """The title of a document about the deck."""
    mark = "REHEARSAL. " if deck.meant.rehearsal else ""
    return f"{mark}{deck.meant.title}"


def run_sheet(deck: Deck) -> bytes:
    """The run sheet as PDF: when each slide begins, how long it takes; words the reading score does
    not count.
    """
    rows = [("Begins", "Minutes", "Slide"), *_times(deck)]
    blocks = [
        Block("title", f"{title_of(deck)}: run sheet"),
        Block("mark", deck.meant.mark),
        Block("table", rows=tuple(rows), widths=("auto", "auto", "1fr")),
        Block("heading", "Before the meeting"),
        *(Block("text", line) for line in words.BEFORE_THE_MEETING),
        Block("heading", "Longer words in these slides"),
        Block(
            "text", ", ".join(deck.meant.study_words) + "." if deck.meant.study_words else "None."
        ),
    ]
    return pdf(blocks, f"{title_of(deck)}: run sheet")


def _times(deck: Deck) -> Iterator[tuple[str, str, str]]:
    """Of each slide that is shown: minutes from the start, minutes it takes, its title."""
    passed = 0.0
    for place, one in enumerate(deck.shown, start=1):
        yield f"{passed:g}", f"{one.minutes:g}", f"{place}. {one.title}"
        passed += one.minutes
    yield f"{passed:g}", "", "End"


def handout(deck: Deck) -> bytes:
    """What is sent before the meeting, as tagged PDF in large print; of made-up rows it says that
    it is not to be sent.
    """
    mark = deck.meant.mark
    if deck.meant.rehearsal:
        mark = f"{mark} {words.NOT_TO_BE_SENT}"
    blocks = [Block("title", title_of(deck)), Block("mark", mark)]
    for one in deck.shown:
        # an announced block is for the meeting, where somebody is there; alone, it is not sent
        if one.kind not in ("title", "break") and one.part != "optional":
            blocks += _of_slide(one)
    return pdf(blocks, title_of(deck), footer=mark, large=True)


def notes_pages(deck: Deck, pictures: Sequence[bytes]) -> bytes:
    """Notes pages as PDF for the person who leads: of every slide, the reserve too, its picture
    (PNG, one for each slide in their order) and below it its notes.
    """
    blocks: list[Block] = []
    for one, picture in zip(deck.slides, pictures, strict=True):
        said = " ".join([*one.seen[1:], one.alt]).strip()
        blocks += [
            Block("page", one.title),
            Block("picture", f"Slide: {one.title}. {said}".strip(), picture=picture),
            Block("strong", f"Notes ({one.minutes:g} minutes)"),
            *(Block("text", note) for note in one.notes),
        ]
    return pdf(blocks, f"{title_of(deck)}: notes", footer=deck.meant.mark)


def involvement(deck: Deck) -> bytes:
    """What the group has said and what became of it, and the short form of GRIPP2, as tagged PDF
    for the report.
    """
    meant = deck.meant
    marks = [meant.mark, f"{words.INVENTED}."] if meant.rehearsal else [meant.mark]
    widths = ("2.2fr", "auto", "1.2fr", "1.2fr", "1.4fr", "2fr")
    blocks = [
        Block("title", words.INVOLVEMENT),
        *(Block("mark", mark) for mark in marks),
        Block("table", rows=(words.INVOLVEMENT_COLUMNS, *meant.involvement), widths=widths),
        Block("heading", words.GRIPP2),
        Block("table", rows=(("Item", "What was done"), *meant.gripp2), widths=("auto", "1fr")),
        Block("text", words.GRIPP2_SOURCE),
    ]
    return pdf(blocks, f"{title_of(deck)}: involvement", footer=meant.mark)


def _of_slide(one: Slide) -> Iterator[Block]:
    yield Block("heading", one.title)
    for line in one.lines:
        yield Block("item" if len(one.lines) > 1 else "text", line)
    if one.table:
        yield Block("table", rows=one.table)
    if one.picture:
        # drawn for a phone, it has large print across a page
        yield Block("picture", one.picture.alt, picture=b64decode(one.picture.narrow))
    if one.remember:
        yield Block("strong", one.remember)


def feedback_form(deck: Deck) -> bytes:
    """An Excel file to fill in, one row a topic: numbers and never names."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101  # a new workbook has one
    sheet.title = f"meeting_{deck.meant.meeting}"
    sheet.append([*COLUMNS])
    for place, name in enumerate(COLUMNS, start=1):
        cell = sheet.cell(1, place)
        cell.font, cell.alignment = (
            Font(bold=True, name="Arial", size=12),
            Alignment(wrap_text=True),
        )
        sheet.column_dimensions[get_column_letter(place)].width = (
            40 if name == "what_was_said" else 18
        )
    for name, allowed in (("kind", KINDS), ("how", HOW)):
        letter = get_column_letter(COLUMNS.index(name) + 1)
        rule = DataValidation("list", formula1=f'"{",".join(allowed)}"', allow_blank=True)
        rule.add(f"{letter}2:{letter}{ROWS_TO_FILL}")
        sheet.add_data_validation(rule)
    for line in range(2, ROWS_TO_FILL + 1):
        sheet.cell(line, 1, deck.meant.meeting)
    help_sheet = book.create_sheet("how_to_fill_in")
    for told in words.HOW_TO_FILL_IN:
        help_sheet.append([told])
    help_sheet.column_dimensions["A"].width = 90
    about = book.properties
    about.title, about.creator, about.language = f"{title_of(deck)}: what was said", "", "en-GB"
    about.created = about.modified = NO_DAY
    file = BytesIO()
    book.save(file)
    return packed(_without_day(unpacked(file.getvalue())))


def _without_day(parts: dict[str, bytes]) -> dict[str, bytes]:
    """Parts without the moment at which they were saved."""
    core = "docProps/core.xml"
    moment = rb"(<dcterms:modified[^>]*>)[^<]*"
    return {**parts, core: re.sub(moment, rb"\g<1>2000-01-01T00:00:00Z", parts[core])}
