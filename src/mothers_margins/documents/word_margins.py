"""What stands at the top and at the bottom of every page of a Word document."""

from xml.etree.ElementTree import SubElement

from mothers_margins.documents.parts import Element, Parts, as_xml, name_of
from mothers_margins.documents.word_fields import page_number, run, styled

RELATIONS = "word/_rels/document.xml.rels"
TYPES = "[Content_Types].xml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
KINDS = {"header": "w:hdr", "footer": "w:ftr"}


def write_margins(parts: Parts, body: Element, header: str, footer: str) -> None:
    """Put a header, and a footer with the number of the page, on the pages of every section."""
    for kind, text in (("header", header), ("footer", footer)):
        paragraph = styled(kind.capitalize())
        paragraph.append(run(text))
        if kind == "footer":
            tab = SubElement(paragraph, name_of("w:r"))
            SubElement(tab, name_of("w:tab"))
            paragraph.extend(page_number())
        root = Element(name_of(KINDS[kind]))
        root.append(paragraph)
        parts[f"word/{kind}1.xml"] = as_xml(root)
        _relate(parts, kind)
        _declare(parts, kind)
    for section in body.iter(name_of("w:sectPr")):
        for place, kind in enumerate(KINDS):
            said = {name_of("w:type"): "default", name_of("r:id"): _identity(kind)}
            section.insert(place, Element(name_of(f"w:{kind}Reference"), said))


def _identity(kind: str) -> str:
    return f"rId{kind}1"


def _relate(parts: Parts, kind: str) -> None:
    """Say in the list of what the document refers to that it has a header or a footer."""
    said = f'Id="{_identity(kind)}" Type="{OFFICE}/{kind}" Target="{kind}1.xml"'
    _append(parts, RELATIONS, f"<Relationship {said}/>", b"</Relationships>")


def _declare(parts: Parts, kind: str) -> None:
    """Say in the list of parts what the new one is."""
    said = f'PartName="/word/{kind}1.xml" ContentType="{CONTENT}.{kind}+xml"'
    _append(parts, TYPES, f"<Override {said}/>", b"</Types>")


def _append(parts: Parts, name: str, node: str, end: bytes) -> None:
    """Put a node at the end of a list, as text: a tree would write prefixes that some readers of
    these two lists do not expect.
    """
    parts[name] = parts[name].replace(end, node.encode() + end)
