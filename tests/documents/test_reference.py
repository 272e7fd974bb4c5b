"""The look of Word documents: made by a script, and without a hole."""

from xml.etree import ElementTree

from docx import Document

from mothers_margins.documents.parts import PREFIXES, unpacked
from mothers_margins.documents.reference import PATH, reference
from mothers_margins.documents.word import word

W = "{" + PREFIXES["w"] + "}"


def styles(file: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(unpacked(file)["word/styles.xml"])  # noqa: S314 (our own)


def missing(root: ElementTree.Element) -> set[str]:
    """Styles that another style is based on, or is followed by, and that are not there."""
    there = {style.get(f"{W}styleId") for style in root.iter(f"{W}style")}
    asked = {
        node.get(f"{W}val") for kind in ("basedOn", "next", "link") for node in root.iter(W + kind)
    }
    return {name for name in asked if name not in there}


def test_the_shipped_file_is_what_the_script_makes():
    assert PATH.read_bytes() == reference()


def test_no_style_is_based_on_one_that_is_missing(tmp_path):
    assert missing(styles(reference())) == set()
    word("<pre class='python'><code>1 + 1</code></pre><p>a</p>", tmp_path / "d.docx", "T")
    assert missing(styles((tmp_path / "d.docx").read_bytes())) == set()


def test_every_style_that_a_document_uses_is_there(tmp_path):
    html = (
        "<h1>1</h1><h2>2</h2><h3>3</h3><h4>4</h4><p>a <code>b</code> <a href='https://x.org'>c</a>"
        "</p><ul><li>d</li></ul><blockquote>e</blockquote><pre>f</pre><dl><dt>g<dd>h</dl>"
        "<table><caption>i</caption><thead><tr><th>j</table>"
    )
    word(html, tmp_path / "d.docx", "T")
    file = (tmp_path / "d.docx").read_bytes()
    document = ElementTree.fromstring(unpacked(file)["word/document.xml"])  # noqa: S314 (our own)
    there = {style.get(f"{W}styleId") for style in styles(file).iter(f"{W}style")}
    kinds = ("pStyle", "rStyle", "tblStyle")
    used = {node.get(f"{W}val") for kind in kinds for node in document.iter(W + kind)}
    assert used - there == set()
    assert len(used) > 10


def test_the_font_is_one_that_every_office_program_has_or_replaces(tmp_path):
    word("<p>a</p>", tmp_path / "d.docx", "T")
    fonts = {node.get(f"{W}ascii") for node in styles(PATH.read_bytes()).iter(f"{W}rFonts")}
    assert fonts == {"Arial", "Courier New"}
    assert Document(str(tmp_path / "d.docx")).styles["Table"].base_style.name == "Normal Table"
