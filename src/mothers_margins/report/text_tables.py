"""Tables of a report that are told by texts: what was planned, said, asked, and by which rules."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version

import pandas as pd

from mothers_margins.errors import UsageError
from mothers_margins.report.material import Material
from mothers_margins.report.report_file import Exhibit
from mothers_margins.results.results import Record
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.tables.table import Cell, Column, Row, Section, Table
from mothers_margins.wording import report as words
from mothers_margins.wording.methods import HOLDS, MEASURES
from mothers_margins.wording.terms import label

Line = tuple[str, ...]
PACKAGES = ("numpy", "pandas", "scipy", "statsmodels", "firthmodels", "matplotlib", "typst")


def told(
    study: Study,
    name: str,
    caption: str,
    headings: Sequence[str],
    lines: Iterable[Line],
    note: str = "",
) -> Table:
    """A table of texts: the first heading and the first text of each line are those of its rows."""
    stub, *columns = headings
    rows = [Row(title, tuple(Cell(text or "–") for text in texts)) for title, *texts in lines]
    return Table(
        name=name,
        caption=caption,
        stub=stub,
        columns=tuple(Column(heading, heading) for heading in columns),
        sections=(Section("", tuple(rows)),),
        notes=(("", note),) if note else (),
        mark="",
        source="",
        rounding=study.file.rounding,
    )


def day_in_words(day: str) -> str:
    """'1 February 2022' of '2022-02-01'."""
    read = date.fromisoformat(day)
    return f"{read.day} {read:%B %Y}"


def explanatory(material: Material, asked: Exhibit) -> Table:
    """The explanatory variables of a model: how each enters, what is assumed, who chose it."""
    study, (model, *outcomes) = material.study, asked.of
    terms = dict.fromkeys(term for outcome in outcomes for term in study.terms(model, outcome))
    lines = [
        (
            label(study, name),
            _entering(study, model, name),
            study.assumption(name).removeprefix(f"{label(study, name)}: "),
            _who_chose(material, name),
        )
        for name in terms
    ]
    headings = (words.VARIABLE, *words.EXPLANATORY_HEADINGS)
    return told(study, "explanatory", words.EXPLANATORY, headings, lines)


def _entering(study: Study, model: str, name: str) -> str:
    """How a variable enters: in units, or as levels beside a reference."""
    coding = study.coding(model, name)
    if coding.per:
        return coding.label
    if coding.reference:
        return f"levels, compared with {coding.reference}"
    return coding.label or "one step for each level"


def _who_chose(material: Material, name: str) -> str:
    lock = material.given.lock
    agreed = {term for terms in lock.terms.values() for term in terms} if lock else set()
    if lock is None or name not in agreed:
        return words.NOT_AGREED
    return words.AGREED.format(who=lock.agreed_with, when=day_in_words(lock.locked_on))


def leag_changes(material: Material, _: Exhibit) -> Table:
    """What the advisory group said in its meetings, and what became of it."""
    given = material.given
    lines = [
        (topic.topic, str(topic.meeting), topic.said, topic.answer) for topic in given.topics
    ] or [(words.NOTHING_SAID, "", "", "")]
    headings = (words.LEAG_STUB, *words.LEAG_HEADINGS)
    note = words.LEAG_INVENTED if given.rehearsal else ""
    return told(material.study, "leag_changes", words.LEAG_CHANGES, headings, lines, note)


def checklist(material: Material, asked: Exhibit) -> Table:
    """The items of a reporting guideline, and where each is answered."""
    (name,) = asked.of
    written = material.written
    if name not in written.checklists:
        raise UsageError(f"there is no {name}.yaml")
    asked_of = written.checklists[name]
    lines = []
    for item in asked_of.items:
        lost = [one for one in item.where if written.chapter(one) is None]
        if lost:
            raise UsageError(f"{name}.yaml: item {item.number}: no chapter {', '.join(lost)}")
        places = "; ".join(f"[[{one}]]" for one in item.where)
        answer = ". ".join(filter(None, (places, item.answer)))
        lines.append((item.number, item.asks, answer))
    headings = (words.ITEM, *words.CHECKLIST_HEADINGS)
    return told(material.study, name, asked_of.title, headings, lines, asked_of.source)


def facts(material: Material, _: Exhibit) -> Table:
    """Figures of other sources that the prose names: whose, where, when, by whom."""
    known = material.written.facts
    lines = []
    for fact in known.facts.values():
        about = f"{fact.population}; {fact.place}; {fact.period}"
        source = f"{known.sources[fact.source].short}, {fact.page}"
        compared = words.CHECKED
        if not fact.checked:
            compared = words.NOT_CHECKED.format(where=fact.read_in)
        lines.append((fact.figure, about, source, compared))
    headings = (words.FIGURE, *words.FACTS_HEADINGS)
    return told(material.study, "facts", words.FACTS, headings, lines)


def allowed(material: Material, _: Exhibit) -> Table:
    """Texts with digits that are no results, and what they mean."""
    lines = [(one.text, one.meaning) for one in material.written.facts.allowed]
    headings = (words.TEXT, *words.ALLOWED_HEADINGS)
    return told(material.study, "allowed", words.ALLOWED, headings, lines)


def rules(material: Material, _: Exhibit) -> Table:
    """Under which rules numbers were released, and how much of each table is shown."""
    manifest = material.released.manifest
    headings = (words.RULE, *words.RULES_HEADINGS)
    lines = [
        (name, _setting(manifest.policy[key]))
        for key, name in words.POLICY_NAMES.items()
        if key in manifest.policy
    ]
    for table, share in manifest.tables.items():
        shown = words.CELLS_OF.format(shown=share.shown, cells=share.cells)
        title = material.study.tables[table].title
        lines.append((words.CELLS.format(table=f"“{title}”"), shown))
    return told(material.study, "rules", words.RULES, headings, lines)


def _setting(value: bool | int | str | tuple[str, ...]) -> str:
    if isinstance(value, bool):
        return words.TRUTH[value]
    if isinstance(value, tuple):
        return "; ".join(value)
    return str(value)


def reproducibility(material: Material, _: Exhibit) -> Table:
    """Versions, seeds and hashes by which the numbers can be made again."""
    manifest = material.released.manifest
    plan = material.study.file.missing_data
    lines = [
        ("mothers_margins", manifest.mothers_margins),
        ("Python", manifest.python),
        *((name, version(name)) for name in PACKAGES),
        ("Command", "mothers-margins run"),
        ("Release, number in its ledger", str(manifest.ledger.number)),
        ("Release, hash of what it holds", manifest.ledger.content_hash),
        ("Rows", manifest.mark or manifest.rows_are),
    ]
    if plan:
        lines += [
            ("Imputations", str(plan.m)),
            ("Sweeps of each chain", str(plan.burnin)),
            ("Seed", str(plan.seed)),
        ]
    headings = (words.WHAT, *words.REPRODUCIBILITY_HEADINGS)
    return told(material.study, "reproducibility", words.REPRODUCIBILITY, headings, lines)


def plan_test(material: Material, asked: Exhibit) -> Table:
    """The plan test of a file of the folder, as mothers-margins plan-test writes it: the measures
    of all terms together.
    """
    (name, m) = asked.of
    path = material.written.folder / f"{name}.csv"
    if not path.is_file():
        raise UsageError(f"there is no {path.name}; mothers-margins plan-test --to makes it")
    rows = pd.read_csv(path, dtype={"variable": str, "level": str}, keep_default_na=True)
    with_bars = rows[rows["within"].notna()]
    together = with_bars[with_bars["variable"].isna()].to_dict("records")
    lines = list(_tried(material.study, together))
    note = words.PLAN_TEST_NOTE.format(
        cohorts=int(rows["cohorts"].max()),
        m=m,
        held=int(with_bars["within"].sum()),
        bars=len(with_bars),
    )
    headings = (words.MEASURE, *words.PLAN_TEST_HEADINGS)
    return told(material.study, "plan_test", words.PLAN_TEST, headings, lines, note)


def _tried(study: Study, rows: Iterable[Record]) -> Iterator[Line]:
    for row in rows:
        title = f"{label(study, str(row['outcome']))}: {MEASURES[str(row['measure'])]}"
        value, bar = (rounded(float(str(row[name])), 2, "half_up") for name in ("value", "bar"))
        yield title, value, bar, HOLDS[float(str(row["within"]))]


def changed_since_draft(material: Material, _: Exhibit) -> Table:
    """What a final report says otherwise than its draft."""
    headings = (words.WHAT, *words.CHANGED_HEADINGS)
    lines = material.changes or ((words.NOTHING_CHANGED, ""),)
    return told(material.study, "changed_since_draft", words.CHANGED, headings, lines)


MAKERS: Mapping[str, Callable[[Material, Exhibit], Table]] = {
    "explanatory": explanatory,
    "leag_changes": leag_changes,
    "checklist": checklist,
    "facts": facts,
    "allowed": allowed,
    "rules": rules,
    "reproducibility": reproducibility,
    "plan_test": plan_test,
    "changed_since_draft": changed_since_draft,
}
