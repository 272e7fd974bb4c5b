"""HTML as a Word document: headings, pictures and tables of others; what pandoc warns of fails."""

import re
from base64 import b64encode
from io import BytesIO

import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import Image

import mothers_margins as mm
from mothers_margins.documents.word import word
from tests.word_reader import grid, part

TABLE = (
    "<table><caption>A table</caption><thead><tr><th>Name</th><th>n</th></tr></thead>"
    "<tbody><tr><th>first</th><td>12</td></tr></tbody></table>"
)
WIDE = "<table><tr>" + "<td>1234567890 (12345678.9)</td>" * 9 + "</tr></table>"
DOCUMENT = "word/document.xml"


def png(width: int = 300, height: int = 100) -> str:
    picture = BytesIO()
    Image.new("RGB", (width, height), "white").save(picture, "png")
    return f"data:image/png;base64,{b64encode(picture.getvalue()).decode()}"


def orientations(path) -> list[tuple[str, str]]:
    """Of each section the direction of its pages, and the texts of its first paragraph or table."""
    sections = Document(str(path)).sections
    return [str(section.orientation).split(" ")[0] for section in sections]


def test_headings_keep_their_spaces_and_levels(tmp_path):
    html = "<h1>Who took <em>part</em>\n in 2019?</h1><p>Text.</p><h2>Who did <b>not</b></h2>"
    word(html, tmp_path / "d.docx", "A title")
    read = Document(str(tmp_path / "d.docx"))
    assert [(one.style.name, one.text) for one in read.paragraphs] == [
        ("Heading 1", "Who took part in 2019?"),
        ("First Paragraph", "Text."),
        ("Heading 2", "Who did not"),
    ]
    assert read.core_properties.title == "A title"


def test_pages_are_a4_and_the_text_is_in_the_language_that_was_said(tmp_path):
    word("<p>Text</p>", tmp_path / "d.docx", "T", language="cy-GB")
    (section,) = Document(str(tmp_path / "d.docx")).sections
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert re.search(r'<w:lang [^>]*w:val="cy-GB"', part(tmp_path / "d.docx", "word/styles.xml"))
    assert "<dc:language>cy-GB<" in part(tmp_path / "d.docx", "docProps/core.xml")


def test_a_picture_has_its_alt_text_once_and_fits_the_page(tmp_path):
    word(f"<p><img src='{png()}' alt='Two &lt; bars' width='2000'></p>", tmp_path / "d.docx", "T")
    (picture,) = Document(str(tmp_path / "d.docx")).inline_shapes
    said = [node.get("descr") for node in picture._inline.iter() if node.get("descr")]
    assert said == ["Two < bars"]
    assert picture.width.mm <= 170.1
    assert "base64" not in part(tmp_path / "d.docx", DOCUMENT)


def test_a_picture_that_is_higher_than_a_page_is_made_smaller(tmp_path):
    word(f"<p><img src='{png(300, 900)}' alt='High' width='600'></p>", tmp_path / "d.docx", "T")
    (picture,) = Document(str(tmp_path / "d.docx")).inline_shapes
    assert 220 < picture.height.mm < 257 - 30  # its heading fits above it
    assert picture.height.mm == pytest.approx(3 * picture.width.mm, rel=1e-3)
    drawn = picture._inline.graphic.graphicData.pic.spPr.xfrm.ext
    assert (drawn.cx, drawn.cy) == (picture.width, picture.height)


def test_a_picture_without_alt_text_is_refused(tmp_path):
    with pytest.raises(mm.MothersMarginsError, match="no alt text"):
        word(f"<p><img src='{png()}'></p>", tmp_path / "d.docx", "T")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("source", ["gone.png", "http://nowhere.invalid/a.png", "/etc/hostname"])
def test_what_pandoc_warns_of_is_an_error_and_no_file(source, tmp_path):
    with pytest.raises(mm.MothersMarginsError, match="could not write") as caught:
        word(f"<p><img src='{source}' alt='A picture'></p>", tmp_path / "d.docx", "T")
    assert any(source in problem for problem in caught.value.problems)
    assert list(tmp_path.iterdir()) == []


def test_a_private_text_stands_in_no_message(tmp_path):
    with pytest.raises(mm.MothersMarginsError) as caught:
        word("<img src='Mary 17.png' alt='x'>", tmp_path / "d.docx", "T", private=True)
    assert "Mary" not in str(caught.value)
    assert "fetch resource" in str(caught.value)


def test_a_table_inside_of_markdown_stays_a_table(tmp_path):
    text = f"# A heading\n\n{TABLE}\n\nA *word*.\n"
    word(text, tmp_path / "d.docx", "T", markup="markdown")
    (table,) = Document(str(tmp_path / "d.docx")).tables
    assert grid(table) == [["Name", "n"], ["first", "12"]]


def test_only_a_table_that_is_too_wide_lies(tmp_path):
    word(f"<p>a</p>{TABLE}<p>b</p>{WIDE}<p>c</p>", tmp_path / "d.docx", "T")
    assert orientations(tmp_path / "d.docx") == ["PORTRAIT", "LANDSCAPE", "PORTRAIT"]
    word(f"<p>a</p>{WIDE}<p>b</p>{WIDE}", tmp_path / "d.docx", "T")
    assert orientations(tmp_path / "d.docx") == ["PORTRAIT", "LANDSCAPE", "PORTRAIT", "LANDSCAPE"]
    word(f"<h1 id='a'>a</h1><div id='b'>{WIDE}</div>", tmp_path / "d.docx", "T")
    assert orientations(tmp_path / "d.docx") == ["PORTRAIT", "LANDSCAPE"]
    word(WIDE, tmp_path / "d.docx", "T")
    assert orientations(tmp_path / "d.docx") == ["LANDSCAPE"]
    assert [one.text for one in Document(str(tmp_path / "d.docx")).paragraphs] == [""]


def test_text_keeps_apart_from_a_table_above_it(tmp_path):
    word(f"<div id='a'>{TABLE}</div><div id='b'><p>b</p><p>c</p></div>", tmp_path / "d.docx", "T")
    spaces = [
        one.paragraph_format.space_before for one in Document(str(tmp_path / "d.docx")).paragraphs
    ]
    assert [bool(space) for space in spaces] == [False, True, False]


# The order of properties in the standard (ECMA-376 part 1, 17.3.1.26, 17.3.2.28, 17.4.69): as far
# as these documents have them. Word refuses some documents with another.
ORDER = {
    "pPr": (
        *("pStyle", "keepNext", "keepLines", "pageBreakBefore", "numPr", "pBdr", "shd", "tabs"),
        *("spacing", "ind", "contextualSpacing", "jc", "textAlignment", "outlineLvl"),
        *("rPr", "sectPr"),
    ),
    "rPr": (
        *("rStyle", "rFonts", "b", "bCs", "i", "iCs", "color", "sz", "szCs", "u", "vertAlign"),
        *("lang",),
    ),
    "tcPr": ("tcW", "gridSpan", "vMerge", "tcBorders", "shd", "vAlign"),
    "tblPr": (
        *("tblStyle", "tblW", "jc", "tblInd", "tblBorders", "tblLayout", "tblCellMar", "tblLook"),
        *("tblCaption", "tblDescription"),
    ),
}


def test_properties_stand_in_the_order_of_the_standard(tmp_path):
    right = "<table><tr><td style='text-align:right'>\u20071<sup>a</sup></td></tr></table>"
    small = WIDE.replace("<td>", "<td>\u2007<b>1</b> ", 1).replace("<td>1", "<td>1<sup>a</sup> ")
    html = f"<h1>h</h1><ul><li>a</li></ul>{TABLE}<p>b</p>{right}<p>c</p>{small}<p>d</p>"
    word(html, tmp_path / "d.docx", "T")
    wrong = []
    for node in Document(str(tmp_path / "d.docx")).element.body.iter():
        for name, order in ORDER.items():
            if node.tag == qn(f"w:{name}"):
                places = [order.index(child.tag.split("}")[1]) for child in node]
                wrong += [] if places == sorted(places) else [(name, places)]
    assert wrong == []
    assert '<w:sz w:val="17"' not in part(tmp_path / "d.docx", DOCUMENT)


def rows_kept(path) -> list[bool]:
    """Of each row of the first table, whether all its paragraphs stay with what follows, by
    themselves or by their style.
    """
    kept = []
    for row in Document(str(path)).tables[0].rows:
        paragraphs = [paragraph for cell in row.cells for paragraph in cell.paragraphs]
        kept.append(
            all(
                paragraph.paragraph_format.keep_with_next
                or paragraph.style.paragraph_format.keep_with_next
                for paragraph in paragraphs
            )
        )
    return kept


FOOT = "<tfoot><tr><td colspan='2'>A note</td></tr></tfoot>"


@pytest.mark.parametrize(
    ("foot", "kept"),
    [
        ("", [True, True, False, False, True, False]),
        (FOOT, [True, True, False, False, True, True, False]),
    ],
)
def test_no_page_begins_with_the_last_row_or_the_notes_alone(tmp_path, foot, kept):
    body = "".join(f"<tr><th>row {number}</th><td>{number}</td></tr>" for number in range(5))
    head = "<caption>A</caption><thead><tr><th>Name</th><th>n</th></tr></thead>"
    word(f"<table>{head}<tbody>{body}</tbody>{foot}</table>", tmp_path / "d.docx", "T")
    assert rows_kept(tmp_path / "d.docx") == kept
    written = part(tmp_path / "d.docx", DOCUMENT)
    assert written.count("<w:cantSplit") == 6  # the notes may go on overleaf
    assert written.count("<w:tblHeader") == 1
