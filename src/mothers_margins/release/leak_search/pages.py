"""Pages: HTML, Markdown and their styles."""

import base64
import binascii
import html
import re
from collections.abc import Iterator

from mothers_margins.release.leak_search.images import search_png
from mothers_margins.release.leak_search.search import OUR_NAMES, Search
from mothers_margins.release.leak_search.vector import search_svg

EMBEDDED = re.compile(r"data:([\w.+-]{1,80}/[\w.+-]{1,80})?((?:;[\w.=+-]{1,80}){0,5}),", re.I)
ENDS = re.compile(r"[\"'()<>\s\\]")
HARMLESS = re.compile(
    r"(?:font|audio|video)/.*|image/(?:gif|webp|x-icon|vnd\.microsoft\.icon)"
    r"|application/(?:x-)?font.*|application/vnd\.ms-fontobject|text/css"
    r"|(?:application|text)/javascript|",
    re.I,
)
WORKBOOK = re.compile(r"application/(?:vnd\.ms-excel|vnd\.openxmlformats.*sheet).*|text/csv", re.I)
# Tags within a word, and those between words.
INNER_TAG = re.compile(
    r"</?(?:a|abbr|b|code|em|font|i|mark|q|s|small|span|strong|sub|sup|u)\b[^<>]{0,100000}>", re.I
)
TAG = re.compile(r"<[!/]?[A-Za-z][^<>]{0,100000}>")
FETCHING = re.compile(
    r"\b(?:src|srcset|poster|background|data|action|formaction|manifest)\s{0,9}=\s{0,9}[\"']?\s{0,9}"
    r"(?:https?:|ftp:|//)",
    re.I,
)
FETCHING_TAG = re.compile(
    r"<(?:link|image|use|base)\b[^<>]{0,5000}?\bhref\s{0,9}=\s{0,9}[\"']?\s{0,9}(?:https?:|ftp:|//)",
    re.I,
)
FETCHING_STYLE = re.compile(
    r"@import\s{1,9}(?:url\()?[\"']?(?:https?:|//)|\burl\(\s{0,9}[\"']?(?:https?:|ftp:|//)", re.I
)
REFRESHED = re.compile(r"<meta\b[^<>]{0,2000}?http-equiv\s{0,9}=\s{0,9}[\"']?refresh", re.I)
FETCHED_PICTURE = re.compile(r"!\[[^\[\]]{0,2000}\]\(\s{0,9}<?(?:https?:|ftp:|//)", re.I)
AUTHOR = re.compile(
    r"<meta\b[^<>]{0,2000}?\bname\s{0,9}=\s{0,9}[\"']?author\b[^<>]{0,2000}?"
    r"\bcontent\s{0,9}=\s{0,9}[\"']([^\"']{0,2000})[\"']",
    re.I,
)
PROMPT = re.compile(r"\b(?:In|Out)(?:&nbsp;|&#160;|\s){0,3}\[(?:\d{1,6}|\*)\]:")
RULES = (FETCHING, FETCHING_TAG, FETCHING_STYLE, REFRESHED, FETCHED_PICTURE)


def search_page(search: Search, text: str) -> None:
    """Everything in a page, also what stands in it as a picture or in another spelling."""
    bare = _without_embedded(search, text)
    search.text(bare)
    unescaped = html.unescape(bare)
    if unescaped != bare:
        search.text(unescaped)
    search.text(TAG.sub(" ", INNER_TAG.sub("", unescaped)), "text of the page")
    for rule in RULES:
        for hit in rule.finditer(bare):
            search.add("external_link", _line(bare, hit.start()))
    for hit in AUTHOR.finditer(bare):
        if hit.group(1).strip() not in OUR_NAMES:
            search.add("document_property", _line(bare, hit.start()))
    for hit in PROMPT.finditer(bare):
        search.add("executed_notebook", _line(bare, hit.start()))


def _without_embedded(search: Search, text: str) -> str:
    """A page without the files that stand in it; these are searched by themselves."""
    kept: list[str] = []
    position = 0
    for begins, ends, kind, is_base64 in _embedded(text):
        kept.append(text[position:begins])
        position = ends
        _search_embedded(search, kind, text[begins:ends], is_base64, _line(text, begins))
    kept.append(text[position:])
    return "".join(kept)


def _embedded(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """Where files stand in a page: begin and end, kind, and whether they are in base 64."""
    position = 0
    while hit := EMBEDDED.search(text, position):
        end = ENDS.search(text, hit.end())
        position = end.start() if end else len(text)
        yield hit.end(), position, (hit.group(1) or "").lower(), ";base64" in hit.group(2).lower()


def _search_embedded(search: Search, kind: str, payload: str, is_base64: bool, where: str) -> None:
    """A file in a page."""
    if WORKBOOK.fullmatch(kind):
        search.add("embedded_workbook", where)
        return
    try:
        raw = base64.b64decode(payload, validate=True) if is_base64 else _unquoted(payload)
    except (binascii.Error, ValueError):
        search.add("unreadable", where)
        return
    if kind == "image/png":
        search_png(search, raw, where)
    elif kind == "image/svg+xml":
        search_svg(search, raw, where)
    elif not HARMLESS.fullmatch(kind):
        search.add("embedded_file", where)
    elif kind.startswith(("text/", "application/javascript")):
        search.text(raw.decode("utf-8", "replace"), where)


def _unquoted(payload: str) -> bytes:
    """What stands in a page with its special characters by number."""
    return re.sub(
        rb"%([0-9A-Fa-f]{2})", lambda hit: bytes([int(hit.group(1), 16)]), payload.encode()
    )


def _line(text: str, position: int) -> str:
    return f"line {text.count(chr(10), 0, position) + 1}"
