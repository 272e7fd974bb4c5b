"""PDF: its properties, its attachments, and its text where fonts keep the letters as they are or
say which they are. Other text cannot be read without drawing it.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress

from mothers_margins.release.leak_search.pdf_letters import letters_of
from mothers_margins.release.leak_search.search import OUR_NAMES, Search

MOST_BYTES = 128 * 1024**2  # of all streams together
MOST_OF_ONE = 32 * 1024**2
MOST_DRAWN = 20_000_000  # letters, once for each font
MARKS = (b"Tj", b"TJ", b"/Type", b"/Author", b"/Title")
BEGINS = re.compile(rb"(?<!end)stream\r?\n")
STRING = rb"\(((?:[^()\\]++|\\.)*+)\)|<([0-9A-Fa-f\s]{2,100000})>"
STRING_OR_END = re.compile(STRING + rb"|\bT[jJ]\b|\bET\b", re.S)
ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.S)
PERSON = re.compile(
    rb"/(?:Author|Company|Manager|SourceModified)\s*((?:\((?:[^()\\]++|\\.)*+\)|<[^<>]{0,20000}>))",
    re.S,
)
DRAWS = re.compile(rb"\bT[jJ]\b")
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
    parts: list[bytes] = []
    left = MOST_BYTES
    for number, part in enumerate(_parts(raw)):
        left -= len(part)
        if left < 0 or len(part) >= MOST_OF_ONE:
            search.add("too_large", f"stream {number}")
            return
        parts.append(part)
    fonts = letters_of(parts)
    for number, part in enumerate(parts):
        where = f"stream {number}" if number else "the file"
        _search_beside(search, part, where)
        drawn = list(_drawn(part))
        _search_texts(search, [[_decoded(one) for one in line] for line in drawn], where)
        if not DRAWS.search(part):
            continue
        if sum(len(one) for line in drawn for one in line) * len(fonts) > MOST_DRAWN:
            search.add("too_large", where)
            continue
        for font in fonts:
            _search_texts(search, [[font.read(one) for one in line] for line in drawn], where)


def _parts(raw: bytes) -> Iterator[bytes]:
    """What stands outside streams; then each stream, decompressed where that is simple."""
    outside: list[bytes] = []
    streams: list[tuple[int, int]] = []
    position = 0
    while hit := BEGINS.search(raw, position):
        outside.append(raw[position : hit.end()])
        end = raw.find(b"endstream", hit.end())
        position = len(raw) if end < 0 else end
        if not _is_picture(outside[-1]):
            streams.append((hit.end(), position))
    outside.append(raw[position:])
    yield b"".join(outside)
    for begins, ends in streams:
        yield _decompressed(raw[begins:ends])


def _is_picture(before: bytes) -> bool:
    """Whether what stands before a stream says that it is one of points."""
    about = before[-5_000:].rpartition(b" obj")[2]
    return b"/Image" in about and b"/Width" in about


def _decompressed(stream: bytes) -> bytes:
    """A stream, if it is text; empty if it is a font or the like."""
    with suppress(zlib.error):  # compressed in another way, or not at all
        stream = zlib.decompressobj().decompress(stream, MOST_OF_ONE)
    is_text = stream[:1000].isascii() or any(mark in stream for mark in MARKS)
    return stream if is_text else b""


def _search_beside(search: Search, part: bytes, where: str) -> None:
    """What stands beside the text, and the part as it is written."""
    for kind, rule in BESIDE.items():
        if rule.search(part):
            search.add(kind, where)
    for hit in PERSON.finditer(part):
        string = STRING_OR_END.match(hit.group(1))
        if string and _decoded(_bytes_of(string)).strip() not in OUR_NAMES:
            search.add("document_property", where)
    plain = part.decode("utf-8", "replace")
    for person in XMP_PERSON.findall(plain):
        if re.sub(r"<[^<>]{0,200}>", "", person).strip() not in OUR_NAMES:
            search.add("document_property", where)
    search.text(_printable(plain), where)


def _drawn(part: bytes) -> Iterator[list[bytes]]:
    """The strings of a part; those that are drawn at once, together."""
    line: list[bytes] = []
    for hit in STRING_OR_END.finditer(part):
        if hit.group(1) is None and hit.group(2) is None:
            yield line
            line = []
        else:
            line.append(_bytes_of(hit))
    yield line


def _search_texts(search: Search, lines: list[list[str]], where: str) -> None:
    """Strings one by one, line by line, and all together: a word is drawn in pieces."""
    texts = [text for line in lines for text in line]
    search.text(_printable("\n".join(texts)), where)
    search.text(_printable("\n".join("".join(line) for line in lines)), where)
    search.text(_printable("".join(texts)), where)


def _bytes_of(hit: re.Match[bytes]) -> bytes:
    """A string of a PDF, in parentheses or in hexadecimal digits."""
    if hit.group(1) is not None:
        return ESCAPED.sub(_unescaped, hit.group(1))
    plain = b"".join(hit.group(2).split())
    return bytes.fromhex((plain + b"0" * (len(plain) % 2)).decode("ascii"))


def _unescaped(hit: re.Match[bytes]) -> bytes:
    sign = hit.group(1)
    if sign.isdigit():
        return bytes([int(sign, 8) & 255])
    return LETTERS.get(sign, sign)


def _decoded(raw: bytes) -> str:
    if raw.startswith(b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    return raw.decode("latin-1")


def _printable(text: str) -> str:
    """Without control characters: in a PDF they are numbers of letters."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", text)
