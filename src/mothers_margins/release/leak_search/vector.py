"""SVG: a picture that can hold text, programs and links."""

import re

from mothers_margins.release.leak_search.packages import HostileError
from mothers_margins.release.leak_search.search import OUR_NAMES, Search
from mothers_margins.release.leak_search.streamed_xml import Document, Element, read_xml

# matplotlib writes it; nothing is declared in it.
PLAIN_DOCTYPE = re.compile(
    rb'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1\.1//EN"\s+'
    rb'"http://www\.w3\.org/Graphics/SVG/1\.1/DTD/svg11\.dtd">'
)
FETCHED = re.compile(r"url\(\s*+[\"']?+(?!#|data:)|@import", re.I)
LINKS = ("a",)  # elements whose address is for a reader's click


def search_svg(search: Search, raw: bytes, place: str = "") -> None:
    """Everything in an SVG."""
    where = place or "the picture"
    try:
        document = read_xml(PLAIN_DOCTYPE.sub(b"", raw, count=1))
    except HostileError as error:
        search.add(str(error), where)
        search.text(raw.decode("utf-8", "replace"), place)
        return
    search.text(document.texts(), where)
    _properties(search, document, where)
    for element in document.elements:
        _element(search, element, where)
    if any("xml-stylesheet" in aside for aside in document.asides):
        search.add("external_link", where)


def _properties(search: Search, document: Document, where: str) -> None:
    """Who made it; a program is no person."""
    for element in document.elements:
        is_person = element.name in ("creator", "publisher", "rights", "contributor")
        is_inside = {"creator", "publisher", "rights", "contributor"} & {*element.parents}
        text = element.text.strip()
        if not (is_person or is_inside) or text.startswith("Matplotlib v"):
            continue
        if text not in OUR_NAMES:
            search.add("document_property", where)


def _element(search: Search, element: Element, where: str) -> None:
    """Programs, and what is fetched."""
    if element.name in ("script", "handler", "iframe", "embed", "object"):
        search.add("macro", where)
    for name, value in element.attributes.items():
        if name.lower().startswith("on"):
            search.add("macro", where)
        elif name == "href" and element.name not in LINKS:
            if not value.startswith(("#", "data:image/")):
                search.add("external_link", where)
        elif FETCHED.search(value):
            search.add("external_link", where)
    if element.name == "style" and FETCHED.search(element.text):
        search.add("external_link", where)
