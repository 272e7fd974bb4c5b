"""Blocks of text, tables and pictures as a tagged PDF (PDF/UA-1), made by Typst. Nothing is asked
of a network; the same blocks make the same bytes.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import matplotlib as mpl

Kind = Literal["title", "page", "mark", "heading", "text", "strong", "item", "table", "picture"]
FONT = "DejaVu Sans"  # ships with matplotlib, so that every machine has it
NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
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
    import typst

    given = list(blocks)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        for number, block in enumerate(given):
            if block.kind == "picture":
                (place / f"{number}.png").write_bytes(block.picture)
        source = "\n".join([*_head(title, footer, LARGE if large else SMALL), *_body(given)])
        (place / "main.typ").write_text(source, encoding="utf-8")
        made: bytes = typst.compile(
            place / "main.typ",
            root=place,
            font_paths=[Path(mpl.get_data_path()) / "fonts" / "ttf"],
            ignore_system_fonts=True,
            pdf_standards="ua-1",
            timestamp=NO_DAY,
        )
    return made


def _text(said: str) -> str:
    """Text as a Typst string, so that none of its characters is an instruction."""
    return json.dumps(said, ensure_ascii=False)


def _head(title: str, footer: str, size: int) -> Iterator[str]:
    yield f"#set document(title: {_text(title)}, date: none)"
    yield '#set page(paper: "a4", margin: 2cm, numbering: "1",'
    yield f"  footer: context [#text(size: 12pt, {_text(footer)})"
    yield "  #h(1fr) #counter(page).display()])"
    yield f'#set text(font: {_text(FONT)}, size: {size}pt, lang: "en", region: "GB")'
    yield "#set par(justify: false, leading: 0.8em)"
    yield '#set table(inset: 7pt, stroke: 0.5pt + rgb("#6b7280"))'
    yield "#show heading: set block(above: 1.4em, below: 0.8em)"


def _body(blocks: Sequence[Block]) -> Iterator[str]:
    for number, block in enumerate(blocks):
        said = _text(block.text)
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
    head = ", ".join(f"strong({_text(cell)})" for cell in header)
    cells = ", ".join(f"[#text({_text(cell)})]" for row in body for cell in row)
    columns = ", ".join(widths or ["1fr" for _ in header])
    return f"#table(columns: ({columns},), table.header({head}), {cells})"
