"""What must hold for summaries: their length, how they read, and the words that they use."""

import re
from collections.abc import Iterator, Sequence

from mothers_margins.report.chapters import Told
from mothers_margins.report.material import Material
from mothers_margins.wording.plain import banned
from mothers_margins.wording.readability import WORD, smog
from mothers_margins.wording.report import word_count

HARDEST = 11.0  # years of school, of a plain summary
SHORTEST, LONGEST = 400, 850  # words of a plain summary
TWO_PAGES = 900  # words of an executive summary; a test measures its pages
KEY_FINDINGS = 5
RATIO = re.compile(r"\bodds\b|\bOR\b|\baOR\b")
CAUSAL = re.compile(
    r"\b(?:caus(?:e|es|ed|ing)|because of|leads? to|led to|resulted in|impacts?|"
    r"effects? of|risk factors?|due to)\b",
    re.IGNORECASE,
)
NOT_CAUSAL = re.compile(r"not effects?|not causes?|no causes?|not cause", re.IGNORECASE)
MARKUP = re.compile(r"\]\([^)]*\)|[\[\]*_#`]")


def plain_text(told: Told) -> str:
    """The prose of a chapter without the signs of Markdown."""
    return MARKUP.sub("", told.markdown)


def words_in(told: Told) -> int:
    """How many words a chapter has."""
    return len(WORD.findall(plain_text(told)))


def smog_of(told: Told) -> float:
    """The SMOG grade of a chapter's prose."""
    lines = [line.strip(" -") for line in plain_text(told).splitlines() if line.strip()]
    return smog(lines)


def reading_of(told: Told) -> str:
    """'612 words, SMOG 9.4'."""
    return f"{word_count(words_in(told))}, SMOG {smog_of(told):.1f}"


def faults_of_summaries(material: Material, chapters: Sequence[Told]) -> list[str]:
    """All that is wrong with the summaries among these chapters, and with words in any chapter."""
    faults: list[str] = []
    for told in chapters:
        checks = {"summary": _of_summary, "plain_summary": _of_plain, "key_findings": _of_key}
        if told.chapter.kind in checks:
            faults += checks[told.chapter.kind](material, told)
        faults += _causal(material, told)
    return faults


def _of_summary(_: Material, told: Told) -> Iterator[str]:
    if words_in(told) > TWO_PAGES:
        yield f"{told.chapter.file}: {words_in(told)} words do not fit two pages ({TWO_PAGES})"
    if RATIO.search(plain_text(told)):
        yield f"{told.chapter.file}: a summary speaks of no odds"


def _of_key(material: Material, told: Told) -> Iterator[str]:
    yield from _of_summary(material, told)
    findings = [line for line in told.markdown.splitlines() if line.startswith("- ")]
    if len(findings) > KEY_FINDINGS:
        yield f"{told.chapter.file}: {len(findings)} key findings; at most {KEY_FINDINGS}"


def _of_plain(material: Material, told: Told) -> Iterator[str]:
    file, words = told.chapter.file, words_in(told)
    if not SHORTEST <= words <= LONGEST:
        yield f"{file}: {words} words; a plain summary has {SHORTEST} to {LONGEST}"
    if smog_of(told) > HARDEST:
        yield f"{file}: SMOG {smog_of(told):.1f}; a plain summary has at most {HARDEST:g}"
    leag = material.study.leag
    for word, instead in banned(plain_text(told), leag.banned if leag else {}):
        yield f"{file}: '{word}'; say: {instead}"


def _causal(material: Material, told: Told) -> Iterator[str]:
    """Words that say that one thing brings about another; titles of publications may."""
    cited = {source.text for source in material.written.facts.sources.values()}
    for line in plain_text(told).splitlines():
        if line.removeprefix("- ") in cited:
            continue
        for found in CAUSAL.finditer(NOT_CAUSAL.sub(" ", line)):
            yield f"{told.chapter.file}: '{found[0]}' says more than an association"
