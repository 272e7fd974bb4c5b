"""How hard a text is to read: words in a sentence, and SMOG, the years of school it asks for.

Own code, because packages for it fetch a dictionary at first use. Syllables are counted by groups
of vowels; `tests/wording/test_readability.py` holds words counted by hand.
"""

import re
from collections.abc import Collection, Iterable
from math import sqrt

WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
VOWELS = re.compile(r"[aeiouy]+")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
LONG = 3  # syllables; such words are what SMOG counts
# Endings whose e is not heard, unless a consonant before asks for it: wanted, needed, uses, pieces.
SILENT = re.compile(
    r"(?<=[^aeiouytd])ed$|(?<=[^aeiouyszxcg])es$|(?<=[^aeiouyl])e$|(?<=[aeiouy]l)e$"
    r"|(?<=[^aeiouyl])e(?=(?:ly|ment|ments|ful|less|ness|thing)$)"
)
# Two vowels that are heard as two: sci-ence, cre-ative, medi-um, di-et, are-a.
HEARD_TWICE = re.compile(
    r"i(?:a(?!l$)|o(?!u|n)|u(?!s))|ie(?:t|n[ct])|creat|[^q]ua(?:l|t)|eing$|ying$|ea$"
)


def syllables(word: str) -> int:
    """Syllables of an English word, at least 1."""
    letters = word.lower().replace("’", "'").split("'")[0]
    heard = SILENT.sub("", letters)
    counted = len(VOWELS.findall(heard)) + len(HEARD_TWICE.findall(heard))
    return max(1, counted)


def sentences(texts: Iterable[str]) -> list[list[str]]:
    """The sentences of texts, each as its words. A title or a bullet without a full stop is a
    sentence too.
    """
    parts = [part for text in texts for part in SENTENCE.split(text)]
    found = [WORD.findall(part) for part in parts]
    return [words for words in found if words]


def smog(texts: Iterable[str], known: Collection[str] = ()) -> float:
    """SMOG grade: 1.0430 * sqrt(words of 3 syllables or more * 30 / sentences) + 3.1291
    (McLaughlin 1969).

    known: words that are explained and not counted, in small letters. Of no text it is 0.
    """
    found = sentences(texts)
    if not found:
        return 0.0
    long = [
        word
        for words in found
        for word in words
        if word.lower() not in known and syllables(word) >= LONG
    ]
    return 1.0430 * sqrt(len(long) * 30 / len(found)) + 3.1291


def longest_sentence(texts: Iterable[str]) -> str:
    """The sentence with most words; empty of no text."""
    longest: list[str] = []
    for words in sentences(texts):
        longest = max(longest, words, key=lambda one: len(one))
    return " ".join(longest)
