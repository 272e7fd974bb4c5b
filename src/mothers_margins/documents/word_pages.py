"""Pages that lie, for tables that are too wide for an upright one."""

from collections.abc import Container, Sequence
from copy import deepcopy

from mothers_margins.documents.parts import BOOKMARKS, Element, name_of


def turn(body: Element, too_wide: Container[Element]) -> None:
    """Put each of these tables, with its caption, on pages of its own that lie."""
    *content, upright = list(body)
    lying = deepcopy(upright)
    _turn(lying)
    arranged: list[Element] = []
    for node in content:
        if node not in too_wide:
            arranged.append(node)
            continue
        caption = [arranged.pop()] if arranged and _is_caption(arranged[-1]) else []
        before = _last(arranged)
        if before is not None and not _ends_lying(before):
            arranged.append(_end_of_section(upright))
        arranged += [*caption, node, _end_of_section(lying)]
    last = _last(arranged)
    if last is not None and _ends_lying(last):
        arranged.remove(last)  # the last section has its page at the end of the document
        upright = lying
    body[:] = [*arranged, upright]


def _last(nodes: Sequence[Element]) -> Element | None:
    """The last of these that takes room."""
    return next((node for node in reversed(nodes) if node.tag not in BOOKMARKS), None)


def _is_caption(node: Element) -> bool:
    style = node.find(f"{name_of('w:pPr')}/{name_of('w:pStyle')}")
    return style is not None and style.get(name_of("w:val")) == "TableCaption"


def _ends_lying(node: Element) -> bool:
    page = node.find(f"{name_of('w:pPr')}/{name_of('w:sectPr')}/{name_of('w:pgSz')}")
    return page is not None and page.get(name_of("w:orient")) == "landscape"


def _end_of_section(page: Element) -> Element:
    """A paragraph without text, in which a section ends whose pages are like `page`."""
    paragraph = Element(name_of("w:p"))
    properties = Element(name_of("w:pPr"))
    properties.append(Element(name_of("w:pStyle"), {name_of("w:val"): "SectionEnd"}))
    properties.append(deepcopy(page))
    paragraph.append(properties)
    return paragraph


def _turn(page: Element) -> None:
    """Exchange width and height."""
    size = page.find(name_of("w:pgSz"))
    if size is not None:
        width, height = size.get(name_of("w:w"), ""), size.get(name_of("w:h"), "")
        size.attrib = {
            name_of("w:w"): height,
            name_of("w:h"): width,
            name_of("w:orient"): "landscape",
        }
