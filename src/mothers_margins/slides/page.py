"""A deck as one page: a deck on a laptop, a page to scroll on a phone, a slide a sheet on paper. It
holds all that it shows, no script, and no notes.
"""

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from mothers_margins.figures.slides import tokens
from mothers_margins.figures.style import FIRST, GREY, INK
from mothers_margins.slides.deck import Deck
from mothers_margins.slides.slide import Slide
from mothers_margins.wording import leag as words

STYLE = Path(__file__).parents[1] / "templates" / "deck.css"
FILLED_IN = {
    "background": tokens.BACKGROUND,
    "tint": tokens.TINT,
    "band": tokens.BAND,
    "prompt": tokens.PROMPT,
    "on_prompt": tokens.ON_PROMPT,
    "rule": tokens.RULE,
    "ink": INK,
    "first": FIRST,
    "grey": GREY,
    "font": f"{tokens.FONT}, '{tokens.TWIN}', sans-serif",
}


def page(deck: Deck) -> str:
    """The page as text."""
    style = STYLE.read_text(encoding="utf-8")
    for name, value in FILLED_IN.items():
        style = style.replace(f"{{{{ {name} }}}}", value)
    mark = "REHEARSAL. " if deck.meant.rehearsal else ""
    title = escape(f"{mark}{deck.meant.title}")
    body = "\n".join(_section(deck, one, place) for place, one in enumerate(deck.shown))
    return (
        f'<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _section(deck: Deck, one: Slide, place: int) -> str:
    """One slide: its heading, what it says, and the band below it."""
    level = 1 if place == 0 else 2
    name = f"slide_{place + 1}"
    parts = [f'<h{level} id="{name}">{escape(one.title)}</h{level}>', *_content(one)]
    inside = "".join(parts)
    band = f"{escape(deck.meant.mark)} <span>{place + 1} of {len(deck.shown)}</span>"
    return (
        f'<section class="{one.kind}" aria-labelledby="{name}"><div class="slide">{inside}</div>'
        f'<p class="band">{band}</p></section>'
    )


def _content(one: Slide) -> Iterator[str]:
    has_list = bool(one.table) and one.table[0] == words.FACTORS
    if len(one.lines) == 1 or has_list:
        yield from (f"<p>{escape(line)}</p>" for line in one.lines)
    elif one.lines:
        yield _list(one.lines)
    if has_list:
        yield _list(_down(one.table), "factors")
    elif one.table:
        yield _table(one)
    if one.picture:
        narrow = f"data:image/png;base64,{one.picture.narrow}"
        wide = f"data:image/png;base64,{one.picture.wide}"
        yield (
            f'<picture><source media="(max-width: 700px)" srcset="{narrow}">'
            f'<img src="{wide}" alt="{escape(one.picture.alt)}"></picture>'
        )
    if one.remember:
        yield f'<p class="remember">{escape(one.remember)}</p>'


def _list(lines: Iterable[str], name: str = "") -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<ul class="{name}">{items}</ul>' if name else f"<ul>{items}</ul>"


def _down(table: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    """What a list in two columns holds, one column after the other."""
    for column in zip(*table[1:], strict=True):
        yield from (cell for cell in column if cell)


def _table(one: Slide) -> str:
    """A table with its header row. On a phone each row stands for itself, its columns named."""
    header, *rows = one.table
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(_row(header, row) for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(header: tuple[str, ...], row: tuple[str, ...]) -> str:
    """A row; one that is wholly empty is to be written into."""
    start = "<tr>" if any(row) else '<tr class="to-fill">'
    return f"{start}{''.join(_cells(header, row))}</tr>"


def _cells(header: tuple[str, ...], row: tuple[str, ...]) -> Iterator[str]:
    """The cells of a row, each with what a phone says of its column; the name of a row that is only
    filled in is said without.
    """
    for place, (name, cell) in enumerate(zip(header, row, strict=True)):
        column = escape(name)
        if not cell:
            yield f'<td data-box="{column}"></td>'
            continue
        colon = "" if name.endswith("?") else ":"
        label = f' data-column="{column}{colon}"' if any(row[1:]) else ""
        yield f"<td{label}>{escape(cell)}</td>" if place else _row_name(label, cell)


def _row_name(label: str, cell: str) -> str:
    return f'<th scope="row"{label}>{escape(cell)}</th>'
