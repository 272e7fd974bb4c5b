"""PNG: what is written beside the picture."""

import zlib
from collections.abc import Iterator

from mothers_margins.release.leak_search.search import OUR_NAMES, Search

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_TEXT = 4 * 1024**2
PERSONS = ("author", "copyright", "creator", "artist")
TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# Chunks that draw the picture, or say how.
DRAWING = {
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"acTL",
    b"fcTL",
    b"fdAT",
    b"bKGD",
    b"cHRM",
    b"cICP",
    b"gAMA",
    b"hIST",
    b"pHYs",
    b"sBIT",
    b"sPLT",
    b"sRGB",
    b"tIME",
    b"tRNS",
}


def search_png(search: Search, raw: bytes, place: str = "") -> None:
    """The chunks of a PNG."""
    where = place or "the picture"
    if not raw.startswith(SIGNATURE):
        search.add("unreadable", where)
        return
    position = len(SIGNATURE)
    for name, content, ends in _chunks(raw):
        position = ends
        if name in TEXTS:
            _search_text(search, name, content, where)
        elif name == b"eXIf":
            search.add("document_property", f"{where}: eXIf")
            search.text(content.decode("latin-1"), where)
        elif name not in DRAWING:
            search.add("unexamined", f"{where}: {name.decode('latin-1')}")
        if name == b"IEND":
            break
    else:
        search.add("unreadable", where)
    if position < len(raw):
        search.add("embedded_file", f"{where}: after its end")


def _chunks(raw: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Name, content and end of each chunk that is whole."""
    position = len(SIGNATURE)
    while position + 12 <= len(raw):
        length = int.from_bytes(raw[position : position + 4], "big")
        ends = position + 12 + length
        if ends > len(raw):
            return
        yield raw[position + 4 : position + 8], raw[position + 8 : ends - 4], ends
        position = ends


def _search_text(search: Search, kind: bytes, content: bytes, where: str) -> None:
    """A chunk with a keyword and a text."""
    keyword, _, rest = content.partition(b"\0")
    name = keyword.decode("latin-1")
    try:
        text = _text(kind, rest)
    except zlib.error:
        search.add("unreadable", f"{where}: {name}")
        return
    if len(text) >= MOST_TEXT:
        search.add("too_large", f"{where}: {name}")
    if name.lower() in PERSONS and text.strip() not in OUR_NAMES:
        search.add("document_property", f"{where}: {name}")
    search.text(f"{name}\n{text}", f"{where}: {name}")


def _text(kind: bytes, rest: bytes) -> str:
    """The text of a chunk, decompressed as far as it fits."""
    if kind == b"tEXt":
        return rest.decode("latin-1")
    if kind == b"zTXt":
        return _decompressed(rest[1:]).decode("latin-1")
    is_compressed = rest[:1] == b"\x01"
    text = rest[2:].split(b"\0", 2)[-1]  # after the language and the translated keyword
    return (_decompressed(text) if is_compressed else text).decode("utf-8", "replace")


def _decompressed(raw: bytes) -> bytes:
    return zlib.decompressobj().decompress(raw, MOST_TEXT)
