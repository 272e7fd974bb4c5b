"""Hostile files (T11 of issue 14): each ends in a leak or in an error of the house, soon, with
little memory, and with nothing written.
"""

import json
import struct
import time
import tracemalloc
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import mothers_margins as mm
from mothers_margins.disclosure.policy import PolicyError, preset
from mothers_margins.release.leak_search import packages, streamed_xml
from mothers_margins.release.leak_search.search import Leak
from mothers_margins.release.leaks import BINARY, TEXT, leaks
from tests.release.made_files import (
    CLEAN,
    HEAD,
    PACKAGE,
    RULES,
    SVG,
    WORD,
    chunk,
    docx,
    kinds,
    notebook,
    packed,
    page,
    pdf,
    png,
    xlsx,
)

SOON = 20.0  # seconds, on a slow machine
MEMORY = 600 * 1024**2
OFFICE = ("a.docx", "a.pptx", "a.xlsx")


@pytest.fixture(autouse=True)
def nothing_is_written(tmp_path):
    """What is examined is never unpacked."""
    yield
    left = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert left == []
    assert len([*tmp_path.iterdir()]) <= 1


def quickly(folder: Path, name: str, content: bytes | str) -> set[str]:
    tracemalloc.start()
    before = time.monotonic()
    try:
        found = kinds(folder, name, content)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.monotonic() - before < SOON
    assert most < MEMORY
    return found


# ---- zip files


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    bomb = docx(**{"word/footer1.xml": b"0" * (60 * 1024**2)})
    assert len(bomb) < 100_000
    assert "too_large" in quickly(tmp_path, "a.docx", bomb)


def test_a_zip_that_declares_more_than_fits_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "MOST_BYTES", 1_000)
    path = tmp_path / "a.docx"
    path.write_bytes(docx())
    assert leaks(path, rules=RULES) == [Leak("a.docx", "the file", "too_large")]


def test_a_zip_of_too_many_parts_is_not_read(tmp_path):
    parts = {f"word/{number}.xml": "" for number in range(packages.MOST_PARTS + 1)}
    assert quickly(tmp_path, "a.docx", packed(parts)) == {"too_large"}


def false_sizes(raw: bytes, declared: int) -> bytes:
    """A zip whose list says that each part is of another size than it is."""
    changed = bytearray(raw)
    position = 0
    while (position := changed.find(b"PK\x01\x02", position)) >= 0:
        changed[position + 24 : position + 28] = struct.pack("<I", declared)
        position += 4
    return bytes(changed)


@pytest.mark.parametrize("declared", [0, 1, 10, 2**32 - 2])
def test_a_zip_that_declares_less_than_it_holds_is_found(tmp_path, declared):
    bomb = docx(**{"word/footer1.xml": b"0" * (30 * 1024**2)})
    assert quickly(tmp_path, "a.docx", false_sizes(bomb, declared)) & {"unreadable", "too_large"}


def test_what_is_read_is_counted_whatever_is_declared(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "_is_bomb", lambda _: False)  # the first guard is off
    monkeypatch.setattr(packages, "MOST_BYTES_OF_PART", 10_000)
    long = docx(**{"word/footer1.xml": bytes(range(256)) * 100})
    assert "too_large" in quickly(tmp_path, "a.docx", long)


def test_all_parts_together_are_counted(tmp_path, monkeypatch):
    package = packages.Package(docx())
    monkeypatch.setattr(package, "_left", 300)
    with pytest.raises(packages.HostileError, match="too_large"):
        [package.read(name) for name in package.names()]


def test_a_part_that_stands_twice_in_the_list_is_found(tmp_path):
    raw = BytesIO()
    with zipfile.ZipFile(raw, "w") as package:
        package.writestr("word/document.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            package.writestr("word/document.xml", "<b/>")
    assert "unreadable" in quickly(tmp_path, "a.docx", raw.getvalue())
    upper = docx(**{"WORD/document.XML": "<a/>"})
    assert "unreadable" in quickly(tmp_path, "a.docx", upper)


@pytest.mark.parametrize(
    "name", ["../a.xml", "/a.xml", "word/../../a.xml", "..\\a.xml", "C:\\a.xml", "word\\a.xml"]
)
def test_a_part_whose_name_leads_out_is_found_and_not_written(tmp_path, name):
    inside = tmp_path / "a.docx"
    inside.write_bytes(docx(**{name: "<a/>"}))
    assert "path_traversal" in {leak.kind for leak in leaks(inside, rules=RULES)}
    assert not (tmp_path.parent / "a.xml").exists()


@pytest.mark.parametrize("name", OFFICE)
@pytest.mark.parametrize("kept", [0, 3, 4, 30, 200, 500, -30, -1])
def test_a_zip_that_was_cut_is_found(tmp_path, name, kept):
    assert "unreadable" in quickly(tmp_path, name, docx()[:kept])


def test_what_stands_in_no_list_of_a_zip_is_found(tmp_path):
    raw = docx()
    assert kinds(tmp_path, "a.docx", raw + b"SENTINEL-0042") == {"embedded_file"}
    listed = raw.find(b"PK\x01\x02")
    moved = bytearray(raw[:listed] + b"SENTINEL" + raw[listed:])
    place = moved.rfind(b"PK\x05\x06") + 16
    moved[place : place + 4] = struct.pack("<I", listed + 8)
    assert kinds(tmp_path, "a.docx", bytes(moved)) == {"embedded_file"}
    between = BytesIO()
    with zipfile.ZipFile(between, "w") as package:
        for name, content in (PACKAGE | WORD).items():
            package.writestr(name, content)
            package.fp.write(b"SENTINEL")
            package.start_dir = package.fp.tell()
        package.writestr("word/last.xml", "<a/>")
    assert kinds(tmp_path, "a.docx", between.getvalue()) == {"embedded_file"}


def test_a_zip_that_was_written_in_one_go_passes(tmp_path):
    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

    raw = Pipe()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (PACKAGE | WORD).items():
            package.writestr(name, content)
    assert kinds(tmp_path, "a.docx", raw.getvalue()) == set()


def test_an_encrypted_part_is_found(tmp_path):
    raw = bytearray(docx())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        position = 0
        while (position := raw.find(mark, position)) >= 0:
            raw[position + offset] |= 1
            position += 4
    assert "unreadable" in quickly(tmp_path, "a.docx", bytes(raw))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_compression_is_not_opened(tmp_path, method):
    raw = BytesIO()
    with zipfile.ZipFile(raw, "w", method) as package:
        package.writestr("word/document.xml", "<a/>")
    assert "unreadable" in quickly(tmp_path, "a.docx", raw.getvalue())


def test_a_zip_in_a_zip_is_not_opened(tmp_path):
    inner = packed({"a": "b"})
    assert "unexamined" in quickly(tmp_path, "a.docx", docx(**{"word/a.zip": inner}))


def test_the_comment_of_a_zip_and_the_names_of_parts_are_texts(tmp_path):
    raw = BytesIO(docx())
    with zipfile.ZipFile(raw, "a") as package:
        package.comment = b"SENTINEL-0042"
    assert quickly(tmp_path, "a.docx", raw.getvalue()) == {"forbidden_text"}
    assert "forbidden_text" in kinds(tmp_path, "a.docx", docx(**{"word/SENTINEL-0042.xml": "<a/>"}))


# ---- XML

FILE = "file:" + "///etc/hostname"
LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{("&a" + str(n - 1) + ";") * 10}">' for n in range(1, 12)).replace(
        "&a0;", "&a;"
    )
    + "]><a>&a11;</a>"
)
UNSAFE = {
    "laughs": LAUGHS,
    "external entity": f'<!DOCTYPE a [<!ENTITY x SYSTEM "{FILE}">]><a>&x;</a>',
    "parameter entity": f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{FILE}"> %x;]><a/>',
    "external type": '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
    "empty type": "<!DOCTYPE a><a/>",
    "quadratic": f'<!DOCTYPE a [<!ENTITY x "{"x" * 100_000}">]><a>{"&x;" * 10_000}</a>',
}


@pytest.mark.parametrize("case", UNSAFE)
def test_document_types_and_entities_are_refused(tmp_path, case):
    xml = UNSAFE[case]
    part = {"word/document.xml": xml}
    assert quickly(tmp_path, "a.docx", docx(**part)) == {"unsafe_xml"}
    assert quickly(tmp_path, "a.docx", docx(**{"word/_rels/document.xml.rels": xml})) == {
        "unsafe_xml"
    }
    (tmp_path / "a.docx").unlink()
    assert "unsafe_xml" in quickly(tmp_path, "a.svg", xml)


def test_the_known_type_of_an_svg_passes_and_one_that_declares_does_not(tmp_path):
    assert kinds(tmp_path, "a.svg", SVG) == set()
    declares = SVG.replace('svg11.dtd">', f'svg11.dtd" [<!ENTITY x SYSTEM "{FILE}">]>')
    assert "unsafe_xml" in kinds(tmp_path, "a.svg", declares)


DAMAGED = {
    "not closed": "<a><b></a>",
    "empty": "",
    "text": "52 mothers",
    "unknown entity": "<a>&unknown;</a>",
    "unknown encoding": "<?xml version='1.0' encoding='utf-7'?><a/>",
    "null": "<a>\x00</a>",
    "bytes": b"\xff\xfe\x00\x00<\x00",
    "two roots": "<a/><b/>",
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_xml_is_found(tmp_path, case):
    part = {"word/document.xml": DAMAGED[case]}
    assert quickly(tmp_path, "a.docx", docx(**part)) == {"unreadable"}


def test_a_million_elements_and_a_deep_nest_are_not_kept(tmp_path):
    many = f"{HEAD}<a>" + "<b/>" * 1_000_000 + "</a>"
    raw = BytesIO()
    with zipfile.ZipFile(raw, "w") as package:
        package.writestr("word/document.xml", many)
    before = time.monotonic()
    assert kinds(tmp_path, "a.docx", raw.getvalue()) == {"too_large"}
    assert time.monotonic() - before < SOON
    deep = "<a>" * 100_000 + "</a>" * 100_000
    assert kinds(tmp_path, "a.docx", docx(**{"word/document.xml": deep})) == {"too_large"}


def test_texts_in_nested_elements_are_kept_twice_at_most():
    nested = "<p>" * 100 + "x" * 10_000 + "<t>y</t>" * 1_000 + "</p>" * 100
    document = streamed_xml.read_xml(nested.encode())
    assert len(document.texts()) < 3 * len(nested)


# ---- texts


def test_gigantic_lines_are_found_or_pass_soon(tmp_path):
    long = "x" * 3_000_000
    assert quickly(tmp_path, "a.csv", f"a,b\n{long},1\n") == {"too_large"}
    assert quickly(tmp_path, "a.csv", '"' + long) == {"too_large"}
    for name in ("a.md", "a.html", "a.txt", "a.json"):
        (tmp_path / "a.csv").unlink(missing_ok=True)
        content = json.dumps(long) if name == "a.json" else long
        assert quickly(tmp_path, name, content) == set()
        (tmp_path / name).unlink()


ENDLESS = {
    "<": "<",
    "tags": "<a ",
    "links": "<link ",
    "metas": "<meta name=author ",
    "data": "data:image/png;base64,",
    "data with parts": "data:;a=b",
    "quotes": "\"'",
    "slashes": "/",
    "homes": "/ho" + "me",
    "backslashes": "\\",
    "drives": "C:\\",
    "pictures": "![",
    "brackets": "[" * 50,
    "blanks": " " * 50,
    "In": "In [",
    "References": "&#",
    "parentheses": "((",
    "sources": "src = ",
    "streams": "stream\n",
}


@pytest.mark.parametrize("case", ENDLESS)
def test_no_text_takes_long(tmp_path, case):
    content = ENDLESS[case] * (400_000 // len(ENDLESS[case]))
    for name in ("a.html", "a.csv", "a.json"):
        before = time.monotonic()
        kinds(tmp_path, name, content)
        assert time.monotonic() - before < SOON, name
        (tmp_path / name).unlink()
    before = time.monotonic()
    kinds(tmp_path, "a.pdf", pdf(content.encode()) + content.encode())
    assert time.monotonic() - before < SOON


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"a":' * 50_000, "9" * 10_000, "NaN", "{", '{"cells": [1, null, "x"]}',
     '{"cells": 5, "metadata": []}', '{"cells": [{"metadata": {"tags": 5}}]}', "null", ""],
)  # fmt: skip
def test_hostile_json_is_no_crash(tmp_path, content):
    kinds(tmp_path, "a.ipynb", content)
    (tmp_path / "a.ipynb").unlink()
    kinds(tmp_path, "a.json", content)


def test_json_that_is_nested_too_deeply_is_found(tmp_path):
    assert "unreadable" in kinds(tmp_path, "a.json", "[" * 100_000)
    (tmp_path / "a.json").unlink()
    with_canary = notebook(metadata={"x": [[[["SENTINEL", "-0042"]]]]})
    assert "forbidden_text" in kinds(tmp_path, "a.ipynb", with_canary)


@pytest.mark.parametrize("name", ["a.csv", "a.html", "a.md", "a.json", "a.txt", "a.svg"])
def test_null_and_other_encodings_are_found(tmp_path, name):
    assert kinds(tmp_path, name, b"a\x00b") & {"control_character", "unreadable"}
    assert "unreadable" in kinds(tmp_path, name, "é".encode("latin-1"))
    assert "unreadable" in kinds(tmp_path, name, "SENTINEL".encode("utf-16"))


def test_hostile_yaml_is_text_and_nothing_else(tmp_path):
    tag = "!!python/object/apply:os.system ['touch " + str(tmp_path / "made") + "']"
    kinds(tmp_path, "a.yaml", f"disclosure: {tag}\n")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "text",
    [
        "{not_known: [protected], follow_up: {a: b}, precedence: 5, author: [x], reason: 1.5}",
        "{not_known: yes, follow_up: no, precedence: [1, 2], author: 2026-11-27, reason: ~}",
        "{not_known: 'protected\\0', precedence: [[a]], author: '', reason: ''}",
    ],
)
def test_a_policy_of_hostile_yaml_is_a_policy_error(text):
    with pytest.raises(PolicyError) as raised:
        preset("threshold_10", **yaml.safe_load(text))
    assert len(raised.value.problems) == 5


# ---- pictures


def test_a_compressed_text_in_a_png_is_bounded(tmp_path):
    bomb = zlib.compress(b"x" * (200 * 1024**2), 9)
    assert "too_large" in quickly(tmp_path, "a.png", png(chunk(b"zTXt", b"Title\0\0" + bomb)))
    damaged = png(chunk(b"zTXt", b"Title\0\0" + b"xxxx"), chunk(b"iTXt", b""), chunk(b"tEXt", b""))
    assert "unreadable" in quickly(tmp_path, "a.png", damaged)


def test_a_png_that_declares_a_gigantic_chunk_is_found(tmp_path):
    raw = png()[:8] + struct.pack(">I", 2**32 - 1) + b"tEXt" + b"x" * 100
    assert "unreadable" in quickly(tmp_path, "a.png", raw)


def test_a_compressed_stream_in_a_pdf_is_bounded(tmp_path):
    assert "too_large" in kinds(tmp_path, "a.pdf", pdf(b"(x) Tj " * (10 * 1024**2)))


def test_fonts_without_end_in_a_pdf_are_bounded(tmp_path):
    ranges = b"begincodespacerange <00000000> endcodespacerange\n" + (
        b"beginbfrange <00000000> <ffffffff> <0041> endbfrange\n" * 1_000
    )
    font = b"3 0 obj <<>> stream\n" + ranges + b"\nendstream endobj\n"
    drawn = b"(" + b"x" * 1_000_000 + b") Tj"
    content = pdf(drawn).replace(b"trailer", font * 70 + b"trailer")
    before = time.monotonic()
    kinds(tmp_path, "a.pdf", content)
    assert time.monotonic() - before < SOON


def test_a_file_too_large_is_not_read(tmp_path):
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(3 * 1024**3)  # it takes no room on the disk
    assert {leak.kind for leak in leaks(tmp_path / "a.csv", rules=RULES)} == {"too_large"}


# ---- anything


@pytest.mark.parametrize("suffix", [*BINARY, *TEXT])
@settings(max_examples=40)
@given(raw=st.binary(max_size=400), kept=st.integers(0, 400), at=st.integers(0, 2_000))
def test_whatever_a_file_holds_it_ends_in_leaks(tmp_path_factory, suffix, raw, kept, at):
    """Bytes of chance, a clean file that was cut, and one with bytes of chance in it."""
    clean = next(content for name, content in CLEAN.items() if name.endswith((suffix, ".csv")))
    path = tmp_path_factory.getbasetemp() / f"a{suffix}"
    for content in (raw, clean[: -kept or None], clean[:at] + raw + clean[at + len(raw) :]):
        path.write_bytes(content)
        assert isinstance(leaks(path, rules=RULES), list)


def test_a_place_is_printed_in_letters(tmp_path):
    name = "word/\x1b[2J\u202e" + "x" * 500 + ".xml"
    path = tmp_path / "a.docx"
    path.write_bytes(docx(**{name: "<a>"}))
    for leak in leaks(path, rules=RULES):
        assert leak.place.isprintable()
        assert len(leak.place) <= 120


def test_errors_of_the_house_are_the_only_ones(tmp_path):
    with pytest.raises(mm.UsageError):
        leaks(tmp_path / "\x01nowhere")
    assert kinds(tmp_path, "a.html", page()) == set()
    (tmp_path / "a.html").unlink()
    assert kinds(tmp_path, "a.xlsx", xlsx()) == set()
