"""An edited PowerPoint file, read as a stranger would: numbers that no released one stands for, and
charts that bring their rows along.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from defusedxml.ElementTree import fromstring

from mothers_margins.documents.parts import unpacked
from mothers_margins.errors import UsageError
from mothers_margins.slides.check_deck import BASES, NUMBER

TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"
PARAGRAPH = "{http://schemas.openxmlformats.org/drawingml/2006/main}p"
PART = re.compile(r"ppt/(slides|notesSlides)/\D*(\d+)\.xml")
OWN = re.compile(r"\d+ of \d+$|^Time: [\d.]+ minutes\.$")  # what the program writes of itself


def audit_deck(file: Path, allowed: Collection[str]) -> list[str]:
    """What is wrong with an edited deck, in the order of its parts.

    allowed: the numbers that were released, and those that a person may write. Raises UsageError
    for a file that is no PowerPoint file.
    """
    try:
        parts = unpacked(file.read_bytes())
    except (OSError, ValueError, KeyError):
        raise UsageError(f"{file.name} cannot be read as a PowerPoint file.") from None
    except Exception as error:  # zipfile has an error of its own
        raise UsageError(f"{file.name} is no PowerPoint file ({type(error).__name__}).") from None
    return [*_embedded(parts), *_numbers(parts, {*BASES, *allowed})]


def _embedded(parts: dict[str, bytes]) -> Iterator[str]:
    for name in sorted(parts):
        if name.startswith("ppt/embeddings/"):
            yield f"{name}: a file inside the deck, which nobody has checked"


def _numbers(parts: dict[str, bytes], allowed: Collection[str]) -> Iterator[str]:
    named = [(found, name) for name in parts if (found := PART.fullmatch(name))]
    for found, name in sorted(named, key=lambda one: (int(one[0][2]), one[0][1])):
        where = "slide" if found[1] == "slides" else "notes of slide"
        for text in _paragraphs(parts[name]):
            for number in NUMBER.findall(text):
                if number not in allowed:
                    yield f"{where} {found[2]} says {number}, which was not released"


def _paragraphs(part: bytes) -> Iterator[str]:
    """Every paragraph of a part, and every alt text; without what the program writes of itself."""
    tree = fromstring(part)
    for paragraph in tree.iter(PARAGRAPH):
        if not paragraph.findall(f".//{TEXT}/..[@type]"):  # fields hold the number of the slide
            text = "".join(one.text or "" for one in paragraph.iter(TEXT))
            yield OWN.sub("", text.strip())
    for element in tree.iter():
        yield element.get("descr", "")
