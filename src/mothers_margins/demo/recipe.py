"""The recipe of synthetic rows: what is drawn, in which order, with which effects and gaps."""

from collections.abc import Iterator

from pydantic import Field

from mothers_margins.errors import StudyError, UsageError
from mothers_margins.study.conditions import Where
from mothers_margins.study.study import Study
from mothers_margins.study.yaml_file import Definition, parse_yaml


class Draw(Definition):
    """How one variable is drawn: weights of its levels (within the levels of `by`, if given), or
    points of a number.

    points: values at equally spaced quantiles, from the lowest to the highest. loading: correlation
    of the drawn order with adversity, a number behind all variables that no file holds. where: the
    others get `otherwise`, a missing code.
    """

    weights: dict[str, float] = {}
    by: str = ""
    weights_by: dict[str, dict[str, float]] = {}
    points: tuple[float, ...] = ()
    loading: float = Field(0, ge=-1, le=1)
    where: Where = {}
    otherwise: str = ""


class DrawItems(Definition):
    """How the items of an instrument are drawn: cut points of a number that loads on adversity;
    own: other cut points.

    nothing: share of dyads with the lowest value in every item.
    """

    loading: float = Field(ge=-1, le=1)
    cuts: tuple[float, ...]
    own: dict[str, tuple[float, ...]] = {}
    nothing: float = Field(0, ge=0, lt=1)


class Truth(Definition):
    """The model that an outcome is drawn from. Explanatory variables without an odds ratio have 1.

    outcome: Yes or No, as derived from `field`. model: the study's model whose coding the ratios
    are in; without one they are per unit. events, known, unknown: numbers among `rows` of the
    recipe. levels: weights among those with it.
    """

    field: str
    model: str = ""
    odds_ratios: dict[str, float]
    events: int
    known: int
    unknown: int = 0
    levels: dict[str, float]
    otherwise: str


class Gap(Definition):
    """Which cells are missing, with which code. forms: whole dyads for all these variables
    together; else single cells.

    older, involved: how much likelier a gap is for older mothers, or with involvement at timepoint
    1 (missing at random given these).
    """

    variables: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    share: float = Field(gt=0, lt=1)
    code: str
    forms: bool = False
    older: float = 0
    involved: float = 0


class Plant(Definition):
    """A deliberate difficulty: the first dyad that meets the condition gets these cells."""

    why: str
    where: Where
    cells: dict[str, str]


class Recipe(Definition):
    """The recipe of a synthetic cohort as written."""

    rows: int
    seed: int
    variables: dict[str, Draw]
    items: dict[str, DrawItems]
    truths: dict[str, Truth]
    later: dict[str, Draw]
    carry_over: dict[str, dict[str, float]]
    gaps: tuple[Gap, ...]
    plants_of_truth: tuple[Plant, ...]
    plants_of_gaps: tuple[Plant, ...]


def read_recipe(study: Study) -> Recipe:
    """The study's recipe. Raises UsageError if it has none, StudyError with every fault of it."""
    if study.file.data.demo_status != "synthetic":
        raise UsageError(f"{study.name}: its demonstration rows are not synthetic.")
    recipe, faults = parse_yaml(study.folder / study.file.data.recipe, Recipe)
    if recipe:
        file = study.file.data.recipe
        faults += [f"{file}: {fault}" for fault in _contradictions(study, recipe)]
    if recipe is None or faults:
        raise StudyError(f"{study.name}: the recipe cannot be used; nothing was drawn.", faults)
    return recipe


def _contradictions(study: Study, recipe: Recipe) -> Iterator[str]:
    """Fields that are not drawn, what is drawn and is no field, and effects of no term."""
    drawn = _drawn(study, recipe)
    roles = ("variable", "item", "codes")
    recorded = {name for name, field in study.fields.items() if field.role in roles}
    for name in sorted(recorded - drawn):
        yield f"'{name}' is not drawn"
    for name in sorted(drawn - recorded):
        yield f"'{name}' is no field"
    for outcome, truth in recipe.truths.items():
        terms = study.terms(truth.model, outcome) if truth.model else study.variables
        for name in truth.odds_ratios:
            if name not in terms:
                yield f"{outcome}: the model has no '{name}'"


def _drawn(study: Study, recipe: Recipe) -> set[str]:
    """Fields that the recipe draws."""
    names = {*recipe.variables, *recipe.later}
    names.update(truth.field for truth in recipe.truths.values())
    for instrument in study.schema.instruments:
        if instrument.name in recipe.items:
            names.update(instrument.fields())
    return names
