"""Blocks of text, tables and pictures as a tagged PDF (PDF/UA-1), made by Typst. Nothing is asked
of a network; the same blocks make the same bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mothers_margins.documents.typeset import FONT, as_string, typeset

Kind = Literal["title", "page", "mark", "heading", "text", "strong", "item", "table", "picture"]
SMALL, LARGE = 12, 18  # points


@dataclass(frozen=True)
class Block:
    """One block of a document; a `page` is a title on a page of its own. text: what it says, of a
    picture its alt text; rows: of a table, the
    first one the header; widths: of its columns, as Typst has them, all alike if it says none;
    picture: a PNG file.
    """

    kind: Kind
    text: str = ""
    rows: Sequence[Sequence[str]] = ()
    picture: bytes = b""
    widths: Sequence[str] = ()


def pdf(blocks: Iterable[Block], title: str, *, footer: str = "", large: bool = False) -> bytes:
    """The document as the bytes of a PDF file. footer: on every page. large: in large print."""
    given = list(blocks)
    pictures = {
        f"{number}.png": block.picture
        for number, block in enumerate(given)
        if block.kind == "picture"
    }
    source = "\n".join([*_head(title, footer, LARGE if large else SMALL), *_body(given)])
    return typeset(source, pictures)


def _head(title: str, footer: str, size: int) -> Iterator[str]:
    yield f"#set document(title: {as_string(title)}, date: none)"
    yield '#set page(paper: "a4", margin: 2cm, numbering: "1",'
    yield f"  footer: context [#text(size: 12pt, {as_string(footer)})"
    yield "  #h(1fr) #counter(page).display()])"
    yield f'#set text(font: {as_string(FONT)}, size: {size}pt, lang: "en", region: "GB")'
    yield "#set par(justify: false, leading: 0.8em)"
    yield '#set table(inset: 7pt, stroke: 0.5pt + rgb("#6b7280"))'
    yield "#show heading: set block(above: 1.4em, below: 0.8em)"


def _body(blocks: Sequence[Block]) -> Iterator[str]:
    for number, block in enumerate(blocks):
        said = as_string(block.text)
        if block.kind == "page" and number > 0:
            yield "#pagebreak()"
        if block.kind in ("title", "page", "heading"):
            yield f"#heading(level: {2 if block.kind == 'heading' else 1}, {said})"
        elif block.kind in ("mark", "strong"):
            yield f"#strong({said})\n"
        elif block.kind == "item":
            yield f"- #text({said})"
        elif block.kind == "table":
            yield _table(block.rows, block.widths)
        elif block.kind == "picture":
            yield f'#image("{number}.png", alt: {said}, width: 100%)'
        else:
            yield f"#text({said})\n"


def _table(rows: Sequence[Sequence[str]], widths: Sequence[str]) -> str:
    """A table with a header that is repeated on every page."""
    header, *body = rows
    head = ", ".join(f"strong({as_string(cell)})" for cell in header)
    cells = ", ".join(f"[#text({as_string(cell)})]" for row in body for cell in row)
    columns = ", ".join(widths or ["1fr" for _ in header])
    return f"#table(columns: ({columns},), table.header({head}), {cells})"
