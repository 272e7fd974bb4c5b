"""Canaries (T10 of issue 14): what is planted is found in each kind of file; clean files pass."""

import ast
import getpass
import json
import os
import socket
import sys
import zlib
from html import escape
from pathlib import Path

import pytest

import mothers_margins as mm
from mothers_margins.release.leak_search import texts
from mothers_margins.release.leak_search.search import KINDS, MOST_PLACES, Leak
from mothers_margins.release.leak_search.texts import rules_of_this_computer
from mothers_margins.release.leaks import leaks
from tests.conftest import REPOSITORY
from tests.release.made_files import (
    CLEAN,
    CORE,
    CSV,
    HEAD,
    NOTEBOOK,
    RULES,
    SVG,
    chunk,
    docx,
    kinds,
    notebook,
    page,
    pdf,
    png,
    pptx,
    xlsx,
)

# In pieces, so that these files themselves hold no path (a test looks for them).
HOME = "/ho" + "me"
USERS = "/Us" + "ers"
FILE_ADDRESS = "file:" + "//"
PLANTED = {
    "forbidden_text": [
        "SENTINEL-0042",
        "sentinel-0042",
        "They took her\nbefore I could  hold her",
    ],
    "absolute_path": [
        f"{HOME}/somebody/esmi.dta",
        f"read from {USERS}/somebody/esmi.dta",
        "/mnt/restricted/esmi.dta",
        "/data/projects/esmi.dta",
        f"{FILE_ADDRESS}/x/esmi.dta",
        r"C:\Users\somebody\esmi.dta",
        r"D:\esmi\data.dta",
        f"c:{USERS}/somebody/esmi.dta",
        r"\\server01\esmi\data.dta",
    ],
    "user_name": ["jdoe", "made by jdoe.", "x=jdoe;"],
    "host_name": ["ward-pc-17", "on ward-pc-17:8888"],
    "secret": [
        "gh" + "p_" + "a1B2" * 9,
        "AKIA" + "ABCD1234" * 2,
        "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
        "http://localhost:8888/lab?token=" + "0123456789abcdef" * 2,
        'password = "correct-horse"',
    ],
    "traceback": [
        "Traceback (most recent call last):",
        'File "worker.py", line 3',
        "Cell In[3], line 4",
    ],
    "control_character": ["a\u202eb", "a\u2066b", "a\u200fb", "a\x7fb"],
}
CASES = [(kind, text) for kind, each in PLANTED.items() for text in each]


def planted(name: str, text: str) -> bytes | str:
    """A finished file of a kind with a text in it."""
    quoted = escape(text)
    plain = text.encode("latin-1", "replace")
    files = {
        "table.csv": lambda: CSV + '"' + text.replace('"', '""') + '",1,2\n',
        "table.tsv": lambda: 'a\tb\nx\t"' + text.replace('"', '""') + '"\n',
        "page.html": lambda: page(f"<p>{quoted}</p>"),
        "notes.md": lambda: f"# Notes\n\n{text}\n",
        "notes.txt": lambda: f"Notes\n{text}\n",
        "study.yaml": lambda: f"# {text}\n",
        "manifest.json": lambda: json.dumps({"files": [{"name": text}]}),
        "key.json": lambda: json.dumps({text: 1}),
        "unrun.ipynb": lambda: notebook(cells=[*NOTEBOOK["cells"], markdown(text)]),
        "report.docx": lambda: docx(
            **{"word/footer1.xml": f"{HEAD}<w:f xmlns:w='w'><w:p><w:t>{quoted}</w:t></w:p></w:f>"}
        ),
        "deck.pptx": lambda: pptx(
            **{"ppt/notesSlides/notesSlide1.xml": f"{HEAD}<p:n xmlns:p='p' descr=\"{quoted}\"/>"}
        ),
        "tables.xlsx": lambda: xlsx(
            **{"xl/sharedStrings.xml": f"{HEAD}<sst><si><t>{quoted}</t></si></sst>"}
        ),
        "figure.png": lambda: png(chunk(b"zTXt", b"Title\0\0" + zlib.compress(plain))),
        "itext.png": lambda: png(chunk(b"iTXt", b"Title\0\0\0\0\0" + text.encode())),
        "figure.svg": lambda: SVG.replace("52 <tspan>", f"{quoted} <tspan>"),
        "report.pdf": lambda: pdf(b"[(" + as_pdf(plain) + b")] TJ"),
        "about.pdf": lambda: pdf(about=b"/Title (" + as_pdf(plain) + b")"),
    }
    return files[name]()


def markdown(text: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def as_pdf(plain: bytes) -> bytes:
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


FILES = [*CLEAN, "key.json", "itext.png", "about.pdf"]
# XML has no such characters; a PDF numbers its letters by them; PNG's older chunks are Latin-1.
WITHOUT_CONTROL = ("report.pdf", "about.pdf", "figure.png")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("kind", "text"), CASES)
def test_what_is_planted_is_found_in_each_kind_of_file(tmp_path, name, kind, text):
    if kind == "control_character" and name in WITHOUT_CONTROL:
        pytest.skip("these characters mean something else there")
    assert kind in kinds(tmp_path, name, planted(name, text))


@pytest.mark.parametrize("name", FILES)
def test_the_same_file_without_it_is_clean(tmp_path, name):
    assert kinds(tmp_path, name, planted(name, "52 mothers")) == set()


@pytest.mark.parametrize("name", CLEAN)
def test_clean_files_pass(tmp_path, name):
    assert kinds(tmp_path, name, CLEAN[name]) == set()


def test_what_the_project_publishes_passes():
    rules = rules_of_this_computer()
    for folder in (REPOSITORY / "docs", REPOSITORY / "data_dictionary"):
        assert leaks(folder, rules=rules) == []


def test_pictures_of_matplotlib_pass_and_a_name_in_them_is_found(tmp_path):
    from matplotlib.figure import Figure

    def kinds_of(title: str, folder: Path) -> dict[str, set[str]]:
        folder.mkdir()
        figure = Figure()
        figure.add_subplot().set_title(title)
        for kind in ("png", "svg", "pdf"):
            figure.savefig(folder / f"figure.{kind}", metadata={"Title": title})
        found = leaks(folder, rules=RULES)
        return {
            path: {one.kind for one in found if one.file == path}
            for path in ("figure.png", "figure.svg", "figure.pdf")
        }

    assert set().union(*kinds_of("52 mothers", tmp_path / "clean").values()) == set()
    assert all(
        "forbidden_text" in found
        for found in kinds_of("SENTINEL-0042", tmp_path / "planted").values()
    )


def test_a_page_of_nbconvert_passes_and_one_of_a_run_notebook_does_not(tmp_path):
    import nbformat
    from nbconvert import HTMLExporter

    def made(**changes) -> str:
        content = nbformat.reads(notebook(**changes, nbformat_minor=4), as_version=4)
        exporter = HTMLExporter(template_name="basic")
        return exporter.from_notebook_node(content)[0]

    assert kinds(tmp_path, "clean.html", made()) == set()
    code = NOTEBOOK["cells"][1] | {
        "execution_count": 3,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "3"}],
    }
    assert "executed_notebook" in kinds(tmp_path, "run.html", made(cells=[code]))


# ---- notebooks


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"execution_count": 3}, "executed_notebook"),
        ({"execution_count": 0}, "executed_notebook"),
        ({"outputs": [{"output_type": "stream", "text": "3"}]}, "executed_notebook"),
        ({"metadata": {"tags": ["injected-parameters"]}}, "papermill"),
        ({"metadata": {"papermill": {"duration": 1}}}, "papermill"),
        ({"attachments": {"a.png": {}}}, "embedded_file"),
    ],
)
def test_what_a_run_leaves_in_a_notebook_is_found(tmp_path, changes, kind):
    cell = NOTEBOOK["cells"][1] | changes
    assert kind in kinds(tmp_path, "a.ipynb", notebook(cells=[cell]))


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ({"papermill": {"parameters": {"data": "restricted"}}}, "papermill"),
        ({"widgets": {}}, "widget_state"),
        ({"x": {"application/vnd.jupyter.widget-state+json": {}}}, "widget_state"),
    ],
)
def test_what_stands_in_the_metadata_of_a_notebook_is_found(tmp_path, metadata, kind):
    assert kind in kinds(tmp_path, "a.ipynb", notebook(metadata=metadata))
    assert kind in kinds(
        tmp_path,
        "a.json",
        json.dumps({"about": metadata}) if kind == "papermill" else notebook(metadata=metadata),
    )


def test_versions_of_packages_and_the_ends_of_lines_are_no_leaks(tmp_path):
    manifest = {"packages": {"papermill": "2.7.0"}, "note": "In the file:\nTable A:\nb.\n"}
    assert kinds(tmp_path, "manifest.json", json.dumps(manifest)) == set()


def test_a_number_is_a_text_and_a_key_that_stands_twice_is_found(tmp_path):
    rules = texts.TextRules(forbidden=("470011",))
    (tmp_path / "a.json").write_text('{"id": [470011]}', encoding="utf-8")
    assert [leak.place for leak in leaks(tmp_path, rules=rules)] == ["id"]
    (tmp_path / "a.json").write_text('{"id": 470011, "id": 1}', encoding="utf-8")
    assert {leak.kind for leak in leaks(tmp_path, rules=rules)} == {"unreadable", "forbidden_text"}


# ---- pages


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('<script type="application/vnd.jupyter.widget-state+json">{}</script>', "widget_state"),
        ("<div class='prompt'>In&nbsp;[3]:</div>", "executed_notebook"),
        ("<div>Out[12]:</div>", "executed_notebook"),
        ("<script src='https://cdn.example.org/x.js'></script>", "external_link"),
        ("<img src=//example.org/x.png>", "external_link"),
        ("<link rel=stylesheet href='http://example.org/x.css'>", "external_link"),
        ("<style>@import url('https://example.org/x.css')</style>", "external_link"),
        ("<p style='background:url( \"http://example.org/x\")'>", "external_link"),
        ("<meta http-equiv='refresh' content='0'>", "external_link"),
        ("<a href='data:text/csv;base64,YSxi'>data</a>", "embedded_workbook"),
        ("<a href='data:application/zip;base64,UEsD'>data</a>", "embedded_file"),
        ("<img src='data:image/png;base64,!!'>", "unreadable"),
        ("<meta name='author' content='Jane Doe'>", "document_property"),
        ("<p>they took her <b>before I</b> could hold her</p>", "forbidden_text"),
        ("<p>SENTINEL&#45;0042</p>", "forbidden_text"),
        ("<p>&#x202e;</p>", "control_character"),
        ("<!-- SENTINEL-0042 -->", "forbidden_text"),
        ("<img alt='SENTINEL-0042' src=''>", "forbidden_text"),
        ("<div id='injected-parameters'>", "papermill"),
    ],
)
def test_what_stands_in_a_page_is_found(tmp_path, body, kind):
    assert kind in kinds(tmp_path, "a.html", page(body))
    assert kind in kinds(tmp_path, "a.md", f"# Notes\n\n{body}\n")


def test_a_picture_in_a_page_is_searched(tmp_path):
    import base64

    own = base64.b64encode(png(chunk(b"tEXt", b"Comment\0SENTINEL-0042"))).decode()
    assert "forbidden_text" in kinds(
        tmp_path, "a.html", page(f"<img src='data:image/png;base64,{own}'>")
    )
    drawn = base64.b64encode(SVG.replace("52 ", "SENTINEL-0042 ").encode()).decode()
    assert "forbidden_text" in kinds(
        tmp_path, "b.html", page(f"<img src='data:image/svg+xml;base64,{drawn}'>")
    )


def test_a_picture_of_markdown_that_is_fetched_is_found(tmp_path):
    assert "external_link" in kinds(tmp_path, "a.md", "![chart](https://example.org/x.png)")


# ---- Word, PowerPoint, Excel


def word(inner: str) -> dict[str, str]:
    return {"word/document.xml": f"{HEAD}<w:document xmlns:w='w'><w:p>{inner}</w:p></w:document>"}


def relation(kind: str, target: str, name: str = "word/_rels/settings.xml.rels") -> dict[str, str]:
    one = f'<Relationship Id="r1" Type="http://x/{kind}" Target="{target}" TargetMode="External"/>'
    return {name: f"{HEAD}<Relationships>{one}</Relationships>"}


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (word("<w:ins w:author='x'><w:t>new</w:t></w:ins>"), "tracked_change"),
        (word("<w:del><w:delText>old</w:delText></w:del>"), "tracked_change"),
        (word("<w:moveFrom/>"), "tracked_change"),
        (word("<w:rPr><w:rPrChange/></w:rPr>"), "tracked_change"),
        (word("<w:rPr><w:vanish/></w:rPr><w:t>x</w:t>"), "hidden_content"),
        (word("<w:object><OLEObject/></w:object>"), "embedded_file"),
        (word("<w:altChunk/>"), "embedded_file"),
        (word("<w:instrText> INCLUDETEXT x</w:instrText>"), "external_link"),
        (word("<w:fldSimple w:instr='DDEAUTO excel x'/>"), "external_link"),
        (word("<w:t>SENTI</w:t><w:r><w:t>NEL-0042</w:t></w:r>"), "forbidden_text"),
        (
            {"word/comments.xml": f"{HEAD}<w:comments xmlns:w='w'><w:comment/></w:comments>"},
            "comment",
        ),
        (
            {"word/people.xml": f"{HEAD}<w:people xmlns:w='w'><w:person/></w:people>"},
            "document_property",
        ),
        ({"word/embeddings/Book1.xlsx": b"PK"}, "embedded_workbook"),
        ({"word/embeddings/oleObject1.bin": b"\xd0\xcf"}, "embedded_file"),
        ({"word/vbaProject.bin": b"\xd0\xcf"}, "macro"),
        ({"word/media/image1.emf": b"x"}, "unexamined"),
        ({"docProps/core.xml": CORE.replace("mothers_margins", "Jane Doe")}, "document_property"),
        ({"docProps/core.xml": CORE.replace("></cp:last", ">Jane</cp:last")}, "document_property"),
        ({"docProps/app.xml": f"{HEAD}<P><Company>Trust</Company></P>"}, "document_property"),
        ({"docProps/app.xml": f"{HEAD}<P><Template>own.dotm</Template></P>"}, "document_property"),
        ({"docProps/custom.xml": f"{HEAD}<P><property/></P>"}, "document_property"),
        ({"docProps/thumbnail.jpeg": b"x"}, "document_property"),
        (relation("attachedTemplate", "own.dotm"), "external_link"),
        (relation("hyperlink", "http:x"), "external_link"),
        (relation("image", "https://example.org/x.png"), "external_link"),
        (relation("hyperlink", FILE_ADDRESS + "/x/y.dta"), "absolute_path"),
    ],
)
def test_what_stands_in_a_word_file_is_found(tmp_path, parts, kind):
    assert kind in kinds(tmp_path, "a.docx", docx(**parts))


def test_what_word_switches_off_is_no_leak(tmp_path):
    assert kinds(tmp_path, "a.docx", docx(**word("<w:vanish w:val='0'/><w:t>x</w:t>"))) == set()


def slide(inner: str = "", show: str = "1") -> dict[str, str]:
    return {"ppt/slides/slide1.xml": f"{HEAD}<p:sld xmlns:p='p' show='{show}'>{inner}</p:sld>"}


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (slide(show="0"), "hidden_slide"),
        (slide(show="false"), "hidden_slide"),
        (slide("<p:cNvPr hidden='1'/>"), "hidden_content"),
        (slide("<p:oleObj/>"), "embedded_file"),
        ({"ppt/embeddings/Microsoft_Excel_Sheet.xlsx": b"PK"}, "embedded_workbook"),
        (
            {"ppt/charts/chart1.xml": f"{HEAD}<c xmlns:r='r'><externalData/></c>"},
            "embedded_workbook",
        ),
        ({"ppt/comments/comment1.xml": f"{HEAD}<p:cmLst xmlns:p='p'><p:cm/></p:cmLst>"}, "comment"),
        (
            {"ppt/commentAuthors.xml": f"{HEAD}<p:l xmlns:p='p'><p:a name='J'/></p:l>"},
            "document_property",
        ),
        ({"ppt/printerSettings/printerSettings1.bin": b"x"}, "document_property"),
    ],
)
def test_what_stands_in_a_deck_is_found(tmp_path, parts, kind):
    assert kind in kinds(tmp_path, "a.pptx", pptx(**parts))


def sheet(inner: str) -> dict[str, str]:
    return {"xl/worksheets/sheet1.xml": f"{HEAD}<worksheet>{inner}</worksheet>"}


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (sheet("<row r='1'><c r='A1'><f>1+1</f></c></row>"), "formula"),
        (sheet("<c r='A1' t='inlineStr'><is><t>=1+1</t></is></c>"), "formula"),
        (sheet("<c r='A1' t='str'><v>@SUM(A1)</v></c>"), "formula"),
        (
            {"xl/sharedStrings.xml": f"{HEAD}<sst><si><r><t>=</t></r><r><t>1+1</t></r></si></sst>"},
            "formula",
        ),
        (sheet("<row r='2' hidden='1'/>"), "hidden_content"),
        (sheet("<cols><col hidden='true'/></cols>"), "hidden_content"),
        ({"xl/workbook.xml": f"{HEAD}<w><sheet name='a' state='hidden'/></w>"}, "hidden_sheet"),
        ({"xl/workbook.xml": f"{HEAD}<w><sheet name='a' state='veryHidden'/></w>"}, "hidden_sheet"),
        ({"xl/workbook.xml": f"{HEAD}<w><absPath url='C:\\Users\\x\\'/></w>"}, "absolute_path"),
        ({"xl/workbook.xml": f"{HEAD}<w><fileSharing userName='Jane'/></w>"}, "document_property"),
        ({"xl/externalLinks/externalLink1.xml": f"{HEAD}<x/>"}, "external_link"),
        ({"xl/connections.xml": f"{HEAD}<x/>"}, "external_link"),
        ({"xl/pivotCache/pivotCacheRecords1.xml": f"{HEAD}<x/>"}, "embedded_workbook"),
        ({"xl/comments1.xml": f"{HEAD}<comments><comment/></comments>"}, "comment"),
        (
            {"xl/persons/person.xml": f"{HEAD}<l><person displayName='Jane'/></l>"},
            "document_property",
        ),
        (
            {"[Content_Types].xml": f"{HEAD}<Types><O ContentType='x.macroEnabled.y'/></Types>"},
            "macro",
        ),
    ],
)
def test_what_stands_in_a_workbook_is_found(tmp_path, parts, kind):
    assert kind in kinds(tmp_path, "a.xlsx", xlsx(**parts))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\tx", "\rx", " =1", "-Yes", "＝1+1", "-1,5"]
)
def test_a_cell_that_could_compute_is_found(tmp_path, cell):
    assert "formula" in kinds(tmp_path, "a.csv", f'label,n\n"{cell}",1\n')


@pytest.mark.parametrize("cell", ["-1.5", "+2", "-", "+", "-12%", "1e-3", "−3", "a=b", "'=1", ".5"])
def test_a_number_or_a_dash_is_no_formula(tmp_path, cell):
    assert kinds(tmp_path, "a.csv", f"label,n\n{cell},1\n") == set()


# ---- pictures and PDF


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (png(chunk(b"tEXt", b"Author\0Jane Doe")), "document_property"),
        (png(chunk(b"eXIf", b"MM\0*Jane")), "document_property"),
        (png(chunk(b"prVt", b"x")), "unexamined"),
        (png() + b"PK\x03\x04", "embedded_file"),
        (png()[:-12], "unreadable"),
        (b"GIF89a", "unreadable"),
    ],
)
def test_what_stands_in_a_png_is_found(tmp_path, content, kind):
    assert kind in kinds(tmp_path, "a.png", content)


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        ("<script>x()</script>", "macro"),
        ("<rect onload='x()'/>", "macro"),
        ("<image href='https://example.org/x.png'/>", "external_link"),
        ("<use href='other.svg#x'/>", "external_link"),
        ("<style>a{background:url(https://example.org)}</style>", "external_link"),
        ("<metadata><rights><Agent>Jane</Agent></rights></metadata>", "document_property"),
        ("<!-- SENTINEL-0042 -->", "forbidden_text"),
        ("<text>SENTI<tspan>NEL-0042</tspan></text>", "forbidden_text"),
    ],
)
def test_what_stands_in_an_svg_is_found(tmp_path, inner, kind):
    assert kind in kinds(tmp_path, "a.svg", SVG.replace("</svg>", f"{inner}</svg>"))


def numbered(drawn: bytes) -> bytes:
    """A PDF whose font numbers its letters: 1 is `SENTINEL-00`, 2 is `42`."""
    first = "SENTINEL-00".encode("utf-16-be").hex().encode()
    second = "42".encode("utf-16-be").hex().encode()
    names = zlib.compress(
        b"1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        b"1 beginbfchar <0001> <" + first + b"> endbfchar\n"
        b"1 beginbfrange <0002> <0002> [<" + second + b">] endbfrange\n"
    )
    font = b"3 0 obj <</Filter /FlateDecode>> stream\n" + names + b"\nendstream endobj\n"
    return pdf(drawn).replace(b"trailer", font + b"trailer")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf(about=b"/Author (Jane Doe)"), "document_property"),
        (pdf(about=b"/Author <FEFF004A0061006E0065>"), "document_property"),
        (pdf(about=b"/Names <</EmbeddedFiles 3 0 R>>"), "embedded_file"),
        (pdf(about=b"/OpenAction <</S /JavaScript>>"), "macro"),
        (pdf(about=b"/Encrypt 3 0 R"), "unreadable"),
        (pdf(about=b"/Subtype /FreeText"), "comment"),
        (pdf(b"[(SENTI) 20 (NEL-0042)] TJ"), "forbidden_text"),
        (pdf(b"<53454e54494e454c2d30303432> Tj"), "forbidden_text"),
        (pdf(b"(SENTINEL\\0550042) Tj"), "forbidden_text"),
        (b"%PS-1", "unreadable"),
        (numbered(b"<00010002> Tj"), "forbidden_text"),
        (numbered(b"[<0001>]TJ ET BT [<0001> 3 <0002>]TJ"), "forbidden_text"),
        (numbered(b"[(\x00\x01) 5 (\x00\x02)] TJ"), "forbidden_text"),
    ],
)
def test_what_stands_in_a_pdf_is_found(tmp_path, content, kind):
    assert kind in kinds(tmp_path, "a.pdf", content)


# ---- the folder


def test_a_folder_is_searched_in_order_and_names_are_texts(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "SENTINEL-0042.csv").write_text("a,b\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("a\nSENTINEL-0042\n", encoding="utf-8")
    assert leaks(tmp_path, rules=RULES) == [
        Leak("a.csv", "line 2", "forbidden_text"),
        Leak("tables/SENTINEL-0042.csv", "its name", "forbidden_text"),
    ]


@pytest.mark.parametrize("name", ["a.dta", "a.pkl", "a.parquet", "a.jpg", "a.zip", "a", "a.docm"])
def test_a_kind_that_is_not_examined_is_a_leak(tmp_path, name):
    assert kinds(tmp_path, name, b"x") == {"unexamined"}


@pytest.mark.parametrize("name", [".DS_Store", "~$report.docx", ".a.csv"])
def test_what_programs_leave_is_found(tmp_path, name):
    assert "left_over_file" in kinds(tmp_path, name, b"x")


@pytest.mark.parametrize(
    "raw", [docx(), pdf(), png(), b"\x80\x04N."], ids=["docx", "pdf", "png", "pickle"]
)
def test_a_file_that_is_not_what_its_name_says_is_found(tmp_path, raw):
    assert "unreadable" in kinds(tmp_path, "a.csv", raw)


def test_links_and_what_is_no_file_are_found_and_not_followed(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.csv").write_text("SENTINEL-0042\n", encoding="utf-8")
    release = tmp_path / "release"
    release.mkdir()
    (release / "file.csv").symlink_to(tmp_path / "outside" / "a.csv")
    (release / "folder").symlink_to(tmp_path / "outside")
    os.mkfifo(release / "pipe.csv")
    found = leaks(release, rules=RULES)
    assert {(leak.file, leak.kind) for leak in found} == {
        ("file.csv", "link"),
        ("folder", "link"),
        ("folder", "unexamined"),
        ("pipe.csv", "link"),
    } - {("folder", "unexamined")}


def test_a_leak_does_not_repeat_what_it_found(tmp_path):
    (tmp_path / "a.csv").write_text("x\nSENTINEL-0042 jdoe\n", encoding="utf-8")
    assert "SENTINEL" not in str(leaks(tmp_path, rules=RULES))
    assert "SENTINEL" not in repr(RULES)


@pytest.mark.parametrize("forbidden", [["own text", " "], "own text"])
def test_texts_that_must_not_leave_are_added_to_rules_that_are_given(tmp_path, forbidden):
    (tmp_path / "a.txt").write_text("Own  text\n\nSENTINEL-0042\n", encoding="utf-8")
    found = leaks(tmp_path, forbidden=forbidden, rules=RULES)
    assert {leak.place for leak in found} == {"line 1", "line 3"}


def test_of_one_kind_no_more_places_than_can_be_read(tmp_path):
    (tmp_path / "a.csv").write_text("=1\n" * 5_000, encoding="utf-8")
    assert len(leaks(tmp_path, rules=RULES)) == MOST_PLACES


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(mm.UsageError, match="leaks: there is no"):
        leaks(tmp_path / "nowhere")


# ---- this computer


def test_the_names_are_asked_when_it_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "kmiller")
    monkeypatch.setattr(socket, "gethostname", lambda: "lab-7.example.org")
    (tmp_path / "a.txt").write_text("by kmiller on lab-7\nSENTINEL\n", encoding="utf-8")
    found = {leak.kind for leak in leaks(tmp_path, forbidden=["SENTINEL"])}
    assert found == {"user_name", "host_name", "forbidden_text"}


def test_a_name_that_is_nobodys_or_part_of_a_word_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "root")
    monkeypatch.setattr(socket, "gethostname", lambda: "vm")
    (tmp_path / "a.css").write_text(":root {--vm: 1}\n", encoding="utf-8")
    assert leaks(tmp_path) == []
    assert kinds(tmp_path, "b.txt", "jdoes, a ward-pc-170") == set()


def test_an_account_without_a_name_is_no_error(monkeypatch):
    def nobody() -> str:
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert isinstance(rules_of_this_computer(), texts.TextRules)


# ---- the search itself


def test_it_shares_no_code_with_what_writes_files():
    folder = REPOSITORY / "src" / "mothers_margins" / "release"
    allowed = {"mothers_margins", "defusedxml", *sys.stdlib_module_names}
    own = ("mothers_margins.release.leak_search", "mothers_margins.errors")
    for path in [folder / "leaks.py", *(folder / "leak_search").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] in allowed, (path.name, node.module)
                if node.module.startswith("mothers_margins."):
                    assert node.module.startswith(own), (path.name, node.module)
            elif isinstance(node, ast.Import):
                assert all(one.name.split(".")[0] in allowed for one in node.names), path.name


def test_every_kind_has_its_words():
    for kind, words in KINDS.items():
        assert Leak("a", "b", kind).what == words
        assert words
