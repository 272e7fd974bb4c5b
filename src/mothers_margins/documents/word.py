"""HTML, or Markdown, as a Word document: real tables that can be edited, no network, no date."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Literal

from mothers_margins import places
from mothers_margins.documents import pandoc, word_pages, word_tables
from mothers_margins.documents.parts import (
    BOOKMARKS,
    HEAD,
    Element,
    Parts,
    as_xml,
    name_of,
    packed,
    read_xml,
    unpacked,
)
from mothers_margins.documents.reference import A4, LANGUAGE, MARGIN, PATH
from mothers_margins.errors import MothersMarginsError

PLAIN = ("BodyText", "FirstParagraph", "Compact")  # the styles of a text that is no heading
BELOW_A_TABLE = 180  # twips
HIGHEST = 635 * (A4[1] - 2 * MARGIN - 1800)  # of a picture, with its heading; 635 units to a twip
APP = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
Finish = Callable[[Parts, Element], None]
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


def word(
    text: str,
    path: Path,
    title: str,
    *,
    language: str = LANGUAGE,
    markup: Literal["html", "markdown"] = "html",
    private: bool = False,
    also: Finish | None = None,
) -> Path:
    """Write a text as a Word document and return its path; there is a whole file or none.

    title: what the file calls itself, which is not printed; language: of the text, as 'en-GB';
    private: only the owner may read the file, and no text of it stands in a message; also: is given
    the parts and the body of the document when all else is done. The same text makes the same
    bytes. Raises UsageError if pandoc is not installed, and MothersMarginsError if it warns, for
    example of a picture without a file, and for a picture without alt text.
    """
    if markup == "markdown":  # by HTML, because pandoc flattens a table of HTML inside of Markdown
        text = pandoc.run(text, "--from=markdown", "--to=html", private=private).decode()
    options = ("--from=html", "--to=docx", f"--metadata=lang:{language}", f"--reference-doc={PATH}")
    parts = unpacked(pandoc.run(text, *options, "--output=-", private=private))
    document = read_xml(parts["word/document.xml"])
    _finish(document)
    body = document.find(name_of("w:body"))
    if also is not None and body is not None:
        also(parts, body)
    parts["word/document.xml"] = as_xml(document)
    parts["docProps/core.xml"] = _core(title, language)
    parts["docProps/app.xml"] = HEAD + f'<Properties xmlns="{APP}"/>'.encode()
    file = packed(parts)
    return places.write_whole(path, lambda part: part.write_bytes(file), private=private)


def _finish(document: Element) -> None:
    """Finish all tables, and turn the pages of those that are too wide."""
    body = document.find(name_of("w:body"))
    if body is None:
        return
    tables = body.findall(name_of("w:tbl"))
    for table in tables:
        _keep_apart(body, table)
    too_wide = [table for table in tables if word_tables.finish(table)]
    word_pages.turn(body, too_wide)
    _describe_pictures(body)
    _fit_pictures(body)
    if body[-2:-1] and body[-2].tag == name_of("w:tbl"):
        body.insert(len(body) - 1, Element(name_of("w:p")))  # Word wants one behind a table


def _keep_apart(body: Element, table: Element) -> None:
    """Some room between a table and the text that follows; headings and captions have their own."""
    behind = list(body)[list(body).index(table) + 1 :]
    following = next(node for node in behind if node.tag not in BOOKMARKS)
    properties = following.find(name_of("w:pPr"))
    style = properties.find(name_of("w:pStyle")) if properties is not None else None
    if properties is None or style is None or style.get(name_of("w:val")) not in PLAIN:
        return
    room = {name_of("w:before"): str(BELOW_A_TABLE)}
    properties.append(Element(name_of("w:spacing"), room))


def _describe_pictures(body: Element) -> None:
    """Leave each picture with one description, its alt text; pandoc adds the address of the
    picture, which is the whole of it where it came inside of the HTML. Raises MothersMarginsError
    for a picture without alt text.
    """
    for inline in body.iter(name_of("wp:inline")):
        said = inline.find(name_of("wp:docPr"))
        if said is None or not said.get("descr"):
            raise MothersMarginsError("documents: a picture has no alt text.")
        for inside in inline.iter(name_of("pic:cNvPr")):
            inside.set("descr", "")


def _fit_pictures(body: Element) -> None:
    """Make pictures smaller that are higher than a page, of which a program would show the upper
    part; pandoc looks at their width only.
    """
    for inline in body.iter(name_of("wp:inline")):
        said = inline.find(name_of("wp:extent"))
        sizes = [] if said is None else [said, *inline.iter(name_of("a:ext"))]
        high = max((int(size.get("cy", "0")) for size in sizes), default=0)
        for size in sizes if high > HIGHEST else ():
            for side in ("cx", "cy"):
                size.set(side, str(round(int(size.get(side, "0")) * HIGHEST / high)))


def _core(title: str, language: str) -> bytes:
    """What the file says of itself: no person, no time."""
    return (
        HEAD
        + (
            f'<cp:coreProperties xmlns:cp="{CORE}" xmlns:dc="{DUBLIN_CORE}">'
            f"<dc:title>{escape(title)}</dc:title><dc:language>{language}</dc:language>"
            "</cp:coreProperties>"
        ).encode()
    )
