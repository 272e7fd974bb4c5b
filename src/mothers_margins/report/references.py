"""The grammar in which prose names numbers, and what each reference stands for.

{{cell: model_t1; dv_any; Yes; adjusted}}       a cell of an exhibit, as it is printed there
{{percent: mothers_t1; dv_any; Yes; involved_t1}}   of that cell one number alone (percent, n,
                                                mean, sd, per_100 …)
{{in_100: mothers_t1; dv_any; Yes; involved_t1}}    its share as a whole number in 100
{{size: mothers_t1; involved_t1}}               how many are in a column
{{fact: newborns}}   {{cite: broadhurst_2018}}  a figure of facts.yaml, its source
{{plan: m}}                                     a number of the study's definition
{{see: model_t1}}   {{section: 03_methods}}     a link to an exhibit, to a chapter
{{show: model_t1}}                              in a line of its own: the exhibit stands here
{{list: references}}                            in a line of its own: a list that is made
{{if shown}}                                    at the beginning of a line: without the line
                                                where one of its numbers is held back
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from mothers_margins.errors import near
from mothers_margins.report.exhibits import Made, Numbered
from mothers_margins.report.material import Material
from mothers_margins.report.report_file import Chapter
from mothers_margins.report.text_tables import day_in_words
from mothers_margins.results.shown import Hidden
from mothers_margins.tables.table import Cell, Table
from mothers_margins.wording.plain import in_100

REFERENCE = re.compile(r"\{\{([^{}]*)\}\}")
IF_SHOWN = "{{if shown}}"
OWN_LINE = ("show", "list")
PERCENT = "percent"
NUMBERS = ("cell", "size", "in_100")  # and the name of a single number
# What a single number may be called; a share has its sign behind it.
SINGLE = ("percent", "whole", "n", "denominator", "mean", "sd", "median", "per_100", "p_value")
SHARES = ("percent", "whole")


class UnresolvedError(Exception):
    """A reference that stands for nothing, and why."""


@dataclass(frozen=True)
class Reference:
    """A reference as it is written. kind: its first word; parts: what it names."""

    kind: str
    parts: tuple[str, ...]
    written: str

    @classmethod
    def read(cls, inside: str) -> "Reference":
        """The reference between two pairs of braces."""
        kind, _, rest = inside.partition(":")
        parts = tuple(part.strip() for part in rest.split(";")) if rest.strip() else ()
        return cls(kind.strip(), parts, inside.strip())


@dataclass(frozen=True)
class Said:
    """What a reference stands for. known: that it is not held back and not missing. exhibit: the
    name of the table in which the number stands, if it is one.
    """

    text: str
    known: bool = True
    exhibit: str = ""


@dataclass(frozen=True, eq=False)
class Resolver:
    """Says what references stand for. numbered: the exhibits that the report shows, by name."""

    material: Material
    made: Mapping[str, Made]
    numbered: Mapping[str, Numbered]
    chapter_labels: Mapping[str, str]

    def said(self, reference: Reference, chapter: Chapter) -> Said:
        """What a reference stands for. Raises UnresolvedError with the reason."""
        if reference.kind in SINGLE:
            return self._single(reference)
        known = self._kinds()
        if reference.kind not in known:
            names = [*known, *SINGLE]
            raise UnresolvedError(
                f"there is no kind '{reference.kind}'{near(reference.kind, names)}"
            )
        return known[reference.kind](reference, chapter)

    def _kinds(self) -> Mapping[str, Callable[[Reference, Chapter], Said]]:
        return {
            "cell": self._cell,
            "size": self._size,
            "in_100": self._in_100,
            "fact": self._fact,
            "cite": self._cite,
            "plan": self._plan,
            "see": self._see,
            "section": self._section,
        }

    # ---- numbers of exhibits

    def _table(self, name: str) -> Table:
        """An exhibit that is a table, and is shown somewhere in the report."""
        if name not in self.made:
            raise UnresolvedError(f"there is no exhibit '{name}'{near(name, self.made)}")
        table = self.made[name]
        if not isinstance(table, Table):
            raise UnresolvedError(f"exhibit '{name}' is a figure; numbers are quoted from tables")
        if name not in self.numbered:
            raise UnresolvedError(f"exhibit '{name}' is not shown, so its numbers have no table")
        return table

    def _found(self, reference: Reference) -> tuple[Table, Cell]:
        """The cell that a reference names: exhibit; variable; level; column."""
        if len(reference.parts) != 4:
            raise UnresolvedError("needs four parts: exhibit; variable; level; column")
        name, variable, level, column = reference.parts
        table = self._table(name)
        keys = [other.key for other in table.columns]
        if column not in keys:
            raise UnresolvedError(f"{name} has no column '{column}' (columns: {', '.join(keys)})")
        rows = [row for section in table.sections for row in section.rows if row.cells]
        own = [row for row in rows if row.variable == variable]
        if not own:
            names = sorted({row.variable for row in rows if row.variable})
            raise UnresolvedError(f"{name} has no variable '{variable}'{near(variable, names)}")
        for row in own:
            if row.level == level:
                return table, row.cells[keys.index(column)]
        levels = ", ".join(f"'{row.level}'" for row in own)
        raise UnresolvedError(f"{name} has no level '{level}' of {variable} (levels: {levels})")

    def _cell(self, reference: Reference, _: Chapter) -> Said:
        table, cell = self._found(reference)
        return Said(table.print(cell), _is_known(cell), reference.parts[0])

    def _single(self, reference: Reference) -> Said:
        """One number of a cell; of a share in per cent with its sign."""
        table, cell = self._found(reference)
        keys = tuple(cell.numbers or ())
        names = SHARES if reference.kind == PERCENT else (reference.kind,)
        own = next((name for name in names if name in keys), "")
        if not own:
            raise UnresolvedError(f"that cell has no {reference.kind}; it has {', '.join(keys)}")
        sign = "%" if own in SHARES else ""
        alone = replace(cell, pattern=f"{{{own}}}{sign}")
        return Said(table.print(alone), _is_known(cell), reference.parts[0])

    def _in_100(self, reference: Reference, _: Chapter) -> Said:
        """A share of a cell as a whole number in 100."""
        table, cell = self._found(reference)
        shares = [value for name, value in (cell.numbers or {}).items() if name in SHARES]
        if not shares:
            raise UnresolvedError("that cell has no share")
        if not _is_known(cell) or isinstance(shares[0], Hidden):
            return Said(table.print(cell), False, reference.parts[0])
        return Said(in_100(float(shares[0])), True, reference.parts[0])

    def _size(self, reference: Reference, _: Chapter) -> Said:
        if len(reference.parts) != 2:
            raise UnresolvedError("needs two parts: exhibit; column")
        name, column = reference.parts
        table = self._table(name)
        keys = [other.key for other in table.columns]
        if column not in keys:
            raise UnresolvedError(f"{name} has no column '{column}' (columns: {', '.join(keys)})")
        size = table.size(column)
        return Said(str(size), isinstance(size, int), name)

    # ---- facts, plan and links

    def _one(self, reference: Reference) -> str:
        if len(reference.parts) != 1:
            raise UnresolvedError(f"{reference.kind} needs one name")
        return reference.parts[0]

    def _fact(self, reference: Reference, chapter: Chapter) -> Said:
        """A figure of facts.yaml, where its chapter may name it."""
        name, facts = self._one(reference), self.material.written.facts.facts
        if name not in facts:
            raise UnresolvedError(f"facts.yaml has no fact '{name}'{near(name, facts)}")
        if chapter.kind in facts[name].stays_out_of:
            raise UnresolvedError(f"facts.yaml keeps '{name}' out of {chapter.kind}")
        return Said(facts[name].figure)

    def _cite(self, reference: Reference, _: Chapter) -> Said:
        name, sources = self._one(reference), self.material.written.facts.sources
        if name not in sources:
            raise UnresolvedError(f"facts.yaml has no source '{name}'{near(name, sources)}")
        return Said(sources[name].short)

    def _plan(self, reference: Reference, _: Chapter) -> Said:
        name, known = self._one(reference), dict(_of_plan(self.material))
        if name not in known:
            raise UnresolvedError(f"the plan has no '{name}'{near(name, known)}")
        return Said(known[name])

    def _see(self, reference: Reference, _: Chapter) -> Said:
        name = self._one(reference)
        if name not in self.numbered:
            raise UnresolvedError(f"no exhibit '{name}' is shown{near(name, self.numbered)}")
        return Said(f"[{self.numbered[name].label}](#{self.numbered[name].anchor})")

    def _section(self, reference: Reference, _: Chapter) -> Said:
        name = self._one(reference)
        if name not in self.chapter_labels:
            raise UnresolvedError(f"there is no chapter '{name}'{near(name, self.chapter_labels)}")
        return Said(f"[{self.chapter_labels[name]}](#{name})")


def _is_known(cell: Cell) -> bool:
    return cell.status == "shown" and cell.numbers is not None


def _of_plan(material: Material) -> Iterator[tuple[str, str]]:
    """Numbers of the study's definition that prose may name."""
    file = material.study.file
    if file.missing_data:
        yield "m", str(file.missing_data.m)
        yield "sweeps", str(file.missing_data.burnin)
    yield "minimum_cell", str(file.regression.minimum_cell)
    yield "exploratory_events", f"{file.regression.exploratory_events:g}"
    yield "confidence", f"{file.regression.confidence:g}%"
    yield "fisher_below", f"{file.tests.fisher_below:g}"
    yield "threshold", str(material.released.manifest.policy.get("threshold", "–"))
    if file.lock:
        yield "agreed_on", day_in_words(file.lock.locked_on)
        yield "agreed_with", file.lock.agreed_with
