"""PDF: its properties, its attachments, and its text where fonts keep the letters as they are.

A font may number its letters as it likes; then the text cannot be read without the font, and only
what stands beside it is searched.
"""

import re
import zlib
from collections.abc import Iterator

from mothers_margins.release.leak_search.search import OUR_NAMES, Search

MOST_BYTES = 128 * 1024**2  # of all streams together
MOST_OF_ONE = 32 * 1024**2
BEGINS = re.compile(rb"(?<!end)stream\r?\n")
LITERAL = re.compile(rb"\(((?:[^()\\]++|\\.)*+)\)", re.S)
IN_HEXADECIMAL = re.compile(rb"<([0-9A-Fa-f\s]{4,20000})>")
ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.S)
PERSON = re.compile(
    rb"/(?:Author|Company|Manager|SourceModified)\s*"
    rb"(?:\(((?:[^()\\]++|\\.)*+)\)|<([0-9A-Fa-f\s]{0,20000})>)",
    re.S,
)
XMP_PERSON = re.compile(r"<(?:dc:creator|pdf:Author)\b.{0,2000}?</(?:dc:creator|pdf:Author)>", re.S)
BESIDE = {
    "embedded_file": re.compile(rb"/(?:EmbeddedFiles?|RichMedia|Filespec)\b"),
    "macro": re.compile(rb"/(?:JavaScript|JS|Launch|SubmitForm|ImportData)\b"),
    "external_link": re.compile(rb"/(?:GoToR|GoToE)\b"),
    "comment": re.compile(rb"/Subtype\s*/(?:Text|FreeText|Popup|FileAttachment)\b"),
    "unreadable": re.compile(rb"/Encrypt\b"),
}
LETTERS = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\n": b"",
    b"\r\n": b"",
}


def search_pdf(search: Search, raw: bytes) -> None:
    """What can be read in a PDF without its fonts."""
    if not raw.startswith(b"%PDF-"):
        search.add("unreadable", "the file")
        return
    left = MOST_BYTES
    for number, part in enumerate(_parts(raw)):
        left -= len(part)
        if left < 0 or len(part) >= MOST_OF_ONE:
            search.add("too_large", f"stream {number}")
            return
        _search_part(search, part, f"stream {number}" if number else "the file")


def _parts(raw: bytes) -> Iterator[bytes]:
    """What stands outside streams; then each stream, decompressed where that is simple."""
    outside: list[bytes] = []
    streams: list[tuple[int, int]] = []
    position = 0
    while hit := BEGINS.search(raw, position):
        outside.append(raw[position : hit.end()])
        end = raw.find(b"endstream", hit.end())
        position = len(raw) if end < 0 else end
        streams.append((hit.end(), position))
    outside.append(raw[position:])
    yield b"".join(outside)
    for begins, ends in streams:
        yield _decompressed(raw[begins:ends])


def _decompressed(stream: bytes) -> bytes:
    """A stream as text, if it is compressed in the usual way; empty if it is a picture or font."""
    try:
        return zlib.decompressobj().decompress(stream, MOST_OF_ONE)
    except zlib.error:
        is_text = stream[:1000].isascii()
        return stream if is_text else b""


def _search_part(search: Search, part: bytes, where: str) -> None:
    if not part[:1000].isascii() and where != "the file":
        return  # the points of a picture, or a font
    for kind, rule in BESIDE.items():
        if rule.search(part):
            search.add(kind, where)
    for hit in PERSON.finditer(part):
        text = _literal(hit.group(1)) if hit.group(1) is not None else _from_hex(hit.group(2))
        if text.strip() not in OUR_NAMES:
            search.add("document_property", where)
    plain = part.decode("utf-8", "replace")
    for person in XMP_PERSON.findall(plain):
        if re.sub(r"<[^<>]{0,200}>", "", person).strip() not in OUR_NAMES:
            search.add("document_property", where)
    texts = [_literal(literal) for literal in LITERAL.findall(part)]
    texts += [_from_hex(digits) for digits in IN_HEXADECIMAL.findall(part)]
    search.text(_printable(plain), where)
    search.text(_printable("\n".join(texts)), where)
    search.text(_printable("".join(texts)), where)  # a word is drawn in pieces


def _literal(raw: bytes) -> str:
    """A text in parentheses."""
    return _decoded(ESCAPED.sub(_unescaped, raw))


def _unescaped(hit: re.Match[bytes]) -> bytes:
    sign = hit.group(1)
    if sign.isdigit():
        return bytes([int(sign, 8) & 255])
    return LETTERS.get(sign, sign)


def _from_hex(digits: bytes) -> str:
    """A text in hexadecimal digits."""
    plain = b"".join(digits.split())
    return _decoded(bytes.fromhex((plain + b"0" * (len(plain) % 2)).decode("ascii")))


def _decoded(raw: bytes) -> str:
    if raw.startswith(b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    return raw.decode("latin-1")


def _printable(text: str) -> str:
    """Without control characters: in a PDF they are numbers of letters."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", text)
