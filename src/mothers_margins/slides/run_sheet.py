"""Beside a deck: the run sheet with its times, and the workbook for what the group says."""

import re
from collections.abc import Iterator
from datetime import datetime
from html import escape
from io import BytesIO

from mothers_margins.documents.parts import packed, unpacked
from mothers_margins.slides.check_deck import hardness
from mothers_margins.slides.deck import Deck, talk_minutes
from mothers_margins.slides.feedback import COLUMNS, HOW, KINDS

NO_DAY = datetime(2000, 1, 1)
CHANGED_ON = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
COLUMN_WIDTH = 22  # characters


def run_sheet(deck: Deck) -> str:
    """The run sheet as a page: for each slide from which minute to which, and its notes."""
    rows = "".join(_rows(deck))
    mark = "REHEARSAL. " if deck.meant.rehearsal else ""
    words = ", ".join(deck.meant.study_words)
    talk = talk_minutes(deck)
    return (
        f'<!DOCTYPE html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        f"<title>{escape(mark + deck.meant.title)}: run sheet</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{font:18px/1.4 Arial,'Liberation Sans',sans-serif;margin:1.5em;color:#1f2a37}"
        "table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;"
        "padding:.3em .6em;border-bottom:1px solid #6b7280}</style></head><body><main>"
        f"<h1>{escape(deck.meant.title)}: run sheet</h1><p>{escape(deck.meant.mark)}</p>"
        f"<p>{talk:g} minutes are for talk. The slides read at SMOG {hardness(deck):.1f}. "
        f"Words that count as known: {escape(words)}.</p>"
        '<table><thead><tr><th scope="col">Minutes</th><th scope="col">Slide</th>'
        '<th scope="col">What to say</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></main></body></html>\n"
    )


def _rows(deck: Deck) -> Iterator[str]:
    """A row a slide that is shown, then those in reserve without a time."""
    now = 0.0
    for one in deck.slides:
        time = "in reserve"
        if one.part != "reserve":
            time = f"{now:g} to {now + one.minutes:g}"
            now += one.minutes
        notes = "<br>".join(escape(note) for note in one.notes)
        yield (f'<tr><td>{time}</td><th scope="row">{escape(one.title)}</th><td>{notes}</td></tr>')


def feedback_workbook(deck: Deck) -> bytes:
    """A workbook with the columns of the feedback, to fill in; numbers and never names."""
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101  # a new workbook has one
    sheet.title = f"meeting_{deck.meant.meeting}"
    sheet.append(COLUMNS)
    for place in range(1, len(COLUMNS) + 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = COLUMN_WIDTH
    about = book.create_sheet("how_to_fill_in")
    for line in (
        "One row a topic. Numbers and never names; nobody's own words without her permission.",
        f"kind: {', '.join(KINDS)}",
        f"how it was said: {', '.join(HOW)}",
        "keep, leave_out, not_sure: how many said so",
        "Late answers are welcome: add them at any time.",
        "decision: leave it empty while it is open; the next deck then says so.",
    ):
        about.append([line])
    book.properties.creator = ""
    book.properties.created = NO_DAY
    file = BytesIO()
    book.save(file)
    parts = unpacked(file.getvalue())
    core = "docProps/core.xml"
    parts[core] = CHANGED_ON.sub(rb"\g<1>2000-01-01T00:00:00Z", parts[core])
    return packed(parts)
