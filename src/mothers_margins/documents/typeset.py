"""A Typst source as a tagged PDF (PDF/UA-1). Nothing is asked of a network; the same source makes
the same bytes.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib as mpl

FONT = "DejaVu Sans"  # ships with matplotlib, so that every machine has it
NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def typeset(source: str, files: Mapping[str, bytes]) -> bytes:
    """The PDF of a source. files: what it shows, by the names that it gives them.

    Typst refuses what the standard does not allow: a picture without alt text, a level of headings
    that is skipped, a document without a title.
    """
    import typst

    with TemporaryDirectory() as folder:
        place = Path(folder)
        for name, content in files.items():
            (place / name).write_bytes(content)
        (place / "main.typ").write_text(source, encoding="utf-8")
        made: bytes = typst.compile(
            place / "main.typ",
            root=place,
            font_paths=[Path(mpl.get_data_path()) / "fonts" / "ttf"],
            ignore_system_fonts=True,
            pdf_standards="ua-1",
            timestamp=NO_DAY,
        )
    return made


def as_string(text: str) -> str:
    """Text as a Typst string, so that none of its characters is an instruction."""
    return json.dumps(text, ensure_ascii=False)
