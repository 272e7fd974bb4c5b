"""A .docx file as its parts: names and bytes. The same parts make the same file."""

from collections.abc import Mapping
from io import BytesIO
from xml.etree import ElementTree  # writes only; what is read goes through defusedxml
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from defusedxml.ElementTree import fromstring

Parts = dict[str, bytes]
Element = ElementTree.Element  # a node of such a part
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say
HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PREFIXES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
}
for _prefix, _address in PREFIXES.items():
    ElementTree.register_namespace(_prefix, _address)


def unpacked(file: bytes) -> Parts:
    """The parts of a .docx file, in their order."""
    with ZipFile(BytesIO(file)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    """A .docx file of these parts, without a date, an owner or the name of a system."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in parts.items():
            entry = ZipInfo(name, FIRST_DAY)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 0
            archive.writestr(entry, content)
    return file.getvalue()


def read_xml(part: bytes) -> Element:
    """A part as a tree; entities and document types are refused."""
    root: Element = fromstring(part, forbid_dtd=True)
    return root


def as_xml(root: Element) -> bytes:
    """A tree as a part."""
    text: str = ElementTree.tostring(root, encoding="unicode")
    return HEAD + text.encode()


def name_of(short: str) -> str:
    """'w:tbl' as the tree has it: its name behind the address of its prefix."""
    prefix, _, name = short.partition(":")
    return f"{{{PREFIXES[prefix]}}}{name}"


BOOKMARKS = (name_of("w:bookmarkStart"), name_of("w:bookmarkEnd"))  # they take no room
