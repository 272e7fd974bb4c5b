"""The report as a tagged PDF."""

import re
from collections.abc import Callable, Mapping, Sequence

from mothers_margins.documents import pandoc
from mothers_margins.documents.typeset import FONT, as_string, typeset
from mothers_margins.figures.figure import Figure
from mothers_margins.report.assembled import (
    ADDRESS,
    BREAK,
    CHAPTER,
    CONTENTS,
    MARKDOWN,
    TOKEN,
    assembled,
    called,
    exhibits_of,
    marker,
)
from mothers_margins.report.chapters import Told
from mothers_margins.report.exhibits import Numbered
from mothers_margins.report.front import Front
from mothers_margins.report.typst_table import typst_table
from mothers_margins.tables.table import Table
from mothers_margins.wording import report as words

HEAD = """#set document(title: {title}, date: none)
#set page(paper: "a4", margin: (x: 2cm, top: 2.2cm, bottom: 2cm),
  header: text(size: 8.5pt, weight: "bold", {mark}),
  footer: context [#text(size: 8.5pt, {short}) #h(1fr) #counter(page).display()])
#set text(font: {font}, size: 10pt, lang: "en", region: "GB", hyphenate: false)
#set par(justify: false, leading: 0.75em, spacing: 1.1em)
#set table(inset: (x: 3pt, y: 2.2pt))
#show figure.where(kind: table): set block(breakable: true)
#show figure: set align(left)
#show figure.caption: it => block(
  width: 100%, align(left, text(size: 9pt, weight: "bold", it.body)))
#show heading.where(level: 1): set text(size: 17pt)
#show heading.where(level: 2): set text(size: 13pt)
#show heading.where(level: 3): set text(size: 11pt)
#show heading: set block(above: 1.5em, below: 0.9em, sticky: true)
#show link: set text(fill: rgb("#12436D"))
#set outline.entry(fill: repeat[.])
"""
LISTS = """#outline(title: {contents}, depth: 2)
#heading(level: 2, outlined: false, {tables})
#outline(title: none, target: figure.where(kind: table))
#heading(level: 2, outlined: false, {figures})
#outline(title: none, target: figure.where(kind: image))
"""
NEW_PAGE = "#pagebreak(weak: true)"


def pdf_of(front: Front, chapters: Sequence[Told]) -> bytes:
    """The report as the bytes of a PDF file (PDF/UA-1)."""
    exhibits = exhibits_of(chapters)
    pictures = {
        f"{one.anchor}.png": one.made.png() for one in exhibits if isinstance(one.made, Figure)
    }
    return typeset(source_of(front, chapters, exhibits), pictures)


def source_of(front: Front, chapters: Sequence[Told], exhibits: Sequence[Numbered]) -> str:
    """The report in Typst's words."""
    text = assembled(chapters)
    body = pandoc.run(text, MARKDOWN, "--to=typst", "--wrap=none").decode()
    link = _linked(chapters)
    for one in exhibits:
        body = body.replace(marker(one), _exhibit(one, link), 1)
    lists = LISTS.format(
        contents=as_string(words.CONTENTS),
        tables=as_string(words.TABLES_LIST),
        figures=as_string(words.FIGURES_LIST),
    )
    body = body.replace(CONTENTS, lists, 1).replace(BREAK, NEW_PAGE)
    head = HEAD.format(
        title=as_string(front.title),
        mark=as_string(front.mark),
        short=as_string(front.short),
        font=as_string(FONT),
    )
    return "\n".join([head, _title(front), body])


def _title(front: Front) -> str:
    """The title page."""
    lines = [
        "#v(2cm)",
        f'#text(size: 20pt, weight: "bold")[#title({as_string(unbroken(front.title))})]',
        f"#text(size: 14pt, {as_string(front.subtitle)})\n",
        *(f'#text(weight: "bold", {as_string(line)})\n' for line in front.marks),
        *(_line(what, who) for what, who in front.lines),
    ]
    return "\n".join(lines)


def _line(what: str, who: str) -> str:
    """A line of the title page; an address in it is a link."""
    pieces = [
        f"#link({as_string(piece)})" if ADDRESS.fullmatch(piece) else f"#text({as_string(piece)})"
        for piece in re.split(f"({ADDRESS.pattern})", who)
        if piece
    ]
    return f"#strong({as_string(what + ':')}) {''.join(pieces)}\n"


def unbroken(title: str) -> str:
    """A title whose words with a hyphen stay in one line."""
    return title.replace("-", "\u2011")


def _linked(chapters: Sequence[Told]) -> Callable[[str], str]:
    """What makes content of a cell's text: links to chapters, each with its page."""
    names: Mapping[str, str] = {told.chapter.name: called(told) for told in chapters}

    def content(text: str) -> str:
        pieces = TOKEN.split(text)
        written = []
        for place, piece in enumerate(pieces):
            if place % 2 == 0:
                written.append(f"#text({as_string(piece)})" if piece else "")
                continue
            target = f"<{CHAPTER}{piece}>"
            named = as_string(f"{names.get(piece, piece)}, page ")
            page = f"#context counter(page).at({target}).first()"
            written.append(f"#link({target})[#text({named}){page}]")
        return "".join(written)

    return content


def _exhibit(one: Numbered, link: Callable[[str], str]) -> str:
    caption = f"{one.label}. {one.caption}"
    if isinstance(one.made, Table):
        return typst_table(one.made, caption, one.anchor, link)
    alt = as_string(one.made.alt)
    width = min(100, round(100 * one.made.drawn.get_figwidth() / 6.7))
    return (
        f"#figure(image({as_string(one.anchor + '.png')}, alt: {alt}, width: {width}%), "
        f"kind: image, supplement: none, numbering: none, caption: {as_string(caption)}) "
        f"<{one.anchor}>"
    )
