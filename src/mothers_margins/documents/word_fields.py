"""What Word counts and looks up by itself: captions with numbers, references to them, contents and
lists of captions, the number of the page. Every field holds its result, so that nothing has to be
updated when a document is opened.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from xml.etree.ElementTree import SubElement

from mothers_margins.documents.parts import Element, name_of

CAPTIONS = {"TableCaption": "Table", "ImageCaption": "Figure"}  # styles, and what Word counts
CAPTION = re.compile(r"(Table|Figure) (\d+)\. ")
HEADINGS = ("Heading1", "Heading2")
DEEPEST = '"1-2"'  # of the contents
FIRST_OWN_ID = 100_000  # of bookmarks; those of pandoc are smaller
SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def number_captions(body: Element, anchors: Mapping[str, str]) -> None:
    """Let Word number the captions of tables and figures, and refer to them.

    anchors: by what a caption begins with ('Table 3'), the name that links have for it. A caption
    that stands again, over the next part of a table, has the number of the first.
    """
    seen: set[str] = set()
    for paragraph in body.iter(name_of("w:p")):
        kind = CAPTIONS.get(style_of(paragraph))
        text = text_of(paragraph)
        begun = CAPTION.match(text)
        if kind is None or begun is None or begun[1] != kind:
            continue
        label = f"{kind} {begun[2]}"
        name = anchors.get(label, "") if label not in seen else ""
        _write_caption(paragraph, kind, begun[2], text[begun.end() :], name, label in seen)
        seen.add(label)
    for link in body.iter(name_of("w:hyperlink")):
        if link.get(name_of("w:anchor")) in anchors.values():
            _as_reference(link)


def _write_caption(
    paragraph: Element, kind: str, number: str, rest: str, name: str, again: bool
) -> None:
    """A caption anew: its word, its number as a field, its text; a bookmark around the first
    two.
    """
    properties = paragraph.find(name_of("w:pPr"))
    paragraph[:] = [properties] if properties is not None else []
    identity = str(FIRST_OWN_ID + len(name) + 1000 * int(number) + 500 * (kind == "Figure"))
    if name:
        start = {name_of("w:id"): identity, name_of("w:name"): name}
        SubElement(paragraph, name_of("w:bookmarkStart"), start)
    paragraph.append(run(f"{kind} "))
    switch = r" \c" if again else ""
    paragraph.extend(field(rf" SEQ {kind} \* ARABIC{switch} ", [run(number)]))
    if name:
        SubElement(paragraph, name_of("w:bookmarkEnd"), {name_of("w:id"): identity})
    paragraph.append(run(f". {rest}"))


def _as_reference(link: Element) -> None:
    """A link to a caption as a reference that Word keeps true; what it shows stays."""
    shown = list(link)
    anchor = link.get(name_of("w:anchor"), "")
    link[:] = field(rf" REF {anchor} \h ", shown)


def write_contents(body: Element, marker: str, heading: str) -> None:
    """Contents where a paragraph holds the marker: a field with a link to each heading of the two
    upper levels.
    """
    entries = []
    for paragraph, name in _headings(body):
        level = HEADINGS.index(style_of(paragraph)) + 1
        entries.append(_entry(f"Toc{level}", name, text_of(paragraph)))
    _write_list(body, marker, heading, rf" TOC \o {DEEPEST} \h \z \u ", entries)


def write_captions(body: Element, marker: str, heading: str, kind: str) -> None:
    """A list of all captions of a kind where a paragraph holds the marker."""
    entries = []
    for paragraph in body.iter(name_of("w:p")):
        mark = paragraph.find(name_of("w:bookmarkStart"))
        if CAPTIONS.get(style_of(paragraph)) == kind and mark is not None:
            name = mark.get(name_of("w:name"), "")
            entries.append(_entry("TableOfFigures", name, text_of(paragraph)))
    _write_list(body, marker, heading, rf' TOC \h \z \c "{kind}" ', entries)


def _headings(body: Element) -> Iterator[tuple[Element, str]]:
    """Headings with the name by which a link finds them; pandoc sets a bookmark before each."""
    name = ""
    for node in body:
        if node.tag == name_of("w:bookmarkStart"):
            name = node.get(name_of("w:name"), "")
        if node.tag == name_of("w:p") and style_of(node) in HEADINGS:
            inside = node.find(name_of("w:bookmarkStart"))
            yield node, inside.get(name_of("w:name"), "") if inside is not None else name


def _entry(style: str, name: str, text: str) -> Element:
    """A line of contents: a link."""
    paragraph = styled(style)
    link = SubElement(
        paragraph,
        name_of("w:hyperlink"),
        {name_of("w:anchor"): name, name_of("w:history"): "1"},
    )
    link.append(run(text))
    return paragraph


def _write_list(
    body: Element, marker: str, heading: str, instruction: str, entries: Sequence[Element]
) -> None:
    """A field over several paragraphs, in the place of the paragraph with the marker."""
    place = next((node for node in body if text_of(node).strip() == marker), None)
    if place is None:
        return
    index = list(body).index(place)
    titled = styled("TOCHeading")
    if place.find(f"{name_of('w:pPr')}/{name_of('w:pageBreakBefore')}") is not None:
        SubElement(titled[0], name_of("w:pageBreakBefore"))
    titled.append(run(heading))
    written = list(entries)
    if written:
        begin, code, middle, _, end = field(instruction, [run("")])
        after = 1 if written[0].find(name_of("w:pPr")) is not None else 0
        for offset, node in enumerate((begin, code, middle)):
            written[0].insert(after + offset, node)
        written[-1].append(end)
    body[index : index + 1] = [titled, *written]


def name_headings(body: Element, names: Mapping[str, str]) -> None:
    """A bookmark around every heading that says in which file its text stands.

    names: by the bookmark of a first-level heading, the name of its file.
    """
    file, number = "", 0
    for paragraph, bookmark in list(_headings_of_all_levels(body)):
        if bookmark in names:
            file, number = names[bookmark], 0
        if not file:
            continue
        number += 1
        identity = str(2 * FIRST_OWN_ID + list(body).index(paragraph))
        name = f"file_{file}_{number}"[:40]
        start = Element(
            name_of("w:bookmarkStart"), {name_of("w:id"): identity, name_of("w:name"): name}
        )
        after = 1 if paragraph.find(name_of("w:pPr")) is not None else 0
        paragraph.insert(after, start)
        SubElement(paragraph, name_of("w:bookmarkEnd"), {name_of("w:id"): identity})


def _headings_of_all_levels(body: Element) -> Iterator[tuple[Element, str]]:
    name = ""
    for node in body:
        if node.tag == name_of("w:bookmarkStart"):
            name = node.get(name_of("w:name"), "")
        if node.tag == name_of("w:p") and style_of(node).startswith("Heading"):
            yield node, name


def begin_pages(body: Element, marker: str) -> None:
    """Let the paragraph behind each paragraph with the marker begin a page, and take the marker
    away.
    """
    waiting = False
    for node in list(body):
        if node.tag == name_of("w:p") and text_of(node).strip() == marker:
            body.remove(node)
            waiting = True
        elif waiting and node.tag == name_of("w:p"):
            properties = node.find(name_of("w:pPr"))
            if properties is None:
                properties = Element(name_of("w:pPr"))
                node.insert(0, properties)
            after = 1 if properties.find(name_of("w:pStyle")) is not None else 0
            properties.insert(after, Element(name_of("w:pageBreakBefore")))
            waiting = False


def page_number() -> list[Element]:
    """The number of the page, as a field."""
    return field(" PAGE ", [run("1")])


def field(instruction: str, result: Sequence[Element]) -> list[Element]:
    """A field with its result, as runs."""
    code = Element(name_of("w:r"))
    written = SubElement(code, name_of("w:instrText"), {SPACE: "preserve"})
    written.text = instruction
    return [_mark("begin"), code, _mark("separate"), *map(deepcopy, result), _mark("end")]


def _mark(kind: str) -> Element:
    made = Element(name_of("w:r"))
    SubElement(made, name_of("w:fldChar"), {name_of("w:fldCharType"): kind})
    return made


def run(text: str) -> Element:
    """Letters of a paragraph."""
    made = Element(name_of("w:r"))
    written = SubElement(made, name_of("w:t"), {SPACE: "preserve"})
    written.text = text
    return made


def styled(style: str) -> Element:
    """An empty paragraph of a style."""
    paragraph = Element(name_of("w:p"))
    properties = SubElement(paragraph, name_of("w:pPr"))
    SubElement(properties, name_of("w:pStyle"), {name_of("w:val"): style})
    return paragraph


def style_of(paragraph: Element) -> str:
    """The style of a paragraph; empty if it says none."""
    style = paragraph.find(f"{name_of('w:pPr')}/{name_of('w:pStyle')}")
    return "" if style is None else style.get(name_of("w:val"), "")


def text_of(node: Element) -> str:
    """All letters in a node."""
    return "".join(letters.text or "" for letters in node.iter(name_of("w:t")))
