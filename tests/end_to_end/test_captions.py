"""Captions of a whole run: no two tables or figures are called the same; and what the study team
has still to do stands in one list, under no table.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.to_do import EXAMPLES, TO_DO

NUMBER = re.compile(r"^(?:[A-Z ]+\. )?((?:Table|Figure) \w+(?:\.\d+)?)\. ")
PART = re.compile(r" \(part \d+ of \d+\)$")
# One and the same table on several pages, because each of them is read alone.
ON_SEVERAL_PAGES = {
    "Children's social care involvement at timepoint 1 and at timepoint 2, with the percentages of "
    "each column (n = 279)": "over time, whichever timepoint the page is of",
    "Characteristics of mother-infant dyads: Mother has custody of the infant at timepoint 2: "
    "Mother lost custody of the infant at any time up to timepoint 2: Yes (n = 26); Mother lost "
    "custody of the infant at any time up to timepoint 2: No (n = 233)": "two records side by side",
}
LIST_OF_TO_DOS = "Still to be decided"


@dataclass
class Captioned:
    """A table or a figure of a page: its number, its caption without it, and a table's words."""

    number: str
    caption: str
    words: str = ""


@dataclass
class _Open:
    caption: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects tables and the captions of figures."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Open] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("table", "caption", "figcaption", "style"):
            self.inside.append(tag)
        if tag in ("table", "figcaption"):
            self.found.append(_Open())

    def handle_endtag(self, tag: str) -> None:
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside or self.inside[-1] == "style":
            return
        kept = self.found[-1]
        (kept.words if self.inside[-1] == "table" else kept.caption).append(data)


def captioned(page: str) -> list[Captioned]:
    """What of a page has a caption with a number."""
    reader = _Reader()
    reader.feed(page)
    every = []
    for one in reader.found:
        caption = " ".join("".join(one.caption).split())
        numbered = NUMBER.match(caption)
        if numbered:
            rest = PART.sub("", caption[numbered.end() :])
            every.append(Captioned(numbered[1], rest, " ".join(" ".join(one.words).split())))
    return every


def repeated(every: list[Captioned]) -> dict[str, list[str]]:
    """Captions of more than one number, with the numbers; parts of a table have the same one."""
    numbers: dict[str, dict[str, None]] = {}
    for one in every:
        numbers.setdefault(one.caption, {})[one.number] = None
    return {caption: [*own] for caption, own in numbers.items() if len(own) > 1}


def with_to_dos(every: list[Captioned]) -> list[str]:
    """Numbers of tables, but for the list itself, that say what has still to be done."""
    tables = [one for one in every if not one.caption.startswith(LIST_OF_TO_DOS)]
    return [one.number for one in tables if TO_DO.search(f"{one.caption} {one.words}")]


@pytest.fixture(scope="module")
def every(demo_run) -> list[Captioned]:
    demo_run.said()
    # notebook 09 shows tables of the report, which are those of other pages by design
    pages: list[Path] = [
        page
        for page in sorted(demo_run.out.glob("notebooks/*.html"))
        if not page.name.startswith("09_")
    ]
    found = [one for page in pages for one in captioned(page.read_text(encoding="utf-8"))]
    assert len(found) > 100
    assert sum(one.number.startswith("Figure") for one in found) > 10
    return found


def test_no_two_captions_of_a_run_are_the_same(every):
    same = repeated(every)
    assert {caption for caption in same if caption not in ON_SEVERAL_PAGES} == set()
    for caption in ON_SEVERAL_PAGES:
        words = {one.words for one in every if one.caption == caption}
        assert len(words) == 1, caption  # it is the same table, and it is there


OF_IMPUTED_VALUES = ("Means of imputed values by sweep", "Observed and imputed values")


def test_a_figures_caption_says_of_how_many(every):
    """But of imputed values, whose number differs from variable to variable and stands there."""
    figures = [one.caption for one in every if one.number.startswith("Figure")]
    silent = [
        caption for caption in figures if not re.search(r"\bn = \d|\d dyads|\d \S+ dyads", caption)
    ]
    assert [caption for caption in silent if not caption.startswith(OF_IMPUTED_VALUES)] == []


def test_a_caption_that_is_planted_twice_is_found():
    first = "<table><caption>SYNTHETIC DATA. Table 3a.1. Who (n = 9)</caption><td>1</td></table>"
    parts = first.replace("(n = 9)", "(part 1 of 2)") + first.replace("(n = 9)", "(part 2 of 2)")
    assert repeated(captioned(parts)) == {}
    other = "<figcaption>Figure 3b.1. Who (n = 9)</figcaption>"
    assert repeated(captioned(first + other)) == {"Who (n = 9)": ["Table 3a.1", "Figure 3b.1"]}
    assert repeated(captioned(first + other.replace("9", "8"))) == {}


def test_no_table_of_a_run_says_what_has_still_to_be_done(every):
    assert with_to_dos(every) == []
    listed = [one.words for one in every if one.caption.startswith(LIST_OF_TO_DOS)]
    assert any("Which groups of ethnicity are put together" in words for words in listed)
    assert any("The word for custody that was lost" in words for words in listed)


@pytest.mark.parametrize("to_do", EXAMPLES)
def test_a_to_do_that_is_planted_is_found(to_do):
    start = "<table><caption>Table 3a.1. Who</caption><tfoot><tr><td>"
    planted = captioned(f"{start}{to_do}</td></tr></tfoot></table>")
    assert with_to_dos(planted) == ["Table 3a.1"]
    in_the_list = captioned(f"{start}{to_do}</table>".replace("Who", LIST_OF_TO_DOS))
    assert with_to_dos(in_the_list) == []
