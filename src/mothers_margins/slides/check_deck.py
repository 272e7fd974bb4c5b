"""What keeps a deck from being used: numbers that were not released, words, order, time, pictures.

Each fault is a sentence with its slide. `check_deck` raises; both exporters and the batch call it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from mothers_margins.errors import DisclosureError, UsageError
from mothers_margins.figures.slides import tokens
from mothers_margins.slides.deck import (
    MOST_CHARTS,
    MOST_CONTENT,
    MOST_NUMBERS,
    WHOLE,
    Deck,
    talk_minutes,
)
from mothers_margins.slides.slide import Slide
from mothers_margins.wording.plain import banned
from mothers_margins.wording.readability import longest_sentence, smog

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
PLACEHOLDER = "No description has been provided for this image"
FILE_NAME = re.compile(r"\w\.(?:png|svg|pdf|jpe?g|pptx|html)\b", re.IGNORECASE)
QUOTED = re.compile(r"[“\"][^”\"]{12,}[”\"]")
BASES = ("10", "100")  # what a share is out of
BEFORE = "Before we start"
ARRIVING, BEFORE_WE_START, BREAK, CLOSING = 10, 5, 10, 10
HARDEST, MOST_WORDS = 9.0, 20


def check_deck(deck: Deck) -> Deck:
    """The deck, if it may be written. Raises DisclosureError where a number on it was not released
    or a finding stands before the list was agreed, UsageError with every other fault.
    """
    closed = [*_numbers(deck), *_lock(deck)]
    if closed:
        raise DisclosureError("The deck says what was not released; nothing was written.", closed)
    faults = list(_other(deck))
    if faults:
        raise UsageError("The deck cannot be used; nothing was written.", faults)
    return deck


def _other(deck: Deck) -> Iterator[str]:
    yield from _pictures(deck)
    yield from _titles(deck)
    yield from _notes(deck)
    yield from _words(deck)
    yield from _order(deck)
    yield from _time(deck)
    yield from deck.meant.missing


def _numbers(deck: Deck) -> Iterator[str]:
    """Numbers on slides, in alt texts and in notes that stand in none of the slide's released
    facts. What a person writes may hold the numbers of leag.yaml.
    """
    for place, one in enumerate(deck.slides, start=1):
        allowed = () if one.says else (*BASES, *deck.meant.allowed)
        for where, texts in (
            ("", one.seen),
            ("the alt text of ", (one.alt,)),
            ("the notes of ", one.notes),
        ):
            for number in (number for text in texts for number in unsaid(text, one.says)):
                if number not in allowed:
                    yield f"slide {place}: {where}'{one.title}' says {number}"


def unsaid(text: str, says: Iterable[str]) -> list[str]:
    """The numbers of a text that stand in none of these facts, each taken as it is written: a
    number that another fact says counts for nothing.
    """
    for fact in sorted(says, key=len, reverse=True):
        text = re.sub(rf"(?<!\d){re.escape(fact)}(?!\d)", "", text)
    return NUMBER.findall(text)


def _lock(deck: Deck) -> Iterator[str]:
    """A finding by factor stands only after the list that was agreed."""
    agreed = [place for place, one in enumerate(deck.slides) if one.kind == "list" and not one.gate]
    first = agreed[0] if agreed and deck.meant.locked else len(deck.slides)
    for place, one in enumerate(deck.slides):
        if one.by_factor and place < first:
            yield f"slide {place + 1}: '{one.title}' is a finding before the list was agreed"


def _pictures(deck: Deck) -> Iterator[str]:
    for place, one in enumerate(deck.slides, start=1):
        if one.picture is None:
            continue
        if not 20 <= len(one.alt) <= 350:
            yield f"slide {place}: its alt text has {len(one.alt)} characters; it needs 20 to 350"
        if FILE_NAME.search(one.alt) or PLACEHOLDER in one.alt:
            yield f"slide {place}: its alt text names a file or is a placeholder"


def _titles(deck: Deck) -> Iterator[str]:
    for place, one in enumerate(deck.slides, start=1):
        if not 1 <= len(one.title) <= tokens.LONGEST_TITLE:
            most = tokens.LONGEST_TITLE
            yield f"slide {place}: its title has {len(one.title)} characters; it needs 1 to {most}"
        if len(one.lines) > tokens.MOST_LINES:
            yield f"slide {place}: it has {len(one.lines)} lines, more than {tokens.MOST_LINES}"
    for title, times in Counter(one.title for one in deck.slides).items():
        if times > 1:
            yield f"the title '{title}' stands {times} times"


def _notes(deck: Deck) -> Iterator[str]:
    for place, one in enumerate(deck.slides, start=1):
        if not one.notes:
            yield f"slide {place}: '{one.title}' has no notes"
        if one.is_content and not one.remember:
            yield f"slide {place}: '{one.title}' has no sentence to remember"
        if one.is_content and not any("Pause" in note for note in one.notes):
            yield f"slide {place}: '{one.title}' has no pause"


def _words(deck: Deck) -> Iterator[str]:
    """Banned words, quotations, long sentences, and how hard the whole is to read."""
    for place, one in enumerate(deck.slides, start=1):
        texts = [text for text in (*one.seen, one.alt, *one.notes) if text not in deck.meant.quotes]
        for word, instead in banned("\n".join(texts), deck.meant.banned):
            if not _asks_about(one, word):
                yield f"slide {place}: '{word}' is not said here; say: {instead}"
        own = [text for text in (*one.seen, *one.notes) if text not in deck.meant.quotes]
        if any(QUOTED.search(text) for text in own):
            yield f"slide {place}: a quotation, which needs a source and permission"
        longest = longest_sentence(own)
        if len(longest.split()) > MOST_WORDS:
            yield f"slide {place}: a sentence of {len(longest.split())} words: {longest}"
    score = hardness(deck)
    if score > HARDEST:
        yield f"the whole reads at SMOG {score:.1f}; it may be {HARDEST:g} at most"


def _asks_about(one: Slide, word: str) -> bool:
    """Whether the slide is the one that asks about words, and this is one of them."""
    return one.kind == "vote" and any(word.lower() in row[0].lower() for row in one.table)


def hardness(deck: Deck) -> float:
    """SMOG of titles, bullets, tables and captions together, without the words of the study."""
    texts = [text for one in deck.slides for text in one.seen if text not in deck.meant.quotes]
    return smog(texts, {word.lower() for word in deck.meant.study_words})


def _order(deck: Deck) -> Iterator[str]:
    slides = deck.slides
    if len(slides) < 2 or slides[1].title != BEFORE:
        yield f"slide 2 must be '{BEFORE}'"
    if not deck.shown or deck.shown[-1].kind != "closing":
        yield "the last slide that is shown must be the closing one"
    content = [one for one in deck.shown if one.is_content and one.part == "body"]
    if len(content) > MOST_CONTENT:
        yield f"{len(content)} slides with findings, more than {MOST_CONTENT}"
    if sum(one.picture is not None for one in content) > MOST_CHARTS:
        yield f"more than {MOST_CHARTS} charts"
    if sum(one.counted for one in content) > MOST_NUMBERS:
        yield f"more than {MOST_NUMBERS} numbers"
    parts = [one.part for one in slides]
    optional = [place for place, part in enumerate(parts) if part == "optional"]
    if optional and optional != list(range(optional[0], optional[0] + len(optional))):
        yield "the optional slides do not stand together"


def _time(deck: Deck) -> Iterator[str]:
    """The run sheet adds up to 90 minutes, half of what is left for talk. A deck that ends at the
    list is shorter.
    """
    if any(one.gate for one in deck.slides):
        return
    fixed = {
        "title": ARRIVING,
        "break": BREAK,
        "closing": CLOSING,
    }
    for kind, needed in fixed.items():
        taken = sum(one.minutes for one in deck.shown if one.kind == kind)
        if taken != needed:
            yield f"'{kind}' takes {taken:g} minutes; it has {needed}"
    before = sum(one.minutes for one in deck.shown if one.title == BEFORE)
    if before != BEFORE_WE_START:
        yield f"'{BEFORE}' takes {before:g} minutes; it has {BEFORE_WE_START}"
    whole = sum(one.minutes for one in deck.shown)
    if whole != WHOLE:
        yield f"the meeting takes {whole:g} minutes; it has {WHOLE}"
    rest = WHOLE - ARRIVING - BEFORE_WE_START - BREAK - CLOSING
    if talk_minutes(deck) < rest / 2:
        yield f"talk takes {talk_minutes(deck):g} of {rest} minutes; it needs half at least"
