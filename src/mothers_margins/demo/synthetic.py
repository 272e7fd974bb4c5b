"""Draws a synthetic cohort from the dictionary and a recipe of made-up truths. It never sees a
participant's file.

Levels get exact counts and the drawn order decides who has which, so the published totals are met
at 279 rows and every truth stays a logistic model: its outcome is given to the rows whose linear
predictor plus logistic noise is highest.
"""

import zlib
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtri

from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.conditions import holds, where_mask
from mothers_margins.cohort.derive import derive, derived_anew
from mothers_margins.cohort.design_columns import coded
from mothers_margins.demo.recipe import Draw, Gap, Plant, Recipe, Truth, read_recipe
from mothers_margins.errors import StudyError
from mothers_margins.study.participant_table import Instrument, Variable
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Fifths

Cells = dict[str, pd.Series]


def complete_cohort(
    study: Study, rows: int | None = None, *, seed: int | None = None, carry_over: bool = False
) -> Cohort:
    """A derived synthetic cohort in which every value is known, at any number of rows (default: the
    recipe's).

    carry_over: timepoint 1 adds to timepoint 2 beyond the declared model. Raises as `read_recipe`
    does.
    """
    return _Drawing(study, read_recipe(study), rows, seed).complete(carry_over)


def synthetic_rows(
    study: Study, rows: int | None = None, *, seed: int | None = None
) -> pd.DataFrame:
    """The synthetic file as text cells, with its gaps and deliberate difficulties. Raises as
    `read_recipe` does.
    """
    drawing = _Drawing(study, read_recipe(study), rows, seed)
    return drawing.as_file(drawing.complete())


def whole_and_file(
    study: Study, recipe: Recipe, *, rows: int | None = None, seed: int
) -> tuple[Cohort, pd.DataFrame]:
    """One drawing of a recipe twice: derived with every value known, and as the file with gaps."""
    drawing = _Drawing(study, recipe, rows, seed)
    cohort = drawing.complete()
    return cohort, drawing.as_file(cohort)


def drawn_cohort(study: Study, recipe: Recipe, rows: int, *, seed: int) -> Cohort:
    """A derived cohort of any recipe in which every value is known."""
    return _Drawing(study, recipe, rows, seed).complete()


class _Drawing:
    """One drawing. Each variable has a stream of its own, so that a new one leaves the others as
    they were.
    """

    def __init__(self, study: Study, recipe: Recipe, rows: int | None, seed: int | None) -> None:
        self.study = study
        self.recipe = recipe
        self.rows = recipe.rows if rows is None else rows
        self.seed = recipe.seed if seed is None else seed
        self.adversity = self.noise("adversity")
        self.cells: Cells = {}
        # the cohort as it was derived last, and the cells of then: five times in one drawing
        self.derived: Cohort | None = None
        self.derived_from: Cells = {}
        # rows with a deliberate difficulty of the truth: no gap may cover it
        self.planted: list[int] = []
        # missing codes that belong to the truth: what does not apply
        self.codes: dict[str, pd.Series] = {}
        self.whys: dict[str, pd.Series] = {}  # and what the codes mean

    def uniform(self, name: str) -> np.ndarray:
        """Uniform numbers between 0 and 1, from the raw generator only: its stream stays the same
        between versions.
        """
        drawn = np.random.default_rng([self.seed, zlib.crc32(name.encode())]).random(self.rows)
        return np.maximum(drawn, 2.0**-53)  # 0 has no normal quantile

    def noise(self, name: str) -> np.ndarray:
        return np.asarray(ndtri(self.uniform(name)))

    def loaded(self, name: str, loading: float) -> np.ndarray:
        return np.asarray(loading * self.adversity + np.sqrt(1 - loading**2) * self.noise(name))

    def scaled(self, number: int) -> int:
        """A number among the recipe's rows, as it is among these."""
        return round(number * self.rows / self.recipe.rows)

    def complete(self, carry_over: bool = False) -> Cohort:
        for name, draw in self.recipe.variables.items():
            self.cells[name] = self.drawn(name, draw)
        for instrument in self.study.schema.instruments:
            self.items(instrument)
        for name, truth in self.recipe.truths.items():
            extra = self.recipe.carry_over.get(name, {}) if carry_over else {}
            self.cells[truth.field] = self.outcome(name, truth, extra)
        for name, draw in self.recipe.later.items():
            self.cells[name] = self.drawn(name, draw)
        self.plant(self.recipe.plants_of_truth)
        return self.cohort()

    def cohort(self) -> Cohort:
        """What is drawn so far, derived; what is not drawn yet is missing."""
        data = {name: self.column(field) for name, field in self.study.fields.items()}
        blank = pd.Series(pd.NA, index=range(self.rows), dtype="str")
        reasons = {name: self.whys.get(name, blank) for name in data}
        source = Source("synthetic", self.rows, self.study.file.data.statement)
        drawn = Cohort(pd.DataFrame(data), pd.DataFrame(reasons), source, self.study)
        if self.derived is None:
            self.derived = derive(drawn)
        else:
            cells, before = self.cells, self.derived_from
            changed = [name for name in cells if cells[name] is not before.get(name)]
            self.derived = derived_anew(drawn, self.derived, changed)
        self.derived_from = dict(self.cells)
        return self.derived

    def column(self, field: Variable) -> pd.Series:
        """A column of the cohort: the mark, the ids, or what is drawn of a field so far."""
        if field.role == "data_status":
            status = self.study.file.data.demo_status
            return pd.Series(pd.Categorical([status] * self.rows, categories=field.levels))
        if field.name == self.study.schema.primary_key[0]:
            width = max(3, len(str(self.rows)))
            numbers = range(1, self.rows + 1)
            return pd.Series([f"{field.made_up_prefix}{number:0{width}d}" for number in numbers])
        if field.name in self.cells:
            return self.cells[field.name]
        return _typed(field, pd.Series(np.full(self.rows, None, dtype=object)))

    def keep_code(self, name: str, code: str, rows: np.ndarray) -> None:
        """Remember that the truth of these rows is a missing code."""
        codes = pd.Series(code, index=range(self.rows), dtype="str")
        self.codes[name] = codes.where(rows)
        declared = self.study.missing_codes(self.study.fields[name])
        labels = {other.value: other.label for other in declared}
        self.whys[name] = self.codes[name].map(labels).astype("str")

    def drawn(self, name: str, draw: Draw) -> pd.Series:
        order = self.loaded(name, draw.loading)
        inside = np.ones(self.rows, dtype=bool)
        if draw.where:
            inside = holds(self.cells, self.study, draw.where).fillna(False).to_numpy(dtype=bool)
            self.keep_code(name, draw.otherwise, ~inside)
        values = np.full(self.rows, None, dtype=object)
        if draw.points:
            values[inside] = self.points(name, draw, order, inside)
        elif draw.by:
            groups = self.cells[draw.by].astype("str").to_numpy()
            for level in pd.unique(groups[inside]):
                of_level = inside & (groups == level)
                weights = draw.weights_by.get(level, draw.weights)
                values[of_level] = _spread(weights, order[of_level])
        else:
            values[inside] = _spread(draw.weights, order[inside])
        for derived in self.study.derived.values():
            if derived.fifths and derived.fifths.rank == name:
                values = self.ranks(values, derived.fifths)
        return _typed(self.study.fields[name], pd.Series(values))

    def points(self, name: str, draw: Draw, order: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """Numbers at the recipe's points, for the rows inside."""
        # so that the points hold among those that the file knows
        known = inside & ~self.unknown(draw.where)
        ranks = np.interp(order, np.sort(order[known]), np.linspace(0, 1, known.sum()))
        numbers = np.interp(ranks[inside], np.linspace(0, 1, len(draw.points)), draw.points)
        decimals = 0 if self.study.fields[name].type == "integer" else 1
        return np.asarray(np.round(numbers, decimals))

    def unknown(self, names: Iterable[str]) -> np.ndarray:
        """Rows for which one of these outcomes stays unknown in the file."""
        rows = np.zeros(self.rows, dtype=bool)
        for name in names:
            for outcome, truth in self.recipe.truths.items():
                if truth.field == name:
                    rows[self.shuffled(outcome)[: self.scaled(truth.unknown)]] = True
        return rows

    def ranks(self, fifth: np.ndarray, fifths: Fifths) -> np.ndarray:
        """A rank inside each dyad's fifth of the areas that its index ranks."""
        areas = self.cells[fifths.index].astype("str").map(fifths.areas).to_numpy(dtype=float)
        number = fifth.astype(float)
        low = np.floor((number - 1) * areas / 5)
        high = np.floor(number * areas / 5)
        within = np.floor(self.uniform(f"{fifths.rank} within") * (high - low))
        return np.asarray(low + 1 + within).astype(int).astype(object)

    def items(self, instrument: Instrument) -> None:
        """Draw all items of an instrument; behind a closed gate they do not apply."""
        recipe = self.recipe.items[instrument.name]
        severity = self.loaded(instrument.name, recipe.loading)
        nothing = np.argsort(severity)[: round(recipe.nothing * self.rows)]
        closed = self.closed(instrument)
        for number in range(1, instrument.items + 1):
            name = instrument.item(number)
            field = self.study.fields[name]
            strength = 0.6 * severity + 0.8 * self.noise(name)
            steps = np.searchsorted(recipe.own.get(name, recipe.cuts), strength)
            steps[nothing] = 0
            if number in instrument.reversed:
                steps = len(recipe.cuts) - steps
            values = pd.Series(_answers(field, steps), dtype=object).mask(closed)
            self.cells[name] = _typed(field, values)
            if instrument.gate:
                codes = self.study.missing_codes(field)
                not_applicable = next(code.value for code in codes if code.not_applicable)
                self.keep_code(name, not_applicable, closed)

    def closed(self, instrument: Instrument) -> np.ndarray:
        """Rows in which the gate of an instrument is closed; none where it has no gate."""
        gate = instrument.gate
        if gate is None:
            return np.zeros(self.rows, dtype=bool)
        return (self.cells[gate.variable] == gate.level).to_numpy(dtype=bool)

    def outcome(self, name: str, truth: Truth, extra: Mapping[str, float]) -> pd.Series:
        """The field behind an outcome: those have it whose predictor plus noise is highest."""
        predictor = self.predictor(name, truth, extra)
        # the first of this order stay unknown
        known = predictor[self.shuffled(name)[self.scaled(truth.unknown) :]]
        events = round(len(known) * truth.events / truth.known)
        happened = predictor >= np.sort(known)[::-1][events - 1]
        levels = np.full(self.rows, truth.otherwise, dtype=object)
        levels[happened] = _spread(truth.levels, self.noise(f"{name} level")[happened])
        return _typed(self.study.fields[truth.field], pd.Series(levels))

    def predictor(self, name: str, truth: Truth, extra: Mapping[str, float]) -> np.ndarray:
        """Log-odds of an outcome plus logistic noise. extra: odds ratios beyond the model's."""
        data = self.cohort().data
        noise = self.uniform(name)
        predictor: np.ndarray = np.log(noise / (1 - noise))
        for term, ratio in {**truth.odds_ratios, **extra}.items():
            if truth.model and term not in extra:
                # of several levels beside the reference each has the ratio
                values = pd.DataFrame(coded(self.study, data, term)).sum(axis=1, skipna=False)
            elif self.study.levels(term):
                values = (data[term] == "Yes").astype(float)
            else:
                values = data[term].astype(float)
            predictor = np.asarray(predictor + np.log(ratio) * values.to_numpy(dtype=float))
        if np.isnan(predictor).any():
            raise StudyError(
                f"{self.study.name}: the truth of {name} needs a variable that not every dyad has."
            )
        return predictor

    def shuffled(self, name: str) -> np.ndarray:
        """Rows in an order of their own; the outcome of the first is left unknown in the file."""
        return np.argsort(self.uniform(f"{name} unknown"))

    def plant(self, plants: tuple[Plant, ...]) -> None:
        """Put deliberate difficulties into what is drawn, each into a dyad of its own."""
        taken: set[int] = set()
        cohort = self.cohort()
        for plant in plants:
            row = self.first(cohort, plant, taken)
            if row is None:
                continue
            for name, value in plant.cells.items():
                values = self.cells[name].astype("str")
                values[row] = value
                self.cells[name] = _typed(self.study.fields[name], values)
        self.planted = sorted(taken)

    def first(self, cohort: Cohort, plant: Plant, taken: set[int]) -> int | None:
        """The first dyad that fits and holds no other plant; of few dyads, none may."""
        unknown = self.unknown(truth.field for truth in self.recipe.truths.values())
        fits = where_mask(cohort, plant.where).to_numpy() & ~unknown
        free = [int(row) for row in fits.nonzero()[0] if row not in taken]
        if free:
            taken.add(free[0])
            return free[0]
        if self.rows >= self.recipe.rows:
            raise StudyError(
                f"{self.study.name}: no dyad meets the condition of a plant.", [plant.why]
            )
        return None

    def as_file(self, cohort: Cohort) -> pd.DataFrame:
        """The complete cohort as text, with its gaps."""
        text = {}
        for name, field in self.study.fields.items():
            text[name] = cohort.data[name].astype("str")
            if field.type == "number":
                text[name] = text[name].str.removesuffix(".0")
            if name in self.codes:
                text[name] = text[name].mask(text[name].isna(), self.codes[name])
        for place, gap in enumerate(self.recipe.gaps):
            self.leave_out(text, cohort, gap, f"gap {place}")
        for name, truth in self.recipe.truths.items():
            text[truth.field].iloc[self.shuffled(name)[: self.scaled(truth.unknown)]] = ""
        self.follow_unknown(text)
        taken = {*self.planted}
        for plant in self.recipe.plants_of_gaps:
            row = self.first(cohort, plant, taken)
            if row is None:
                continue
            for name, value in plant.cells.items():
                text[name].iloc[row] = value
        return pd.DataFrame(text)

    def leave_out(self, text: Cells, cohort: Cohort, gap: Gap, salt: str) -> None:
        """Missing cells, likelier where the recipe says so, with an exact number of forms."""
        names = [*gap.variables]
        for instrument in self.study.schema.instruments:
            if instrument.name in gap.instruments:
                names += instrument.fields()
        if gap.forms:
            leaning = self.noise(salt) + _lean(cohort, gap)
            rows = np.argsort(-leaning)[: round(gap.share * self.rows)]
            for name in names:
                self.blank(text, name, rows, gap.code)
            return
        for name in names:
            rows = (self.uniform(f"{salt} {name}") < gap.share).nonzero()[0]
            self.blank(text, name, rows, gap.code)

    def blank(self, text: Cells, name: str, rows: np.ndarray, code: str) -> None:
        """A code in these rows, but where the variable is missing or does not apply already, or a
        difficulty stands.
        """
        missing = [other.value for other in self.study.missing_codes(self.study.fields[name])]
        is_missing = text[name].iloc[rows].isin(missing).to_numpy(dtype=bool)
        is_planted = np.isin(rows, self.planted)
        text[name].iloc[rows[~(is_missing | is_planted)]] = code

    def follow_unknown(self, text: Cells) -> None:
        """What hangs on an unknown value is unknown: days to a re-admission that may not have
        happened.
        """
        for name, draw in {**self.recipe.variables, **self.recipe.later}.items():
            for source in draw.where:
                unknown = text[source].isin(["", ".a", ".b"])
                text[name] = text[name].mask(unknown, "")


def _answers(field: Variable, steps: np.ndarray) -> np.ndarray:
    """The answers so many steps above the lowest."""
    if field.levels:
        return np.asarray(np.array(field.levels, dtype=object)[steps])
    return np.asarray(steps + int(field.constraints.minimum or 0))


def _lean(cohort: Cohort, gap: Gap) -> np.ndarray:
    """How much likelier than others each dyad is to have a gap."""
    age = cohort.data["age_years"].to_numpy(dtype=float)
    by_age = gap.older * (age - age.mean()) / age.std()
    by_involvement = gap.involved * (cohort.data["involved_t1"] == "Yes")
    return np.asarray((by_age + by_involvement).to_numpy())


def _spread(weights: Mapping[str, float], order: np.ndarray) -> np.ndarray:
    """Levels in exact numbers (largest remainders), the first level to the lowest in order."""
    shares = np.array([*weights.values()]) / sum(weights.values()) * len(order)
    counts = np.floor(shares + 1e-9).astype(int)
    left = len(order) - counts.sum()
    counts[np.argsort(-(shares - counts), kind="stable")[:left]] += 1
    values = np.empty(len(order), dtype=object)
    values[np.argsort(order, kind="stable")] = np.repeat(np.array([*weights], dtype=object), counts)
    return values


def _typed(field: Variable, values: pd.Series) -> pd.Series:
    """Values as the reader types them."""
    if field.levels:
        kind = pd.CategoricalDtype(list(field.levels), ordered=field.categories_ordered)
        return values.astype(kind)
    if field.type == "integer":
        return pd.to_numeric(values).astype("Int64")
    if field.type == "number":
        return pd.to_numeric(values).astype("Float64")
    return values.astype("str")
