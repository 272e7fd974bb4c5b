"""The words of every page of the demo run: no raw code is printed, and what goes together is never
said to bring about.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

CODE = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b(?!\.(?:csv|json|yaml))")  # no file's name
NAMES = {
    "data_dictionary": "the folder that a table is read from",
    "mothers_margins": "the program, with its version",
    "hscc_2019": "the name of a study",
}
PAGES = {  # by how their names begin: why raw names may stand there
    "07_release": "names what to write into the definition, and files, by their own names",
    "00_study": "is the codebook: beside its words each variable has its name in files",
    "09_report": "lists what is still to be checked, by its name in the file of facts",
    "02_characteristics": "shows the first lines of the long form, as it is stored",
}
CAUSAL = re.compile(
    r"\b(effects?|predict(?:s|ed)|risk factors?|causes?|caused|causal|leads? to|"
    r"brings? about|impact|protective)\b"
)
TRUE_ALL_THE_SAME = (
    "not an effect",
    "ssociations, not effects",
    "none of them is an effect",
    "inked does not mean caused",
    "cannot say what caused what",
    "program whose effects were made up",
    "does not say that one brings about the other",
    "outcome predict",  # of equations, which fill in what is missing
    "what predicts them differs",
    "predicts in its own run",
)


class Words(HTMLParser):
    """The text of a page without its code, style and names of files."""

    OUTSIDE = ("style", "script", "code", "pre")

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        is_code = tag == "details" and "code" in (dict(attrs).get("class") or "").split()
        if is_code or tag in self.OUTSIDE or (self.outside and tag == self.outside[-1]):
            self.outside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.outside and tag == self.outside[-1]:
            self.outside.pop()

    def handle_data(self, data: str) -> None:
        if not self.outside:
            self.texts.append(data)


def words(page: str) -> str:
    reader = Words()
    reader.feed(page)
    return " ".join(" ".join(reader.texts).split())


def codes(text: str) -> set[str]:
    return {*CODE.findall(text)} - {*NAMES}


def causal(text: str) -> list[str]:
    """Places with a word for causes that none of the sentences excuses in which it is true."""
    found = []
    for match in CAUSAL.finditer(text):
        around = text[max(0, match.start() - 60) : match.end() + 60]
        if not any(excuse in around for excuse in TRUE_ALL_THE_SAME):
            found.append(around)
    return found


@pytest.fixture(scope="module")
def pages(demo_run) -> dict[Path, str]:
    demo_run.said()
    found = [demo_run.out / "release" / "index.html", *demo_run.out.glob("notebooks/*.html")]
    assert len(found) > 15
    return {page: words(page.read_text(encoding="utf-8")) for page in found}


def test_no_code_is_printed_where_words_belong(pages):
    wrong = {}
    for page, text in pages.items():
        may_name = page.parent.name == "notebooks" and page.stem.startswith(tuple(PAGES))
        if codes(text) and not may_name:
            wrong[page.name] = sorted(codes(text))
    assert wrong == {}


def test_nothing_is_said_to_bring_about_something(pages):
    assert {page.name: causal(text) for page, text in pages.items() if causal(text)} == {}


def test_planted_words_are_found():
    page = (
        "<style>a_b{}</style><details class='code'><pre>x_y</pre></details>"
        "<p>chi_squared_and_t, data_dictionary</p><p>It leads to more.</p>"
    )
    assert codes(words(page)) == {"chi_squared_and_t"}
    assert len(causal(words(page))) == 1
    assert causal("Each is an association, not an effect.") == []
