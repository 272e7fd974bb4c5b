"""The look of Word documents: reference.docx, which pandoc takes its styles from.

Made anew, beside this file, by: python -m mothers_margins.documents.reference
"""

from dataclasses import dataclass
from pathlib import Path

from mothers_margins import places
from mothers_margins.documents.parts import HEAD, PREFIXES, packed

PATH = Path(__file__).with_name("reference.docx")
LANGUAGE = "en-GB"
FONT = "Arial"  # Liberation Sans, where Arial is not, has the same widths
FIXED_WIDTH = "Courier New"
INK = "1D1D1B"
# Lengths in twips, of which an inch has 1,440.
A4 = (11906, 16838)  # width and height
MARGIN = 1134  # 2 cm
TABLE_SIZE = 8.5  # points
CELL_MARGIN = 70  # at the left and at the right of what stands in a cell


@dataclass(frozen=True)
class Style:
    """A style of paragraphs.

    size: in points; before, after: space in twips; follows: the style of the next paragraph; own:
    not one of Word's own; keeps: stays on the page of what follows; outline: the level of a
    heading.
    """

    name: str
    based_on: str = "Normal"
    follows: str = ""
    size: float = 0
    bold: bool = False
    italic: bool = False
    before: int = 0
    after: int = 0
    own: bool = False
    keeps: bool = False
    outline: int | None = None
    font: str = ""
    left: int = 0  # twips that it stands in
    tab: int = 0  # twips from the left at which a tabulator ends at the right
    line: int = 0  # how high lines are, in 240ths of a line; 0: as the style that it is based on

    @property
    def key(self) -> str:
        """What paragraphs call it."""
        return "".join(word[:1].upper() + word[1:] for word in self.name.split())


# Names are those that pandoc writes; the last five are set by `word_tables`.
PARAGRAPHS = (
    Style("Body Text", before=60, after=120),
    Style("First Paragraph", "BodyText", "BodyText", before=60, after=120, own=True),
    Style("Compact", "BodyText", before=20, after=20, own=True),
    Style("Title", follows="BodyText", size=20, bold=True, after=160, keeps=True),
    Style("Subtitle", follows="BodyText", size=14, after=160, keeps=True),
    Style("Author", follows="BodyText", after=60, own=True),
    Style("Date", follows="BodyText", after=160),
    Style("Abstract Title", follows="Abstract", bold=True, before=160, keeps=True, own=True),
    Style("Abstract", follows="BodyText", before=60, after=160, own=True),
    Style("Bibliography", after=120),
    Style("heading 1", follows="BodyText", size=18, bold=True, before=360, after=120, outline=0),
    Style("heading 2", follows="BodyText", size=14, bold=True, before=320, after=100, outline=1),
    Style("heading 3", follows="BodyText", size=12, bold=True, before=240, after=80, outline=2),
    Style("heading 4", follows="BodyText", size=10, bold=True, before=200, after=60, outline=3),
    Style("heading 5", follows="BodyText", size=10, italic=True, before=160, after=60, outline=4),
    Style("heading 6", follows="BodyText", size=10, italic=True, before=160, after=60, outline=5),
    Style("Block Text", "BodyText", before=100, after=100),
    Style("footnote text", size=8.5, after=60),
    Style("Source Code", size=8.5, after=120, own=True, font=FIXED_WIDTH),
    Style("Definition Term", follows="Definition", bold=True, keeps=True, own=True),
    Style("Definition", after=120, own=True),
    Style("caption", size=9.5, bold=True, before=160, after=80),
    Style(
        "Table Caption", "Caption", bold=True, size=9.5, before=240, after=80, keeps=True, own=True
    ),
    Style("Image Caption", "Caption", bold=True, size=9.5, before=80, after=160, own=True),
    Style("Figure", before=120, own=True),
    Style("Captioned Figure", "Figure", before=120, keeps=True, own=True),
    Style("TOC Heading", follows="BodyText", size=14, bold=True, before=240, after=100, keeps=True),
    Style("toc 1", before=80, after=20, bold=True),
    Style("toc 2", after=20, left=240),
    Style("table of figures", after=40),
    Style("header", size=8.5, bold=True),
    Style("footer", size=8.5, tab=A4[0] - 2 * MARGIN),
    Style("Source File", size=8, after=80, own=True),
    Style("Table Text", size=TABLE_SIZE, before=15, after=15, own=True, line=240),
    Style(
        "Table Heading",
        "TableText",
        size=TABLE_SIZE,
        bold=True,
        before=15,
        after=15,
        own=True,
        keeps=True,
    ),
    Style(
        "Table Group",
        "TableText",
        size=TABLE_SIZE,
        bold=True,
        before=80,
        after=15,
        own=True,
        keeps=True,
    ),
    Style("Table Note", "TableText", size=7.5, before=20, after=20, own=True),
    Style("Section End", size=1, own=True),
)


def styles() -> str:
    """The styles as a part of a .docx file."""
    paragraphs = "".join(_paragraph_style(style) for style in PARAGRAPHS)
    return (
        f'<w:styles xmlns:w="{PREFIXES["w"]}">'
        "<w:docDefaults><w:rPrDefault><w:rPr>"
        f"{_fonts(FONT)}"
        f'<w:color w:val="{INK}"/><w:sz w:val="20"/><w:szCs w:val="20"/>'
        f'<w:lang w:val="{LANGUAGE}" w:eastAsia="{LANGUAGE}" w:bidi="{LANGUAGE}"/>'
        "</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>"
        '<w:spacing w:after="0" w:line="264" w:lineRule="auto"/>'
        "</w:pPr></w:pPrDefault></w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
        '<w:name w:val="Normal"/><w:qFormat/></w:style>'
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/>'
        "<w:semiHidden/><w:unhideWhenUsed/></w:style>"
        f"{paragraphs}{_characters()}{_tables()}</w:styles>"
    )


def _paragraph_style(style: Style) -> str:
    own = ' w:customStyle="1"' if style.own else ""
    follows = f'<w:next w:val="{style.follows}"/>' if style.follows else ""
    keeps = style.keeps or style.outline is not None
    keep = "<w:keepNext/><w:keepLines/>" if keeps else ""
    tab = f'<w:tabs><w:tab w:val="right" w:pos="{style.tab}"/></w:tabs>' if style.tab else ""
    left = f'<w:ind w:left="{style.left}"/>' if style.left else ""
    level = "" if style.outline is None else f'<w:outlineLvl w:val="{style.outline}"/>'
    letters = "<w:b/><w:bCs/>" if style.bold else ""
    letters += "<w:i/><w:iCs/>" if style.italic else ""
    if style.size:
        halves = round(2 * style.size)
        letters += f'<w:sz w:val="{halves}"/><w:szCs w:val="{halves}"/>'
    font = _fonts(style.font) if style.font else ""
    line = f' w:line="{style.line}" w:lineRule="auto"' if style.line else ""
    return (
        f'<w:style w:type="paragraph"{own} w:styleId="{style.key}">'
        f'<w:name w:val="{style.name}"/><w:basedOn w:val="{style.based_on}"/>{follows}'
        f"<w:qFormat/><w:pPr>{keep}{tab}"
        f'<w:spacing w:before="{style.before}" w:after="{style.after}"{line}/>{left}{level}</w:pPr>'
        f"<w:rPr>{font}{letters}</w:rPr></w:style>"
    )


def _characters() -> str:
    """Styles of letters inside of a paragraph."""
    looks = {
        "Verbatim Char": _fonts(FIXED_WIDTH) + '<w:sz w:val="18"/>',
        "Section Number": "",
        "footnote reference": '<w:vertAlign w:val="superscript"/>',
        "Hyperlink": '<w:color w:val="12436D"/><w:u w:val="single"/>',
    }
    written = ""
    for name, look in looks.items():
        key = Style(name).key
        own = ' w:customStyle="1"' if name in ("Verbatim Char", "Section Number") else ""
        written += (
            f'<w:style w:type="character"{own} w:styleId="{key}"><w:name w:val="{name}"/>'
            f'<w:basedOn w:val="DefaultParagraphFont"/><w:rPr>{look}</w:rPr></w:style>'
        )
    return written


def _tables() -> str:
    """The plain table of Word, which pandoc's own reference lacks, and ours on it."""
    margins = "".join(
        f'<w:{side} w:w="{width}" w:type="dxa"/>'
        for side, width in (
            ("top", 0),
            ("left", CELL_MARGIN),
            ("bottom", 0),
            ("right", CELL_MARGIN),
        )
    )
    rules = "".join(
        f'<w:{side} w:val="single" w:sz="12" w:space="0" w:color="{INK}"/>'
        for side in ("top", "bottom")
    )
    return (
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal">'
        '<w:name w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/>'
        '<w:unhideWhenUsed/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>'
        f"<w:tblCellMar>{margins}</w:tblCellMar></w:tblPr></w:style>"
        '<w:style w:type="table" w:customStyle="1" w:styleId="Table"><w:name w:val="Table"/>'
        '<w:basedOn w:val="TableNormal"/><w:qFormat/>'
        f"<w:tblPr><w:tblBorders>{rules}</w:tblBorders></w:tblPr></w:style>"
        '<w:style w:type="table" w:customStyle="1" w:styleId="FigureTable">'
        '<w:name w:val="Figure Table"/><w:basedOn w:val="TableNormal"/></w:style>'
    )


def _fonts(name: str) -> str:
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}"/>'


def document() -> str:
    """An empty document, A4 upright."""
    width, height = A4
    edges = " ".join(f'w:{edge}="{MARGIN}"' for edge in ("top", "right", "bottom", "left"))
    return (
        f'<w:document xmlns:w="{PREFIXES["w"]}"><w:body><w:p/><w:sectPr>'
        f'<w:pgSz w:w="{width}" w:h="{height}"/>'
        f'<w:pgMar {edges} w:header="567" w:footer="567" w:gutter="0"/>'
        "</w:sectPr></w:body></w:document>"
    )


def settings() -> str:
    """How Word treats the document: as one of its own, of this century."""
    return (
        f'<w:settings xmlns:w="{PREFIXES["w"]}"><w:zoom w:percent="100"/>'
        '<w:defaultTabStop w:val="720"/><w:characterSpacingControl w:val="doNotCompress"/>'
        '<w:compat><w:compatSetting w:name="compatibilityMode" '
        'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
        f'<w:themeFontLang w:val="{LANGUAGE}"/><w:decimalSymbol w:val="."/>'
        '<w:listSeparator w:val=","/></w:settings>'
    )


def content_types(names: dict[str, str]) -> str:
    """What each part is: names and their types."""
    listed = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in names.items()
    )
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )


def relations(targets: dict[str, str]) -> str:
    """What a part refers to: files and the last word of what they are to it."""
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    listed = "".join(
        f'<Relationship Id="rId{place}" Type="{kinds}/{kind}" Target="{target}"/>'
        for place, (target, kind) in enumerate(targets.items(), 1)
    )
    schema = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{schema}">{listed}</Relationships>'


def reference() -> bytes:
    """reference.docx, byte by byte the same every time."""
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    kinds = {
        "word/document.xml": f"{word}.document.main+xml",
        "word/styles.xml": f"{word}.styles+xml",
        "word/settings.xml": f"{word}.settings+xml",
    }
    texts = {
        "[Content_Types].xml": content_types(kinds),
        "_rels/.rels": relations({"word/document.xml": "officeDocument"}),
        "word/document.xml": document(),
        "word/_rels/document.xml.rels": relations(
            {"styles.xml": "styles", "settings.xml": "settings"}
        ),
        "word/styles.xml": styles(),
        "word/settings.xml": settings(),
    }
    return packed({name: HEAD + text.encode() for name, text in texts.items()})


if __name__ == "__main__":
    places.write_whole(PATH, lambda part: part.write_bytes(reference()))
