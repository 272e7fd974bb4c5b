"""The report as one HTML page that needs nothing else: no script, no network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from mothers_margins.documents import pandoc
from mothers_margins.report.assembled import (
    ADDRESS,
    BREAK,
    CHAPTER,
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
from mothers_margins.tables.table import STYLE, Table
from mothers_margins.wording import report as words

TEMPLATES = Path(__file__).parents[1] / "templates"


def page_of(front: Front, chapters: Sequence[Told]) -> bytes:
    """The page as the bytes of a file."""
    style = (TEMPLATES / "page" / "page.css").read_text(encoding="utf-8")
    own = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    page = (TEMPLATES / "report.html").read_text(encoding="utf-8")
    filled = {
        "style": style + own,
        "table_style": STYLE,
        "title": escape(front.title),
        "mark": escape(front.mark),
        "skip": words.SKIP,
        "front": "".join(_front(front)),
        "contents": _contents(chapters),
        "heading": words.CONTENTS,
        "body": body_of(chapters, 1).replace(f"<p>{BREAK}</p>", ""),
    }
    for name, text in filled.items():
        page = page.replace(f"{{{{ {name} }}}}", text)
    return page.encode()


def body_of(chapters: Sequence[Told], deeper: int, *, contents: bool = False) -> str:
    """All chapters as HTML, their exhibits put in. deeper: how many levels their headings stand
    below; contents: with a mark where the contents stand.
    """
    text = assembled(chapters, contents=contents)
    options = (MARKDOWN, "--to=html5", "--wrap=none")
    html = pandoc.run(text, *options, f"--shift-heading-level-by={deeper}").decode()
    link = _linked(chapters)
    for one in exhibits_of(chapters):
        html = html.replace(f"<p>{marker(one)}</p>", exhibit_markup(one, link), 1)
    return html


def exhibit_markup(one: Numbered, link: Callable[[str], str]) -> str:
    """An exhibit with its number: a table that can be scrolled where it is too wide, or a
    picture.
    """
    caption = f"{one.label}. {one.caption}"
    said = escape(caption, quote=True)
    if isinstance(one.made, Table):
        table = link(replace(one.made, caption=caption).markup())
        return (
            f'<div id="{one.anchor}" class="scroll" role="region" tabindex="0" '
            f'aria-label="{said}">\n{table}\n</div>'
        )
    return (
        f'<figure id="{one.anchor}">{one.made.picture()}'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _linked(chapters: Sequence[Told]) -> Callable[[str], str]:
    """What makes links of the names of chapters in cells."""
    names: Mapping[str, str] = {told.chapter.name: called(told) for told in chapters}

    def content(html: str) -> str:
        return TOKEN.sub(
            lambda found: (
                f'<a href="#{CHAPTER}{found[1]}">{escape(names.get(found[1], found[1]))}</a>'
            ),
            html,
        )

    return content


def _front(front: Front) -> list[str]:
    """The first page: title, marks, who."""
    lines = [f"<h1>{escape(front.title)}</h1>", f"<p class='subtitle'>{escape(front.subtitle)}</p>"]
    lines += [f'<p class="mark">{escape(mark)}</p>' for mark in front.marks]
    rows = "".join(f"<dt>{escape(what)}</dt><dd>{linked(who)}</dd>" for what, who in front.lines)
    if rows:
        lines.append(f"<dl>{rows}</dl>")
    return lines


def linked(text: str) -> str:
    """A text as HTML, in which an address is a link."""
    return ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(text))


def _contents(chapters: Sequence[Told]) -> str:
    items = [
        f'<li><a href="#{CHAPTER}{told.chapter.name}">{escape(told.heading)}</a></li>'
        for told in chapters
    ]
    return f"<ul>{''.join(items)}</ul>"
