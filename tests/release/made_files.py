"""Finished files of each kind, made byte by byte and clean; a test plants one fault into one.

No program that writes such files is used: what they happen to write today is no measure.
"""

import base64
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from mothers_margins.release.leak_search.texts import TextRules
from mothers_margins.release.leaks import leaks

RULES = TextRules(
    users=("jdoe",),
    hosts=("ward-pc-17",),
    folders=("/ho" + "me/jdoe/study",),
    forbidden=("SENTINEL-0042", "they took her before I could hold her"),
)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
TYPES = f'{HEAD}<Types><Default Extension="xml" ContentType="application/xml"/></Types>'
RELATIONS = (
    f'{HEAD}<Relationships><Relationship Id="r1" Type="http://x/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
CORE = (
    f"{HEAD}<cp:coreProperties xmlns:cp='c' xmlns:dc='d'><dc:title>Table 1</dc:title>"
    "<dc:creator>mothers_margins</dc:creator><cp:lastModifiedBy></cp:lastModifiedBy>"
    "</cp:coreProperties>"
)
APP = f"{HEAD}<Properties><Template>Normal.dotm</Template><Company></Company></Properties>"
PACKAGE = {
    "[Content_Types].xml": TYPES,
    "_rels/.rels": RELATIONS,
    "docProps/core.xml": CORE,
    "docProps/app.xml": APP,
}
WORD = {
    "word/document.xml": (
        f"{HEAD}<w:document xmlns:w='w'><w:body><w:p><w:r><w:t>Mothers of </w:t></w:r><w:r>"
        "<w:t>52 children</w:t></w:r></w:p></w:body></w:document>"
    ),
    "word/settings.xml": f"{HEAD}<w:settings xmlns:w='w'><w:zoom w:percent='100'/></w:settings>",
    "word/_rels/document.xml.rels": (
        f'{HEAD}<Relationships><Relationship Id="r1" Type="http://x/hyperlink" '
        'Target="https://doi.org/10.1/x" TargetMode="External"/></Relationships>'
    ),
}
SLIDES = {
    "ppt/presentation.xml": f"{HEAD}<p:presentation xmlns:p='p'/>",
    "ppt/slides/slide1.xml": (
        f"{HEAD}<p:sld xmlns:p='p' xmlns:a='a'><p:cNvPr id='2' name='Title'/>"
        "<a:p><a:r><a:t>About 1 in 5</a:t></a:r></a:p></p:sld>"
    ),
    "ppt/charts/chart1.xml": f"{HEAD}<c:chartSpace xmlns:c='c'><c:v>20</c:v></c:chartSpace>",
}
BOOK = {
    "xl/workbook.xml": (
        f"{HEAD}<workbook><sheets><sheet name='Table 1' sheetId='1'/></sheets></workbook>"
    ),
    "xl/worksheets/sheet1.xml": (
        f"{HEAD}<worksheet><cols><col min='1' max='1'/></cols><sheetData><row r='1'>"
        "<c r='A1' t='s'><v>0</v></c><c r='B1'><v>-3.5</v></c>"
        "<c r='C1' t='inlineStr'><is><t>White British</t></is></c></row></sheetData></worksheet>"
    ),
    "xl/sharedStrings.xml": f"{HEAD}<sst><si><t>Age</t></si><si><t>-0.5</t></si></sst>",
}
PAGE = (
    "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
    "<meta name='author' content='mothers_margins'><title>Table 1</title>"
    "<style>:root {{--x: url(#a)}} tbody{{margin:0}}</style></head>\n"
    "<body><p>Of 52 mothers and/or carers, 11 (21&nbsp;%) &lt; p/q. In [brackets]: n/a.</p>\n"
    "<img alt='a chart' src='data:image/png;base64,{png}'>\n"
    "<a href='https://doi.org/10.1/x'>paper</a></body></html>\n"
)
MARKDOWN = "# Table 1\n\nOf 52 mothers, 11; see [the paper](https://doi.org/10.1/x).\n"
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Table 1\n", "52 mothers"]},
        {
            "cell_type": "code",
            "metadata": {"tags": ["parameters"]},
            "source": ["percent = True"],
            "execution_count": None,
            "outputs": [],
        },
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
CSV = "label,n,change\nWhite British,12,-3.5\nNot known,[c],+2\n< 25 years,14,-\n"
SVG = (
    '<?xml version="1.0" encoding="utf-8" standalone="no"?>\n'
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n'
    '  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
    "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>"
    "<metadata><creator xmlns='http://purl.org/dc/elements/1.1/'><Agent>"
    "<title>Matplotlib v3.11.2, https://matplotlib.org/</title></Agent></creator></metadata>"
    "<g clip-path=\"url('#p1')\"><text>52 <tspan>mothers</tspan></text>"
    "<use xlink:href='#m1'/></g></svg>"
)


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip file."""
    raw = BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return raw.getvalue()


def docx(**parts: str | bytes) -> bytes:
    return packed(PACKAGE | WORD | parts)


def pptx(**parts: str | bytes) -> bytes:
    return packed(PACKAGE | SLIDES | parts)


def xlsx(**parts: str | bytes) -> bytes:
    return packed(PACKAGE | BOOK | parts)


def chunk(name: bytes, content: bytes) -> bytes:
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(*chunks: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0\0"))
    software = chunk(b"tEXt", b"Software\0Matplotlib version3.11.2, https://matplotlib.org/")
    return b"\x89PNG\r\n\x1a\n" + head + software + b"".join(chunks) + body + chunk(b"IEND", b"")


def pdf(drawn: bytes = b"(Of 52 mothers) Tj", about: bytes = b"/Producer (typst)") -> bytes:
    """A PDF as far as a search reads one."""
    stream = zlib.compress(b"BT " + drawn + b" ET")
    return (
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <<"
        + about
        + b">> endobj\n2 0 obj <</Length "
        + str(len(stream)).encode()
        + b"/Filter /FlateDecode>> stream\n"
        + stream
        + b"\nendstream endobj\ntrailer <</Info 1 0 R>>\n%%EOF\n"
    )


def page(body: str = "") -> str:
    picture = base64.b64encode(png()).decode()
    return PAGE.format(png=picture).replace("</body>", f"{body}</body>")


def notebook(**changes: object) -> str:
    return json.dumps(NOTEBOOK | changes)


CLEAN: dict[str, bytes] = {
    "table.csv": CSV.encode(),
    "table.tsv": CSV.replace(",", "\t").encode(),
    "page.html": page().encode(),
    "notes.md": MARKDOWN.encode(),
    "notes.txt": b"Of 52 mothers, 11.\n",
    "study.yaml": b"name: esmi\ntags: [a, b]\n",
    "manifest.json": json.dumps({"threshold": 10, "files": ["tables/table_1.csv"]}).encode(),
    "unrun.ipynb": notebook().encode(),
    "report.docx": docx(),
    "deck.pptx": pptx(),
    "tables.xlsx": xlsx(),
    "figure.png": png(),
    "figure.svg": SVG.encode(),
    "report.pdf": pdf(),
}


def kinds(folder: Path, name: str, content: bytes | str) -> set[str]:
    """The kinds of leaks in one file."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return {leak.kind for leak in leaks(path, rules=RULES)}
