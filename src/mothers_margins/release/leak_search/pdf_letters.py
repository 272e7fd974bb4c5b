"""The letters of a PDF whose fonts number them: the font says which number is which letter."""

import re
from collections.abc import Iterable, Iterator

MOST_LETTERS = 200_000  # of all fonts together
MOST_FONTS = 64
WIDTHS = re.compile(rb"begincodespacerange\s*<([0-9A-Fa-f]{2,8})>")
BLOCKS = re.compile(rb"beginbf(char|range)\b(.{0,200000}?)endbf(?:char|range)\b", re.S)
ONE = re.compile(rb"<([0-9A-Fa-f]{2,8})>\s*<([0-9A-Fa-f]{2,64})>")
SEVERAL = re.compile(
    rb"<([0-9A-Fa-f]{2,8})>\s*<([0-9A-Fa-f]{2,8})>\s*(?:<([0-9A-Fa-f]{2,64})>|\[([^\]]{0,20000})\])"
)
WRITTEN = re.compile(rb"<([0-9A-Fa-f]{2,64})>")


class Letters:
    """The letters of one font: width bytes stand for one."""

    def __init__(self, width: int, letters: dict[int, str]) -> None:
        self._width = width
        self._letters = letters

    def read(self, drawn: bytes) -> str:
        """What is drawn, as text; numbers that the font does not name are left out."""
        numbers = (
            int.from_bytes(drawn[place : place + self._width], "big")
            for place in range(0, len(drawn), self._width)
        )
        return "".join(self._letters.get(number, "") for number in numbers)


def letters_of(parts: Iterable[bytes]) -> list[Letters]:
    """The fonts that say which number is which letter, among the streams of a PDF."""
    found: list[Letters] = []
    left = MOST_LETTERS
    for part in parts:
        if b"begincodespacerange" not in part or len(found) >= MOST_FONTS:
            continue
        width = WIDTHS.search(part)
        letters: dict[int, str] = {}
        for number, letter in _pairs(part):
            if left <= 0:
                break
            letters[number] = letter
            left -= 1
        if width and letters:
            found.append(Letters(len(width.group(1)) // 2, letters))
    return found


def _pairs(part: bytes) -> Iterator[tuple[int, str]]:
    """Numbers with their letters."""
    for kind, block in BLOCKS.findall(part):
        if kind == b"char":
            for number, letter in ONE.findall(block):
                yield int(number, 16), _letter(letter)
            continue
        for first, last, letter, listed in SEVERAL.findall(block):
            yield from _range(int(first, 16), int(last, 16), letter, listed)


def _range(first: int, last: int, letter: bytes, listed: bytes) -> Iterator[tuple[int, str]]:
    """Letters of numbers that follow each other."""
    if listed:
        for number, each in enumerate(WRITTEN.findall(listed), start=first):
            yield number, _letter(each)
        return
    begins = _letter(letter)
    if not begins:
        return
    for number in range(first, min(last, first + MOST_LETTERS) + 1):
        code = ord(begins[-1]) + number - first
        if code > 0x10FFFF:
            return
        yield number, begins[:-1] + chr(code)


def _letter(digits: bytes) -> str:
    """A letter, or several that are drawn as one."""
    plain = digits + b"0" * (len(digits) % 2)
    return bytes.fromhex(plain.decode("ascii")).decode("utf-16-be", "replace")
