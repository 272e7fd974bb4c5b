"""The two recipes that a plan is tried on: the study's own, and one that is harder."""

from collections.abc import Mapping
from dataclasses import replace
from math import exp, log

from mothers_margins.demo.recipe import Gap, Recipe, Truth, read_recipe
from mothers_margins.study.study import Study

STRONG = 2.0  # the least odds ratio of every term (or its inverse)
RARE = 0.15  # an answer of so many or fewer is rare ...
RARE_GAP = 0.15  # ... and missing for so many
INVOLVED = 0.6  # more often with involvement


def recipe_of(study: Study, name: str) -> Recipe:
    """The recipe called `study` or `strong`; UsageError for a study without one."""
    recipe = read_recipe(study)
    return recipe if name == "study" else strong(study, recipe)


def strong(study: Study, recipe: Recipe) -> Recipe:
    """A recipe in which every term of a model has an odds ratio of 2 or more, or 1/2 or less, and
    rare answers have gaps in 15 %, more often with involvement.
    """
    truths = {
        name: _strong_truth(study, name, truth) if truth.model else truth
        for name, truth in recipe.truths.items()
    }
    gaps = tuple(_wide_gap(recipe, gap) for gap in recipe.gaps)
    return recipe.model_copy(update={"truths": truths, "gaps": gaps})


def _strong_truth(study: Study, name: str, truth: Truth) -> Truth:
    ratios = {
        term: _at_least_strong(truth.odds_ratios.get(term, STRONG))
        for term in study.terms(truth.model, name)
    }
    return truth.model_copy(update={"odds_ratios": ratios})


def _at_least_strong(ratio: float) -> float:
    size = max(abs(log(ratio)), log(STRONG))
    return exp(size) if ratio >= 1 else exp(-size)


def _wide_gap(recipe: Recipe, gap: Gap) -> Gap:
    drawn = [recipe.variables.get(name) for name in gap.variables]
    if not drawn or not all(draw and _is_rare(draw.weights) for draw in drawn):
        return gap
    return gap.model_copy(update={"share": RARE_GAP, "forms": True, "involved": INVOLVED})


def _is_rare(weights: Mapping[str, float]) -> bool:
    """Whether one of two answers is rare."""
    return len(weights) == 2 and min(weights.values()) <= RARE * sum(weights.values())


def without_events_rule(study: Study) -> Study:
    """The study with models that are fitted whatever the number of events: of drawn cohorts some
    have fewer than the rule needs, and leaving these out would judge by the outcome.
    """
    rules = study.file.regression.model_copy(update={"few_events": 0, "exploratory_events": 0})
    return replace(study, file=study.file.model_copy(update={"regression": rules}))
