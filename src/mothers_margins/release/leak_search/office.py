"""Word, PowerPoint and Excel files: what stands beside what people see."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from mothers_margins.release.leak_search.images import search_png
from mothers_margins.release.leak_search.packages import HostileError, Package
from mothers_margins.release.leak_search.search import OUR_NAMES, Search
from mothers_margins.release.leak_search.sheets import is_formula
from mothers_margins.release.leak_search.streamed_xml import Document, Element, read_xml
from mothers_margins.release.leak_search.vector import search_svg

PLAIN_TEMPLATES = ("", "Normal", "Normal.dotm", "Normal.dot")
SAFE_SCHEMES = ("http://", "https://", "mailto:")
NO = ("0", "false", "off", "none")
YES = ("1", "true", "on", "")
TRACKED = (
    "cellDel",
    "cellIns",
    "cellMerge",
    "customXmlDelRangeStart",
    "customXmlInsRangeStart",
    "customXmlMoveFromRangeStart",
    "customXmlMoveToRangeStart",
    "del",
    "delInstrText",
    "delText",
    "ins",
    "moveFrom",
    "moveFromRangeStart",
    "moveTo",
    "moveToRangeStart",
    "numberingChange",
    "pPrChange",
    "rPrChange",
    "sectPrChange",
    "tblGridChange",
    "tblPrChange",
    "tblPrExChange",
    "tcPrChange",
    "trPrChange",
)
FETCHING_FIELD = re.compile(r"\s*(?:DDE|DDEAUTO|IMPORT|INCLUDEPICTURE|INCLUDETEXT|LINK|RD)\b", re.I)
WORKBOOKS = (".xls", ".xlsb", ".xlsm", ".xlsx")
PRINTED_WORD = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")
COMMENTS = re.compile(
    r"word/comments\w*\.xml|ppt/comment\w*[/.].*|xl/comments?\w*\.xml|xl/threadedComments/.*"
    r"|xl/comments/.*"
)
PERSONS = re.compile(r"word/people\.xml|ppt/authors\.xml|ppt/commentAuthors\.xml|xl/persons/.*")
FETCHED = re.compile(r"xl/(?:externalLinks|queryTables)/.*|xl/connections\.xml")
PrivateRule = Callable[[Search, str, Document], None]


def search_office(search: Search, raw: bytes) -> None:
    """Everything in a .docx, .pptx or .xlsx file, part by part."""
    try:
        package = Package(raw)
    except HostileError as error:
        search.add(str(error), "the file")
        return
    for kind, name in package.faults():
        search.add(kind, name)
    if package.holds_more():
        search.add("embedded_file", "between or behind its parts")
    search.text(package.comment, "comment of the zip file")
    for name in package.names():
        search.text(name, "names of parts")
        try:
            _search_part(search, package, name)
        except HostileError as error:
            search.add(str(error), name)


def _search_part(search: Search, package: Package, name: str) -> None:
    """One part, by its name."""
    suffix = "." + name.lower().rpartition(".")[2]  # also of `.rels`
    if _is_beside(search, name, suffix):
        return
    if suffix == ".png":
        search_png(search, package.read(name), name)
    elif suffix == ".svg":
        search_svg(search, package.read(name), name)
    elif suffix in (".xml", ".rels", ".vml"):
        _search_xml(search, name, read_xml(package.read(name)))
    else:
        search.add("unexamined", name)


def _is_beside(search: Search, name: str, suffix: str) -> bool:
    """Whether a part is one that must not be there, which is then said; it is not opened."""
    base = PurePosixPath(name).name.lower()
    if base.startswith("thumbnail"):
        search.add("document_property", name)
    elif suffix in WORKBOOKS or "pivotcache/" in name.lower():
        search.add("embedded_workbook", name)
    elif "/embeddings/" in name or "oleobject" in base or "/activex" in name.lower():
        search.add("embedded_file", name)
    elif base.startswith(("vbaproject", "vbadata")):
        search.add("macro", name)
    elif base.startswith("printersettings"):
        search.add("document_property", name)
    elif suffix == ".bin":
        search.add("embedded_file", name)
    else:
        return False
    return True


def _search_xml(search: Search, name: str, document: Document) -> None:
    """A part in XML: its texts, and what its elements say."""
    search.text(document.texts(), name)
    if name.endswith(".rels"):
        _relationships(search, name, document)
    if COMMENTS.fullmatch(name) and len(document.elements) > 1:
        search.add("comment", name)
    if PERSONS.fullmatch(name) and len(document.elements) > 1:
        search.add("document_property", name)
    if FETCHED.fullmatch(name):
        search.add("external_link", name)
    for begins, rule in RULES.items():
        if name.startswith(begins):
            rule(search, name, document)


def _relationships(search: Search, name: str, document: Document) -> None:
    """What a part points to outside the file; a reader's click on a web address is no leak."""
    for one in document.named("Relationship"):
        target = one.attributes.get("Target", "")
        if one.attributes.get("TargetMode", "").lower() != "external":
            continue
        is_click = one.attributes.get("Type", "").endswith("/hyperlink")
        if not (is_click and target.lower().startswith(SAFE_SCHEMES)):
            search.add("external_link", name)


def _content_types(search: Search, name: str, document: Document) -> None:
    for one in document.elements:
        if "macroEnabled" in one.attributes.get("ContentType", ""):
            search.add("macro", name)


def _properties(search: Search, name: str, document: Document) -> None:
    """Who made the file, with what."""
    for one in document.elements:
        text = one.text.strip()
        is_person = one.name in ("creator", "lastModifiedBy", "Manager", "Company")
        if is_person and text not in OUR_NAMES:
            search.add("document_property", f"{name}: {one.name}")
        if one.name == "HyperlinkBase" and text:
            search.add("document_property", f"{name}: {one.name}")
        if one.name == "Template" and text not in PLAIN_TEMPLATES:
            search.add("document_property", f"{name}: {one.name}")
        if name == "docProps/custom.xml" and one.name == "property":
            search.add("document_property", name)


def _word(search: Search, name: str, document: Document) -> None:
    for one in document.elements:
        if one.name in TRACKED:
            search.add("tracked_change", name)
        elif one.name in ("OLEObject", "object", "control", "altChunk"):
            search.add("embedded_file", name)
        elif one.name in ("attachedTemplate", "docVar"):
            search.add("document_property", f"{name}: {one.name}")
        elif PRINTED_WORD.fullmatch(name) and _is_invisible(one):
            search.add("hidden_content", name)
        instruction = one.text if one.name == "instrText" else one.attributes.get("instr", "")
        if FETCHING_FIELD.match(instruction):
            search.add("external_link", name)


def _slides(search: Search, name: str, document: Document) -> None:
    for one in document.elements:
        if one.name == "sld" and one.attributes.get("show", "1").lower() in NO:
            search.add("hidden_slide", name)
        elif one.name == "cNvPr" and one.attributes.get("hidden", "0").lower() in YES:
            search.add("hidden_content", name)
        elif one.name == "oleObj":
            search.add("embedded_file", name)


def _charts(search: Search, name: str, document: Document) -> None:
    """Data of a chart that stand elsewhere."""
    if document.named("externalData"):
        search.add("embedded_workbook", name)


def _book(search: Search, name: str, document: Document) -> None:
    for one in document.elements:
        if one.name == "sheet" and one.attributes.get("state", "visible") != "visible":
            search.add("hidden_sheet", name)
        elif one.name == "fileSharing" and one.attributes.get("userName"):
            search.add("document_property", f"{name}: fileSharing")
        elif one.name in ("externalReference", "ddeLink", "oleLink"):
            search.add("external_link", name)


def _sheet(search: Search, name: str, document: Document) -> None:
    """Cells that compute, rows and columns that are not shown."""
    cell = Element("", (), {})
    for one in document.elements:
        if one.name == "c":
            cell = one
        place = f"{name}: {cell.attributes.get('r', '')}"
        if _computes(one, cell):
            search.add("formula", place)
        elif one.name in ("row", "col") and one.attributes.get("hidden", "0").lower() in YES:
            search.add("hidden_content", name)
        elif one.name in ("oleObject", "control"):
            search.add("embedded_file", name)


def _shared_texts(search: Search, name: str, document: Document) -> None:
    """Texts of cells, which a workbook keeps apart from its sheets."""
    for number, one in enumerate(document.named("si"), start=1):
        if is_formula(one.text):
            search.add("formula", f"{name}: text {number}")


def _computes(element: Element, cell: Element) -> bool:
    """Whether an element of a cell is a formula, or a text that could become one."""
    if element.name == "f":
        return True
    is_text = element.name == "v" and cell.attributes.get("t") == "str"
    return (is_text or element.name == "is") and is_formula(element.text)


def _is_invisible(element: Element) -> bool:
    """Whether an element is Word's switch for hidden text; without a value it is on."""
    is_switch = element.name in ("vanish", "specVanish", "webHidden")
    return is_switch and element.attributes.get("val", "").lower() not in NO


RULES: dict[str, PrivateRule] = {
    "[Content_Types].xml": _content_types,
    "docProps/": _properties,
    "word/": _word,
    "ppt/slides/": _slides,
    "ppt/notesSlides/": _slides,
    "ppt/charts/": _charts,
    "word/charts/": _charts,
    "xl/charts/": _charts,
    "xl/workbook.xml": _book,
    "xl/worksheets/": _sheet,
    "xl/sharedStrings.xml": _shared_texts,
}
