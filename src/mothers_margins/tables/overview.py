"""The study definition read aloud: one table per part, for notebook 00."""

from collections.abc import Callable

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError, count, expect, unknown
from mothers_margins.results.results import Results
from mothers_margins.rounding import IN_WORDS
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Withheld
from mothers_margins.tables.codebook import (
    SUMMARIES,
    Lines,
    codings,
    derived,
    models,
    variables,
)
from mothers_margins.tables.overview_of_outcome import (
    OF_OUTCOME,
    agreed_list,
    deviations,
    other_methods,
    outcomes,
    plan_for_missing_data,
)
from mothers_margins.tables.table import Cell, Column, Row, Section, Table
from mothers_margins.wording import captions
from mothers_margins.wording.conditions import in_words
from mothers_margins.wording.head_and_foot import POLICIES

KINDS = {
    "stated": "stated",
    "margin_check": "agrees with Table 1",
    "derived": "follows from others",
}
# What is looked up and not read: printed in small type.
LOOKED_UP = frozenset(
    (
        *("variables", "services", "instruments", "derived", "outcomes", "models"),
        *("codings", "tables", "impossible", "choices", "facts"),
    )
)
TESTS = {"none": "none", "chi_squared_and_t": "chi-squared for shares, t for means"}
STD_ERRORS = {"information": "information", "augmented": "augmented information"}
FORMS = {
    "counts": "number and percentage of those known",
    "share_of_all": "number and percentage of all in the column",
    "percent": "whole percentage of those known, without numbers",
    "withheld": "nothing",
}


def overview(study: Study, part: str, *estimates: Results, outcome: str = "") -> Table:
    """One part of a study definition as a table, for example about, groups, instruments, models or
    choices.

    estimates: of the part `deviations` only; each analysis among them that is by another method
    than the planned one is a row of its own. outcome: of the parts `outcomes`, `lock`,
    `missing_data` and `deviations` only what concerns it. Raises UsageError, naming the parts, if
    there is no such part, for another outcome, and for other results; AbsenceError for a part that
    the study does not have.
    """
    expect(study, Study, "overview", 'a study: mm.read_study("…")')
    if not isinstance(part, str) or part not in PARTS:
        raise unknown("part", [str(part)], PARTS, "overview")
    if estimates and part != "deviations":
        raise UsageError("overview: only the part deviations takes estimates.")
    if outcome and part not in OF_OUTCOME:
        raise UsageError("overview: an outcome is of some parts only.", OF_OUTCOME)
    if outcome and outcome not in study.outcomes:
        raise unknown("outcome", [outcome], study.outcomes, f"study {study.name}")
    caption, stub, headings, lines = PARTS[part]
    own_lines = OF_OUTCOME[part](study, outcome) if outcome else lines(study)
    every_line = [*own_lines, *other_methods(study, estimates)]
    if not every_line:
        raise not_there("not_declared", part=caption[0].lower() + caption[1:])
    looked_up = part in LOOKED_UP
    nothing = "" if looked_up else "–"
    rows = [
        Row(title, tuple(Cell(text or nothing) for text in texts)) for title, *texts in every_line
    ]
    return Table(
        name=part,
        caption=captions.of_part(study, caption, outcome),
        stub=stub,
        columns=tuple(Column(heading, heading) for heading in headings),
        sections=(Section("", tuple(rows)),),
        notes=(),
        mark="",
        source="",  # the caption names the study
        rounding=study.file.rounding,
        codebook=looked_up,
    )


def _about(study: Study) -> Lines:
    yield "Study", study.title
    yield from study.file.about.items()
    yield "Publication", str(study.file.citation)
    yield "One row is", f"one {study.file.unit.one}"
    yield "Data shipped", study.file.data.statement


def _groups(study: Study) -> Lines:
    for group in study.groups.values():
        parts = " and ".join(study.groups[name].label for name in group.contains)
        description = f"{group.description}{' Includes ' + parts + '.' if parts else ''}"
        yield (
            f"{group.letter + '. ' if group.letter else ''}{group.label}",
            description,
            in_words(study, group.where),
        )


def _services(study: Study) -> Lines:
    for name, options in study.sets.items():
        for option in options:
            yield option.title, study.set_titles[name].title, option.block


def _to_decide(study: Study) -> Lines:
    """What the study team has still to decide; it stands under no table."""
    for variable in study.file.derived:
        if variable.to_decide:
            yield study.label(variable.source or variable.name), variable.to_decide
    yield from study.file.to_decide.items()


def _instruments(study: Study) -> Lines:
    fill = {
        "prorate": "prorated",
        "single_impute": "imputed singly",
        "observed": "sum of the answered",
        "none": "nothing filled in",
    }
    for instrument in study.schema.instruments:
        yield (
            instrument.title,
            f"{instrument.items} items",
            instrument.source,
            instrument.assumption,
        )
        for score in instrument.scores:
            rule = score.rule or instrument.rule
            of = (
                f"{len(score.items)} items"
                if score.items
                else "sum of " + ", ".join(map(study.label, score.sum_of))
            )
            counted = f", number answered '{score.value}'" if score.value else ""
            turned = [str(number) for number in score.items if number in instrument.reversed]
            low, high = study.limits(score.name)
            share = "at least one" if score.value == "any" else f"at least {100 * rule.answered:g}%"
            yield (
                score.title,
                of + counted + (f"; reversed {', '.join(turned)}" if turned else ""),
                f"{low:g} to {high:g}; {' and '.join(SUMMARIES[kind] for kind in score.summary)}",
                f"{fill[rule.items]}, {share} answered" if score.items else "all must be known",
            )


def _impossible(study: Study) -> Lines:
    for check in study.file.impossible:
        yield check.reason, in_words(study, check.where)


def _themes(study: Study) -> Lines:
    for theme in study.themes.themes if study.themes else ():
        yield theme.label, "; ".join(part.label for part in theme.subthemes)


def _tables(study: Study) -> Lines:
    for plan in study.tables.values():
        columns = ", ".join(study.groups[name].label for name in plan.groups)
        yield plan.title, columns, ", ".join(block.title for block in plan.blocks)


def _facts(study: Study) -> Lines:
    for fact in study.facts:
        if fact.kind != "soft":
            relation = {"==": "", ">=": "at least ", "<=": "at most "}[fact.relation]
            condition = in_words(study, fact.where) if fact.where else "in the group"
            yield (
                fact.id,
                study.groups[fact.group].label,
                condition,
                f"{relation}{fact.count}",
                KINDS[fact.kind],
            )


def _choices(study: Study) -> Lines:
    rounding, tests = study.file.rounding, study.file.tests
    yield (
        "Rounding",
        f"{count(rounding.percent, 'decimal')} for percentages, {rounding.mean} for means",
        IN_WORDS[rounding.rule],
    )
    yield (
        "Quartiles",
        study.file.quartiles,
        "averaged is Stata's rule" if study.file.quartiles == "averaged" else "",
    )
    yield "Tests", TESTS[tests.reported], tests.reason
    if tests.reported != "none":
        yield "Chi-squared", f"{'with' if tests.yates else 'without'} continuity correction", ""
        yield "t-test", f"{tests.variances} variances", ""
        yield (
            "Fisher's exact test",
            f"where an expected count is below {tests.fisher_below:g}",
            "quoted by rule",
        )
    if study.file.models:
        rules = study.file.regression
        yield (
            "Smallest cell of a model",
            f"{rules.minimum_cell}; below it: {rules.below_minimum}",
            rules.reason,
        )
        if rules.clustered_in:
            yield "Clusters", f"participants come from {rules.clustered_in}", ""
        for name, model in study.file.models.items():
            if model.cluster:
                robust = f"standard errors of model {name} are robust to these clusters"
                yield f"Clusters: {study.label(model.cluster)}", robust, ""
        yield (
            "Events per parameter",
            f"{rules.few_events:g}; {rules.exploratory_events:g} for an exploratory outcome",
            "with fewer no model is fitted",
        )
        yield (
            "Interval and p of maximum likelihood",
            "Wald's, as in Stata",
            "of imputed data against t; profile likelihood stands beside",
        )
        yield (
            "Interval and p of Firth's method",
            {"profile": "penalised profile likelihood", "wald": "Wald's"}[rules.firth_interval],
            "pooled by CLIP" if rules.firth_interval == "profile" else "",
        )
        yield (
            "Standard errors of Firth's method",
            f"from the {STD_ERRORS[rules.firth_std_error]}",
            "",
        )
    yield from _disclosure(study)
    codes = [f"{code.value or 'empty cell'}: {code.label}" for code in study.schema.missing_values]
    yield "Codes of missing values", "; ".join(codes), study.schema.description
    for name in study.declared:
        alike: dict[tuple[str, str], list[str]] = {}
        for zero in study.structural_zeros(name):
            alike.setdefault((zero.group, zero.reason), []).append(zero.level)
        for (group, reason), levels in alike.items():
            nobody = f"{study.label(name)}: {', '.join(levels)}; {study.groups[group].label}"
            yield "Zero by definition", nobody, reason


def _disclosure(study: Study) -> Lines:
    """The disclosure policy, and what it leaves to the study and the study says."""
    said = study.file.disclosure
    if said is None:
        yield "Disclosure policy", "none", "nothing can be released"
        return
    yield "Disclosure policy", POLICIES[said.policy], f"Decided by {said.decided_by}. {said.reason}"
    if said.not_known:
        yield "Numbers of those not known", said.not_known, ""
    if said.follow_up:
        yield "Numbers of those known at one timepoint only", said.follow_up, ""
    for place, equals in enumerate(said.precedence, 1):
        in_order = "; ".join(study.plan(table).title for table in equals)
        yield (
            f"Order of tables, {place}",
            in_order,
            "a later one never costs a cell of an earlier one",
        )
    accepted: dict[str, list[str]] = {}
    for table, reason in said.accept_hidden.items():
        accepted.setdefault(reason, []).append(study.plan(table).title)
    for reason, titles in accepted.items():
        yield "Released although much of it is hidden", "; ".join(titles), reason
    for name, form in said.forms.items():
        yield "Form in what is released", study.label(name), FORMS[form]
    merged = [
        f"{study.label(name)}: {', '.join(study.levels(together))}"
        for name, together in study.standing_in("release").items()
    ]
    if merged:
        yield "Levels put together in what is released", "; ".join(merged), ""
    for withheld in said.withhold:
        yield "Withheld", _what_is_withheld(study, withheld), _who_withheld(withheld)


def _what_is_withheld(study: Study, withheld: Withheld) -> str:
    parts = [study.plan(withheld.table).title]
    if withheld.variable:
        parts.append(study.label(withheld.variable))
    if withheld.level:
        parts.append(withheld.level)
    if withheld.group:
        parts.append(study.columns_of(withheld.table)[withheld.group].label)
    return ": ".join(parts)


def _who_withheld(withheld: Withheld) -> str:
    return f"{withheld.who}, {withheld.when}: {withheld.why}"


PARTS: dict[str, tuple[str, str, tuple[str, ...], Callable[[Study], Lines]]] = {
    "about": ("The study", "What", ("In short",), _about),
    "groups": ("Groups", "Group", ("Description", "Condition"), _groups),
    "variables": (
        "Variables",
        "Variable",
        ("Kind and levels", "When, and of whom", "Also missing", "Assumption"),
        variables,
    ),
    "services": ("Questions with several answers", "Answer", ("Question", "Part"), _services),
    "instruments": (
        "Instruments and scores",
        "Instrument or score",
        ("Items", "Source or range", "Missing items"),
        _instruments,
    ),
    "derived": ("Derived variables", "Variable", ("Made from", "Levels", "Assumption"), derived),
    "to_decide": ("Still to be decided", "Of what", ("What",), _to_decide),
    "outcomes": ("Outcomes", "Outcome", ("Kind", "Yes means", "Assumption"), outcomes),
    "models": (
        "Models",
        "Model",
        ("Outcomes", "Explanatory variables", "Departure"),
        models,
    ),
    "codings": (
        "How explanatory variables enter models",
        "Explanatory variable",
        ("Coding", "Assumption"),
        codings,
    ),
    "lock": (
        "The agreed list of explanatory variables",
        "Outcome",
        ("Agreed list", "State"),
        agreed_list,
    ),
    "missing_data": (
        "The plan for missing data",
        "What",
        ("Setting", "Remark"),
        plan_for_missing_data,
    ),
    "deviations": (
        "Departures from the protocol",
        "What",
        ("Kind", "Dated", "Reason"),
        deviations,
    ),
    "impossible": ("Combinations that are refused", "Reason", ("Combination",), _impossible),
    "tables": ("Tables", "Table", ("Columns", "Blocks"), _tables),
    "facts": (
        "Facts used to rebuild the rows",
        "Fact",
        ("Group", "Condition", "Number", "Kind"),
        _facts,
    ),
    "themes": ("Themes", "Theme", ("Sub-themes",), _themes),
    "choices": (
        "Choices that change numbers",
        "Choice",
        ("Setting", "Reason or meaning"),
        _choices,
    ),
}
