"""What the group has said in all meetings, as two tables for the report: what became of each topic,
and the short form of GRIPP2 (Staniszewska et al. 2017).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from mothers_margins.release.released import Released
from mothers_margins.slides.feedback import HOW, OPEN, Given, Topic
from mothers_margins.study.leag_file import LeagFile
from mothers_margins.tables.table import Cell, Column, Row, Section, Table
from mothers_margins.wording import leag as words

Texts = tuple[str, ...]


def involvement_table(released: Released, given: Given) -> Table:
    """A row for each topic: meeting, kind, how it was said, what became of it, and why."""
    caption, headings = words.INVOLVEMENT, words.INVOLVEMENT_COLUMNS
    return _table(released, given, "involvement", caption, headings, topic_rows(given))


def gripp2_table(released: Released, given: Given) -> Table:
    """The five items of the short form, each with what was written down."""
    leag = released.study.leag
    rows = gripp2_rows(leag, given) if leag else []
    headings = ("Item", "What was done")
    return _table(released, given, "gripp2", words.GRIPP2, headings, rows, words.GRIPP2_SOURCE)


def topic_rows(given: Given) -> list[Texts]:
    """Of each topic: what was said, meeting, kind, how, what became of it, why."""
    return [
        (
            topic.said,
            str(topic.meeting),
            words.KINDS[topic.kind],
            words.HOW[topic.how],
            _became(topic),
            topic.reason,
        )
        for topic in given.topics
    ]


def _became(topic: Topic) -> str:
    """'Done (February 2022)'."""
    if not (topic.decision and topic.decided_on):
        return topic.decision or OPEN
    return f"{topic.decision} ({date.fromisoformat(topic.decided_on):%B %Y})"


def gripp2_rows(leag: LeagFile, given: Given) -> list[Texts]:
    """The five items with what was written down of them. Counts are of topics."""
    topics = given.topics
    texts = (
        " ".join(meeting.purpose for meeting in leag.meetings),
        _methods(leag, topics),
        _results(topics),
        " ".join(_changed(topics)),
        " ".join([*_sentences(_of_kind(topics, ("process",))), words.WITH_THE_GROUP]),
    )
    return list(zip(words.GRIPP2_ITEMS, texts, strict=True))


def _methods(leag: LeagFile, topics: Sequence[Topic]) -> str:
    held = len({topic.meeting for topic in topics})
    months = ", ".join(meeting.month for meeting in leag.meetings)
    ways = Counter(topic.how for topic in topics)
    said = ", ".join(f"{words.HOW[way]} {ways[way]}" for way in HOW if ways[way])
    return (
        f"{len(leag.meetings)} meetings were planned ({months}); {held} have notes. "
        f"Topics by how they were said: {said or 'none'}. {words.NOBODY_NAMED}"
    )


def _results(topics: Sequence[Topic]) -> str:
    done = sum(topic.is_done for topic in topics)
    still_open = sum(not topic.decision for topic in topics)
    not_done = len(topics) - done - still_open
    counts = f"{done} were done, {not_done} not done, {still_open} are still open"
    return f"Of {len(topics)} topics {counts}."


def _changed(topics: Sequence[Topic]) -> Iterator[str]:
    """What was done, and what was not and why; process stands among the reflections."""
    yield from _sentences(_of_kind(topics, ("variable", "word", "reading", "output")))


def _of_kind(topics: Iterable[Topic], kinds: Texts) -> Iterator[Topic]:
    return (topic for topic in topics if topic.kind in kinds)


def _sentences(topics: Iterable[Topic]) -> Iterator[str]:
    for topic in topics:
        yield f"{topic.said}: {topic.answer[0].lower()}{topic.answer[1:].rstrip('.')}."


def _table(
    released: Released,
    given: Given,
    name: str,
    caption: str,
    headings: Texts,
    rows: Sequence[Texts],
    note: str = "",
) -> Table:
    """Rows of texts as a table; in a rehearsal it says that nobody has said them."""
    stub, *columns = headings
    empty = ((words.NOTHING_YET, *("" for _ in columns)),)
    marks = [note] if note else []
    if given.rehearsal:
        marks.append(f"{words.INVENTED}. {words.INVENTED_NOTES}")
    return Table(
        name=name,
        caption=caption,
        stub=stub,
        columns=tuple(Column(f"column_{place}", one) for place, one in enumerate(columns)),
        sections=(Section("", tuple(_row(texts) for texts in rows or empty)),),
        notes=tuple(("", text) for text in marks),
        mark=released.manifest.mark if given.rehearsal else "",
        source=released.study.file.citation.text,
        rounding=released.study.file.rounding,
    )


def _row(texts: Texts) -> Row:
    label, *cells = texts
    return Row(label, tuple(Cell(text or "–") for text in cells))
