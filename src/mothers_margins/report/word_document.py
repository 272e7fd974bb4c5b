"""The report as a Word document: captions and references that Word counts, contents, lists, a mark
on every page, and in every heading the file that its text stands in.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from mothers_margins.documents.parts import Element, Parts
from mothers_margins.documents.word import word
from mothers_margins.documents.word_fields import (
    begin_pages,
    name_headings,
    number_captions,
    write_captions,
    write_contents,
)
from mothers_margins.documents.word_margins import write_margins
from mothers_margins.report.assembled import BREAK, CHAPTER, CONTENTS, exhibits_of
from mothers_margins.report.chapters import Told
from mothers_margins.report.front import Front
from mothers_margins.report.web_page import body_of, linked
from mothers_margins.wording import report as words

TABLES, FIGURES = "TABLESHERE", "FIGURESHERE"


def write_document(front: Front, chapters: Sequence[Told], path: Path) -> Path:
    """Write the report as a .docx file; returns its path."""
    anchors = {one.label: one.anchor for one in exhibits_of(chapters)}
    files = {f"{CHAPTER}{told.chapter.name}": told.chapter.name for told in chapters}

    def finish(parts: Parts, body: Element) -> None:
        number_captions(body, anchors)
        begin_pages(body, BREAK)
        write_contents(body, CONTENTS, words.CONTENTS)
        write_captions(body, TABLES, words.TABLES_LIST, "Table")
        write_captions(body, FIGURES, words.FIGURES_LIST, "Figure")
        name_headings(body, files)
        write_margins(parts, body, front.mark, front.short)

    return word(_html(front, chapters), path, front.title, also=finish)


def _html(front: Front, chapters: Sequence[Told]) -> str:
    """All of the document as HTML, with marks where contents and lists stand."""
    body = body_of(chapters, 0, contents=True)
    lists = f"<p>{CONTENTS}</p><p>{TABLES}</p><p>{FIGURES}</p>"
    body = body.replace(f"<p>{CONTENTS}</p>", lists, 1)
    for told in chapters:
        body = _with_file(body, told)
    return "\n".join([*_front(front), body])


def _with_file(body: str, told: Told) -> str:
    """The name of its file below the heading of a chapter."""
    begun = f'id="{CHAPTER}{told.chapter.name}">'
    before, heading, after = body.partition(begun)
    title, end, rest = after.partition("</h1>")
    said = escape(words.SOURCE_FILE.format(file=told.chapter.file))
    line = f'<div data-custom-style="Source File"><p>{said}</p></div>'
    return "".join([before, heading, title, end, line, rest])


def _front(front: Front) -> list[str]:
    """The first page in the styles of Word."""
    lines = [
        f'<div data-custom-style="Title"><p>{escape(front.title)}</p></div>',
        f'<div data-custom-style="Subtitle"><p>{escape(front.subtitle)}</p></div>',
    ]
    lines += [f"<p><strong>{escape(mark)}</strong></p>" for mark in front.marks]
    for what, who in front.lines:
        lines.append(f"<p><strong>{escape(what)}:</strong> {linked(who)}</p>")
    return lines
