"""XML by strangers: no document type, no entity, nothing fetched, and never more than fits."""

from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError  # the name only: defusedxml raises it

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from mothers_margins.release.leak_search.packages import HostileError

MOST_ELEMENTS = 500_000
DEEPEST = 256
AT_ONCE = 64 * 1024
# Elements whose texts belong together: Word cuts a word into several.
WHOLE = {"p", "si", "is", "text", "title", "comment"}


@dataclass
class Element:
    """An element. name, attributes: without their namespaces. parents: names of those around it,
    the outermost first. text: its own; of one in WHOLE also that of those in it.
    """

    name: str
    parents: tuple[str, ...]
    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its text."""
        return "".join(self.pieces)


@dataclass
class Document:
    """What an XML file holds, in the order of its elements. asides: comments and instructions."""

    elements: list[Element] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)

    def named(self, *names: str) -> list[Element]:
        """Its elements of some names."""
        return [element for element in self.elements if element.name in names]

    def texts(self) -> str:
        """All that stands in it, a line for each text, attribute and aside."""
        lines = [*self.asides]
        for element in self.elements:
            lines += element.attributes.values()
            if element.pieces:
                lines.append(element.text)
        return "\n".join(lines)


class _Collector:
    """What the parser tells, kept as a document."""

    def __init__(self) -> None:
        self.document = Document()
        self._open: list[Element] = []
        self._wholes: list[Element] = []  # those of WHOLE that are open
        self._paths: dict[tuple[str, ...], tuple[str, ...]] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.document.elements) >= MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise HostileError("too_large")
        path = (*self._open[-1].parents, self._open[-1].name) if self._open else ()
        parents = self._paths.setdefault(path, path)
        named = {_local(name): value for name, value in attributes.items()}
        element = Element(_local(tag), parents, named)
        self._open.append(element)
        self.document.elements.append(element)
        if element.name in WHOLE:
            self._wholes.append(element)

    def end(self, _tag: str) -> None:
        closed = self._open.pop()
        if closed.name in WHOLE:
            self._wholes.pop()

    def data(self, text: str) -> None:
        innermost = self._open[-1]
        innermost.pieces.append(text)
        if self._wholes and self._wholes[-1] is not innermost:
            self._wholes[-1].pieces.append(text)

    def comment(self, text: str) -> None:
        self.document.asides.append(text)

    def pi(self, target: str, text: str = "") -> None:
        self.document.asides.append(f"{target} {text}")

    def close(self) -> Document:
        return self.document


def read_xml(raw: bytes) -> Document:
    """An XML file. Raises HostileError if it is none, declares a document type, or is too large."""
    collector = _Collector()
    parser = DefusedXMLParser(target=collector, forbid_dtd=True)
    try:
        for start in range(0, len(raw), AT_ONCE):
            parser.feed(raw[start : start + AT_ONCE])
        parser.close()
    except DefusedXmlException:
        raise HostileError("unsafe_xml") from None
    except (ParseError, ValueError, LookupError, RecursionError):
        raise HostileError("unreadable") from None
    return collector.document


def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]
