"""Everything that people read, made from one small set of results: tables, figures, alt texts,
prose.

Used by the tests that replace numbers (results/test_shown) and words (wording/test_terms): what a
builder prints may depend on shown numbers and on codes only.
"""

import re
from collections.abc import Callable
from functools import cache
from hashlib import sha256

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg

import mothers_margins as mm
from mothers_margins.figures.figure import Figure
from mothers_margins.figures.style import STYLE
from mothers_margins.results.results import About, Results, tidy
from mothers_margins.study.source import Source
from mothers_margins.tables.table import Table
from mothers_margins.wording.prose import Prose

Inputs = dict[str, Results]
SIDES = ("involved_t1", "not_involved_t1")
NEEDS_GATE = ("cas_total", "substance_misuse", "learning_difficulties", "ethnicity")


@cache
def imputed_demo() -> mm.Imputed:
    """A short imputation of the demonstration rows."""
    cohort = mm.derive(mm.demo_cohort("esmi"))
    return mm.impute(cohort, "involved_t1", m=4, burnin=5, progress=False)


def plan_tested(study: mm.Study) -> Results:
    """A planted plan test: two bars that hold, one that does not, and what stands beside them."""
    usual: dict[str, str | float] = {"recipe": "study", "outcome": "involved_t1", "cohorts": 40}
    off = usual | {"measure": "share_off", "analysis": "imputed", "level": "Yes", "mc_error": 0.4}
    lines = [
        off | {"variable": "dv_any", "value": 1.1, "bar": 2.3, "within": 1.0},
        off | {"variable": "drug_history", "value": 3.4, "bar": 2.3, "within": 0.0},
    ]
    covered = usual | {"measure": "coverage", "variable": "dv_any", "level": "", "mc_error": 0.02}
    lines += [
        covered | {"analysis": "imputed", "value": 0.95, "bar": 0.91, "within": 1.0},
        covered | {"analysis": "full_data", "value": 0.94},
    ]
    source = Source("synthetic", 279, "Made up.")
    return tidy(lines, About("plan_test", study, source, {}))


@cache
def inputs() -> Inputs:
    """Results of every kind and engine, from the demonstration rows and a short imputation."""
    cohort = mm.derive(mm.demo_cohort("esmi"))
    women = mm.derive(mm.demo_cohort("hscc_2019"))
    study = cohort.study
    plan, needs, table_1 = (
        study.plan("characteristics_t1"),
        study.plan("needs_t1"),
        women.study.plan("table_1"),
    )
    fit = mm.fit_logistic(cohort, "protocol", outcome="involved_t1")
    later = mm.fit_logistic(cohort, "protocol", outcome="involved_t2")
    imputed = imputed_demo()
    pooled = mm.fit_logistic(imputed, "protocol")
    by_firth = [mm.by_method(analysis, "firth") for analysis in (pooled, fit)]
    shifted = mm.impute(
        cohort, "involved_t1", m=2, burnin=2, progress=False, shifts=study.file.missing_data.shifts
    )
    return {
        "table_1": mm.summarise(women, table_1.variables, table_1.groups),
        "summary": mm.summarise(cohort, plan.variables, plan.groups, 1),
        "tests": mm.compare(cohort, plan.variables, SIDES, 1),
        "exact": mm.compare(cohort, plan.variables, SIDES, 1, exact=True),
        "needs": mm.summarise(cohort, needs.variables, needs.groups, 1),
        "needs_tests": mm.compare(cohort, needs.variables, SIDES, 1),
        "shares": mm.summarise(cohort, ["schizophrenia", "dv_any", "ethnicity"], SIDES, 1),
        "bins": mm.bin_counts(cohort, ["age_years", "ctq_total"], SIDES, 1),
        "flow": mm.flow(cohort),
        "missingness": mm.missingness(cohort, NEEDS_GATE, SIDES),
        "scores": mm.scored(cohort),
        "impossible": mm.impossible(cohort),
        "patterns": mm.patterns(cohort, NEEDS_GATE),
        "estimates": fit.to_frame(),
        "later": later.to_frame(),
        "cells": fit.tabulated(),
        "done": fit.log(),
        "checks": mm.check_model(fit),
        "pooled": pooled.to_frame(),
        "pooled_cells": pooled.tabulated(),
        "pooled_done": pooled.log(),
        "shifted": mm.fit_logistic(shifted, "protocol").to_frame(),
        "firth": mm.stack(*(analysis.to_frame() for analysis in by_firth)),
        "replaced": mm.fit_logistic(cohort, "protocol", "firth").to_frame(),
        "available": mm.available_case(cohort, "protocol", "involved_t1"),
        "bounds": mm.bounds(cohort, "involved_t1"),
        "hundred": mm.standardise(fit, pooled),
        "log": imputed.log(),
        "equations": imputed.equations(),
        "traces": imputed.traces(),
        "convergence": imputed.convergence(),
        "values": mm.imputed_values(imputed),
        "stability": mm.stability(pooled, [2, 3, 4]),
        "plan_test": plan_tested(study),
        "all_missing": mm.missingness(cohort, study.terms("protocol", "involved_t1")),
        "themes": mm.list_themes(women.study),
        "published": mm.check_published(mm.summarise(women, table_1.variables, table_1.groups)),
    }


Readable = Table | Figure | Prose | str
BUILDERS: dict[str, tuple[str, Callable[[Inputs], Readable]]] = {
    "Table 1 of 2019": ("characteristics", lambda r: mm.characteristics(r["table_1"], "table_1")),
    "in per cent": (
        "characteristics",
        lambda r: mm.characteristics(r["table_1"], "table_1", percent=True),
    ),
    "as published": (
        "characteristics",
        lambda r: mm.characteristics(r["table_1"], "table_1", as_published=True),
    ),
    "with tests": (
        "characteristics",
        lambda r: mm.characteristics(r["summary"], "characteristics_t1", comparisons=r["tests"]),
    ),
    "with exact tests": (
        "characteristics",
        lambda r: mm.characteristics(r["summary"], "characteristics_t1", comparisons=r["exact"]),
    ),
    "which test": ("which_test", lambda r: mm.which_test(r["tests"])),
    "needs": ("needs", lambda r: mm.needs(r["needs"], "needs_t1", r["needs_tests"])),
    "flow": ("tally", lambda r: mm.tally(r["flow"], "Flow")),
    "missing": ("tally", lambda r: mm.tally(r["missingness"], "Missing")),
    "scores": ("tally", lambda r: mm.tally(r["scores"], "Scores")),
    "impossible": ("tally", lambda r: mm.tally(r["impossible"], "Impossible")),
    "patterns": ("tally", lambda r: mm.tally(r["patterns"], "Patterns")),
    "cells": ("tally", lambda r: mm.tally(r["cells"], "Cells")),
    "odds ratios": (
        "odds_ratios",
        lambda r: mm.odds_ratios(
            [r["estimates"], r["pooled"]],
            [r["cells"], r["pooled_cells"]],
            [r["done"], r["pooled_done"]],
        ),
    ),
    "model table": (
        "model_table",
        lambda r: mm.model_table(
            [r["estimates"], r["pooled"]],
            [r["cells"], r["pooled_cells"]],
            [r["done"], r["pooled_done"]],
        ),
    ),
    "odds ratios by Firth's method": ("odds_ratios", lambda r: mm.odds_ratios(r["firth"])),
    "enough imputations": (
        "enough_imputations",
        lambda r: mm.enough_imputations(r["stability"]),
    ),
    "two methods": (
        "method_or_data",
        lambda r: mm.method_or_data(mm.stack(r["pooled"], r["replaced"]), r["firth"]),
    ),
    "pooled odds ratios": ("odds_ratios", lambda r: mm.odds_ratios(r["pooled"], r["pooled_cells"])),
    "of two outcomes": ("odds_ratios", lambda r: mm.odds_ratios([r["estimates"], r["later"]])),
    "of a sensitivity run": ("odds_ratios", lambda r: mm.odds_ratios([r["pooled"], r["shifted"]])),
    "available cases": ("odds_ratios", lambda r: mm.odds_ratios(r["available"])),
    "bounds": ("odds_ratios", lambda r: mm.odds_ratios(r["bounds"])),
    "diagnostics": ("diagnostics", lambda r: mm.diagnostics(r["checks"])),
    "log": ("imputation_log", lambda r: mm.imputation_log(r["log"])),
    "equations": ("equations_table", lambda r: mm.equations_table(r["equations"])),
    "beside": ("imputed_beside_observed", lambda r: mm.imputed_beside_observed(r["values"])),
    "precision": ("precision", lambda r: mm.precision(r["stability"])),
    "in 100": ("per_hundred", lambda r: mm.per_hundred(r["hundred"])),
    "in words": ("in_words", lambda r: mm.in_words(r["hundred"], "dv_any", "imputed")),
    "a number in words": (
        "in_words",
        lambda r: mm.in_words(r["hundred"], "age_years", "imputed"),
    ),
    "account": (
        "treatment_of_missing_data",
        lambda r: mm.treatment_of_missing_data(
            r["all_missing"], r["log"], r["estimates"], r["pooled"], [r["shifted"]]
        ),
    ),
    "group bars": ("group_bars", lambda r: mm.group_bars(r["shares"])),
    "missing bars": ("missing_bars", lambda r: mm.missing_bars(r["missingness"])),
    "flow diagram": ("flow_diagram", lambda r: mm.flow_diagram(r["flow"])),
    "distributions": ("distributions", lambda r: mm.distributions(r["bins"])),
    "forest": (
        "forest",
        lambda r: mm.forest(
            mm.stack(r["estimates"], r["pooled"]), cells=[r["cells"], r["pooled_cells"]]
        ),
    ),
    "forest of profiles": (
        "forest",
        lambda r: mm.forest(r["estimates"], r["later"], interval="profile"),
    ),
    "forest of a sensitivity run": (
        "forest",
        lambda r: mm.forest(mm.stack(r["pooled"], r["shifted"])),
    ),
    "traces": ("traces", lambda r: mm.traces(r["traces"], r["convergence"])),
    "imputed bars": ("imputed_bars", lambda r: mm.imputed_bars(r["values"])),
    "fmi by m": ("fmi_by_m", lambda r: mm.fmi_by_m(r["stability"])),
    "plan test": ("plan_table", lambda r: mm.plan_table(r["plan_test"])),
    "themes": ("themes", lambda r: mm.themes(r["themes"])),
}
# Verbs that print no result: the definition alone, or what their caller wrote.
WITHOUT_RESULTS = {"overview", "say", "not_done", "save_all", "without_it"}
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def drawn_words(figure: Figure) -> list[str]:
    """Texts that stand on the sheet and in the panels of a figure."""
    return [text.get_text() for axes in figure.drawn.axes for text in axes.texts]


def picture(figure: Figure) -> str:
    """A hash of its pixels, at a third of the dots that a reader gets: enough to see that nothing
    moved, in half of the time.
    """
    dots = figure.drawn.dpi
    figure.drawn.dpi = dots / 3
    try:
        with mpl.rc_context(STYLE):
            canvas = FigureCanvasAgg(figure.drawn)
            canvas.draw()
            return sha256(canvas.buffer_rgba()).hexdigest()
    finally:
        figure.drawn.dpi = dots


def everything(readable: Readable) -> str:
    """All that a reader gets of it, as one text; of a figure also what is drawn."""
    if isinstance(readable, Table):
        return f"{readable.to_html()}\n{readable!r}"
    if isinstance(readable, Figure):
        return "\n".join([readable.alt, *drawn_words(readable), picture(readable)])
    return readable.text if isinstance(readable, Prose) else readable


def outcome_of(builder: str, results: Inputs) -> str:
    """What a builder prints, or the message with which it refuses."""
    try:
        return everything(BUILDERS[builder][1](results))
    except mm.UsageError as error:
        return f"refused: {error}"


def structure(readable: Readable) -> list[object]:
    """A readable without its words: keys, numbers, note letters, statuses, and the numbers inside
    of sentences.
    """
    if isinstance(readable, Table):
        found: list[object] = [NUMBER.findall(readable.caption)]
        found += [
            (column.key, str(column.size), bool(column.spanner)) for column in readable.columns
        ]
        for section in readable.sections:
            found.append((section.mark, len(section.rows)))
            for row in section.rows:
                cells = [
                    (NUMBER.findall(readable.print(cell)), cell.status, cell.mark)
                    for cell in row.cells
                ]
                found.append((row.variable, row.level, row.depth, cells))
        return [*found, *((mark, NUMBER.findall(text)) for mark, text in readable.notes)]
    if isinstance(readable, Figure):
        drawn = sorted(number for text in drawn_words(readable) for number in NUMBER.findall(text))
        return [NUMBER.findall(readable.alt), drawn]
    return [NUMBER.findall(readable.text if isinstance(readable, Prose) else readable)]
