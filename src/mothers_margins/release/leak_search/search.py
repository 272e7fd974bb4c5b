"""One search through one file: what has been found, and the rules that every text is held to."""

from collections import Counter
from dataclasses import dataclass

from mothers_margins.release.leak_search.texts import TextRules

# What can be found, by its code.
KINDS = {
    "absolute_path": "a path on somebody's computer or drive",
    "comment": "a comment",
    "control_character": "a character that cannot be seen, or that turns the order of letters",
    "document_property": "an author, a company, a template or another property of the file",
    "embedded_file": "a file inside the file",
    "embedded_workbook": "a workbook inside the file: it holds more than what is drawn",
    "executed_notebook": "a notebook that was run, or a page made of one",
    "external_link": "something that is fetched from elsewhere when the file is opened",
    "forbidden_text": "a text that must not leave: an id, a quotation",
    "formula": "a cell that a spreadsheet program would compute",
    "hidden_content": "text, rows, columns or shapes that are there and not shown",
    "hidden_sheet": "a sheet that is not shown",
    "hidden_slide": "a slide that is not shown",
    "host_name": "the name of this computer",
    "left_over_file": "a file that another program left",
    "link": "a link to another place, or no file at all",
    "macro": "a program inside the file",
    "papermill": "what papermill writes: parameters, paths, times",
    "path_traversal": "a part whose name leads out of the file",
    "secret": "a token or a key",
    "too_large": "more than can be examined, or a file made to fill the memory",
    "traceback": "what a program prints when it fails",
    "tracked_change": "a tracked change",
    "unexamined": "a kind of file or part that is not examined",
    "unreadable": "it is damaged, encrypted or not what its name says",
    "unsafe_xml": "a document type or an entity, which can read files and fill the memory",
    "user_name": "the name of this computer's user",
    "widget_state": "the state of a notebook's widgets",
}
OUR_NAMES = ("", "mothers_margins", "mothers-margins")  # what may stand as a file's author
MOST_PLACES = 20  # of one kind in one file


@dataclass(frozen=True, order=True)
class Leak:
    """What must not leave. file: relative to what was searched. place: within it. kind: one of
    KINDS. What was found is not repeated: this list may leave too.
    """

    file: str
    place: str
    kind: str

    @property
    def what(self) -> str:
        """Its kind in words."""
        return KINDS[self.kind]


class Search:
    """A search through one file."""

    def __init__(self, file: str, rules: TextRules) -> None:
        self._file = file
        self._rules = rules
        self._found: dict[Leak, None] = {}
        self._places: Counter[str] = Counter()

    def add(self, kind: str, place: str) -> None:
        """Note a leak; of one kind no more than MOST_PLACES."""
        if kind not in KINDS:
            raise KeyError(kind)
        leak = Leak(self._file, _printable(place), kind)
        if leak not in self._found and self._places[kind] < MOST_PLACES:
            self._found[leak] = None
            self._places[kind] += 1

    def text(self, text: str, place: str = "") -> None:
        """Hold a text to the rules for all texts. Without a place, leaks are placed by lines."""
        for kind, position in self._rules.found(text):
            self.add(kind, place or f"line {text.count(chr(10), 0, position) + 1}")

    def leaks(self) -> list[Leak]:
        """What was found, in order of places."""
        return list(self._found)


def _printable(place: str) -> str:
    """A place in characters that can be printed; names of parts are made by others."""
    kept = "".join(character if character.isprintable() else "?" for character in place)
    return kept[:120]
