"""The chapters of a report: their prose with every reference resolved, all problems at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mothers_margins.errors import StudyError, count
from mothers_margins.report.exhibits import OF_RATIOS, Made, Numbered
from mothers_margins.report.material import Material
from mothers_margins.report.references import (
    IF_SHOWN,
    NUMBERS,
    OWN_LINE,
    REFERENCE,
    SINGLE,
    Reference,
    Resolver,
    Said,
    UnresolvedError,
)
from mothers_margins.report.report_file import SUMMARIES, Chapter, Written
from mothers_margins.report.typed_numbers import typed_numbers

REFERENCES = "references"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LIST_KINDS = (REFERENCES,)


@dataclass(frozen=True)
class Quoted:
    """A number that prose quotes: the chapter, the exhibit that it comes from, and its text."""

    chapter: str
    exhibit: str
    text: str
    written: str


@dataclass(frozen=True)
class Part:
    """A piece of a chapter: Markdown, or the exhibit that stands after it."""

    markdown: str
    exhibit: Numbered | None = None


@dataclass(frozen=True)
class Told:
    """A chapter as it is printed. label: 'Annex B', or its number; left_out: how many lines were
    left out because a number in them is held back.
    """

    chapter: Chapter
    title: str
    label: str
    parts: tuple[Part, ...]
    quoted: tuple[Quoted, ...]
    left_out: int

    @property
    def heading(self) -> str:
        """Its label and title."""
        return f"{self.label}. {self.title}" if self.label else self.title

    @property
    def markdown(self) -> str:
        """All its prose."""
        return "\n\n".join(part.markdown for part in self.parts)


def printed_chapters(written: Written, *, rehearsal: bool) -> list[Chapter]:
    """The chapters that are printed: without key findings, where the rows are made up."""
    chapters = written.file.chapters
    return [one for one in chapters if not (rehearsal and one.kind == "key_findings")]


def labels_of(chapters: list[Chapter]) -> dict[str, str]:
    """By name, what a chapter is called: numbers for those of the body, letters for annexes."""
    labels: dict[str, str] = {}
    numbers, letters = iter(range(1, len(chapters) + 1)), iter(LETTERS)
    for chapter in chapters:
        if chapter.kind == "body":
            labels[chapter.name] = str(next(numbers))
        elif chapter.kind == "annex":
            labels[chapter.name] = f"Annex {next(letters)}"
    return labels


def numbered_exhibits(
    material: Material, made: Mapping[str, Made], chapters: list[Chapter]
) -> dict[str, Numbered]:
    """The exhibits that the chapters show, in their order, each with its number. Those that no
    chapter shows, and those shown twice or not there, are found by `told_chapters`.
    """
    numbered: dict[str, Numbered] = {}
    counts = {"table": 0, "figure": 0}
    for chapter in chapters:
        for found in REFERENCE.finditer(material.written.texts[chapter.name]):
            reference = Reference.read(found[1])
            name = reference.parts[0] if reference.parts else ""
            if reference.kind != "show" or name not in made or name in numbered:
                continue
            kind = Numbered(name, 0, made[name]).kind
            counts[kind] += 1
            numbered[name] = Numbered(name, counts[kind], made[name])
    return numbered


def told_chapters(material: Material, made: Mapping[str, Made]) -> tuple[Told, ...]:
    """Every chapter with its references resolved.

    Raises StudyError with all that is wrong: references that stand for nothing, numbers that were
    typed, exhibits that are never shown or shown twice, and summaries that quote what they may not.
    """
    chapters = printed_chapters(material.written, rehearsal=material.rehearsal)
    labels = labels_of(chapters)
    called = {
        chapter.name: _called(labels.get(chapter.name, ""), material.written.title_of(chapter))
        for chapter in chapters
    }
    numbered = numbered_exhibits(material, made, chapters)
    resolver = Resolver(material, made, numbered, called)
    faults: list[str] = []
    told = []
    for chapter in chapters:
        one = _Reader(material, resolver, chapter, labels.get(chapter.name, ""))
        told.append(one.told())
        faults += one.faults
    faults += _never_or_twice(material, made, chapters)
    if faults:
        summary = f"The report was not made: {count(len(faults), 'problem')} in its prose."
        remedy = "docs/report.md says how prose names numbers."
        raise StudyError(summary, faults, remedy)
    return tuple(told)


def _called(label: str, title: str) -> str:
    """What a link to a chapter is called: 'Section 3', 'Annex B', or its title."""
    if not label:
        return title
    return f"Section {label}" if label.isdigit() else label


def _never_or_twice(
    material: Material, made: Mapping[str, Made], chapters: list[Chapter]
) -> Iterator[str]:
    """Exhibits that the prose never shows, or more than once."""
    shown: dict[str, int] = dict.fromkeys(made, 0)
    for chapter in chapters:
        for found in REFERENCE.finditer(material.written.texts[chapter.name]):
            reference = Reference.read(found[1])
            if reference.kind == "show" and reference.parts and reference.parts[0] in shown:
                shown[reference.parts[0]] += 1
    for name, times in shown.items():
        if times > 1:
            yield f"exhibit '{name}' is shown {times} times"
        if not times:
            yield f"exhibit '{name}' of report.yaml is never shown"


class _Reader:
    """Reads one chapter line by line; what is wrong is kept in `faults`."""

    def __init__(
        self, material: Material, resolver: Resolver, chapter: Chapter, label: str
    ) -> None:
        self.material = material
        self.resolver = resolver
        self.chapter = chapter
        self.label = label
        self.faults: list[str] = []
        self.quoted: list[Quoted] = []
        self.left_out = 0

    def told(self) -> Told:
        """The chapter, as far as its references stand for something."""
        written = self.material.written
        text = written.texts[self.chapter.name]
        self._find_typed(text)
        parts: list[Part] = []
        lines: list[str] = []
        for number, line in enumerate(text.splitlines()[1:], start=2):
            shown = self._own_line(line, number, lines)
            if shown:
                parts.append(Part("\n".join(lines).strip(), shown))
                lines = []
        if any(line.strip() for line in lines):
            parts.append(Part("\n".join(lines).strip()))
        title = written.title_of(self.chapter)
        quoted = tuple(self.quoted)
        return Told(self.chapter, title, self.label, tuple(parts), quoted, self.left_out)

    def _find_typed(self, text: str) -> None:
        allowed = [one.text for one in self.material.written.facts.allowed]
        for line, number in typed_numbers(text, allowed):
            self._fault(line, f"'{number}' was typed; name a result, a fact, or allow it")

    def _fault(self, line: int, what: str) -> None:
        self.faults.append(f"{self.chapter.file}, line {line}: {what}")

    def _own_line(self, line: str, number: int, lines: list[str]) -> Numbered | None:
        """The exhibit that a line shows; every other line is resolved and kept."""
        whole = REFERENCE.fullmatch(line.strip())
        reference = Reference.read(whole[1]) if whole else None
        if reference is None or reference.kind not in OWN_LINE:
            resolved = self._resolved(line, number)
            if resolved is not None:
                lines.append(resolved)
            return None
        name = reference.parts[0] if reference.parts else ""
        if reference.kind == "show":
            shown = self.resolver.numbered.get(name)
            if shown is None:
                self._fault(number, f"{{{{{reference.written}}}}}: there is no exhibit '{name}'")
            return shown
        if name not in LIST_KINDS:
            self._fault(number, f"{{{{{reference.written}}}}}: there is no list '{name}'")
        else:
            lines += ["", *self._references(), ""]
        return None

    def _references(self) -> Iterator[str]:
        """Every source of facts.yaml, in the order of its text."""
        sources = self.material.written.facts.sources.values()
        for source in sorted(sources, key=lambda one: one.text):
            yield f"- {source.text}"

    def _resolved(self, line: str, number: int) -> str | None:
        """A line with its references resolved; None where it is left out."""
        conditional = IF_SHOWN in line
        known = True
        quoted: list[Quoted] = []
        pieces: list[str] = []
        end = 0
        for found in REFERENCE.finditer(line):
            pieces.append(line[end : found.start()])
            end = found.end()
            if found[0] == IF_SHOWN:
                end += len(line[end:]) - len(line[end:].lstrip())  # the blank behind it
                continue
            said = self._said(Reference.read(found[1]), number)
            known = known and said.known
            pieces.append(said.text)
            if said.exhibit:
                quoted.append(Quoted(self.chapter.name, said.exhibit, said.text, found[1].strip()))
        pieces.append(line[end:])
        if conditional and not known:
            self.left_out += 1
            return None
        self.quoted += quoted
        return "".join(pieces)

    def _said(self, reference: Reference, line: int) -> Said:
        """What a reference stands for; where it stands for nothing, that is noted."""
        try:
            said = self.resolver.said(reference, self.chapter)
        except UnresolvedError as error:
            self._fault(line, f"{{{{{reference.written}}}}}: {error}")
            return Said("?")
        if self.chapter.kind in SUMMARIES and reference.kind in (*NUMBERS, *SINGLE):
            self._refuse_ratio(reference, line)
        return said

    def _refuse_ratio(self, reference: Reference, line: int) -> None:
        """Summaries quote no odds ratio."""
        asked = self.material.written.file.exhibits[reference.parts[0]]
        if asked.show in OF_RATIOS:
            self._fault(line, f"{{{{{reference.written}}}}}: a summary quotes no odds ratio")
