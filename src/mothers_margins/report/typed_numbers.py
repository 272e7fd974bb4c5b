"""Numbers that somebody has typed into prose: they are results that nobody can check, unless
facts.yaml says what they mean.
"""

import re
from collections.abc import Iterator, Sequence

from mothers_margins.report.references import REFERENCE

DIGITS = re.compile(r"(?:[<>≥≤£]\s?)?\d+(?:[.,/]\d+)*%?")
# Counts and shares in words; small ones (one to ten) count sections and meetings, not people.
IN_WORDS = re.compile(
    r"\b(?:eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty"
    r"|sixty|seventy|eighty|ninety|hundred|thousand|half|third of|thirds|quarter of|quarters"
    r"|per cent|percent|majority|minority of|twice|three times|doubled)\b",
    re.IGNORECASE,
)
LINK = re.compile(r"\]\([^)]*\)|https?://\S+")
HEADING_ID = re.compile(r"\{#[^}]*\}")


def typed_numbers(text: str, allowed: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Numbers in a Markdown text that are neither a reference nor allowed, with their lines.

    allowed: texts with digits that have a meaning; each is looked for as it is written.
    """
    known = sorted(allowed, key=len, reverse=True)  # a longer text may hold a shorter one
    for line, written in enumerate(text.splitlines(), start=1):
        bare = HEADING_ID.sub(" ", LINK.sub(" ", REFERENCE.sub(" ", written)))
        for phrase in known:
            bare = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", " ", bare, flags=re.IGNORECASE)
        for found in (*DIGITS.finditer(bare), *IN_WORDS.finditer(bare)):
            yield line, found[0]
