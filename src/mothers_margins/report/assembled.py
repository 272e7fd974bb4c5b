"""The report as one Markdown text, with a mark where each exhibit stands; every format is made from
it.
"""

import re
from collections.abc import Iterator, Sequence

from mothers_margins.report.chapters import Told
from mothers_margins.report.exhibits import Numbered

CHAPTER = "part_"  # how the names of chapters begin in links
LINK = re.compile(r"\]\(#([0-9]{2}_[a-z0-9_]+)\)")
TOKEN = re.compile(r"\[\[([0-9]{2}_[a-z0-9_]+)\]\]")  # in a cell: a link to a chapter
CONTENTS = "CONTENTSHERE"
MARKDOWN = "--from=markdown+autolink_bare_uris"  # an address is a link
ADDRESS = re.compile(r"https?://[^\s,;()]+")
BREAK = "PAGEBREAKHERE"
BEFORE_CONTENTS = ("front",)


def marker(exhibit: Numbered) -> str:
    """What stands for an exhibit until it is put in; letters alone, which no format changes."""
    return f"EXHIBIT{exhibit.kind}{exhibit.number}END"


def assembled(chapters: Sequence[Told], *, contents: bool = True) -> str:
    """All chapters as Markdown, with a mark where a page begins.

    contents: with a mark where the contents stand, behind the front matter.
    """
    pieces: list[str] = []
    waiting = contents
    before = "front"
    for told in chapters:
        kind = told.chapter.kind
        if waiting and kind not in BEFORE_CONTENTS:
            pieces += [BREAK, CONTENTS]
            waiting = False
        if pieces and not kind == before == "body":  # chapters of the body follow on one page
            pieces.append(BREAK)
        pieces += _chapter(told)
        before = kind
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def _chapter(told: Told) -> Iterator[str]:
    yield f"# {told.heading} {{#{CHAPTER}{told.chapter.name}}}"
    for part in told.parts:
        yield LINK.sub(rf"](#{CHAPTER}\1)", part.markdown)
        if part.exhibit:
            yield marker(part.exhibit)


def exhibits_of(chapters: Sequence[Told]) -> list[Numbered]:
    """The exhibits that the chapters show, in their order."""
    return [part.exhibit for told in chapters for part in told.parts if part.exhibit]


def called(told: Told) -> str:
    """What a link to a chapter is called."""
    if not told.label:
        return told.title
    return f"Section {told.label}" if told.label.isdigit() else told.label
