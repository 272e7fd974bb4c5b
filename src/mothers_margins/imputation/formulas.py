"""The right side of a formula as a design: one place that takes rows by the variables named, and
lets nothing that terms learned from data be learned anew.
"""

import ast
import builtins
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins.imputation.values import fault_of, plain

Array = np.ndarray
CONSTANT = "Intercept"  # formulaic's name of the constant, which no column may have
CONTEXT = {"pd": pd}  # what a formula may name beside columns, the functions of formulaic and numpy


class FormulaError(ValueError):
    """What is wrong with a formula or its columns: a summary, all problems, and what to do."""

    def __init__(self, summary: str, problems: Iterable[str] = (), remedy: str = "") -> None:
        self.summary = summary
        self.problems = tuple(problems)
        self.remedy = remedy
        what = summary
        if self.problems:
            what = f"{summary.removesuffix('.')}: {'; '.join(self.problems)}."
        super().__init__(f"{what} {remedy}".strip())


@dataclass(frozen=True)
class Term:
    """One term of a formula.

    columns: those of the design that are its own. named: the columns of the data that it names.
    variable: the one that it stands for (`x`, `C(x)`), else the term as written. levels: by column
    of the design, where these stand for levels beside the reference.
    """

    text: str
    columns: tuple[str, ...]
    named: tuple[str, ...]
    variable: str
    levels: Mapping[str, str]
    reference: str = ""


@dataclass(frozen=True, eq=False)
class Design:
    """The columns of one data set, and which of its rows they are of (n truth values)."""

    columns: pd.DataFrame
    rows: Array


@dataclass(frozen=True, eq=False)
class RightSide:
    """The right side of a formula with what its terms learned from the first data set: centres,
    knots, levels.

    named: the columns of the data that it names. spec: formulaic's.
    """

    named: tuple[str, ...]
    spec: Any  # formulaic has no types
    levels: Mapping[str, pd.Index]
    terms: tuple[Term, ...]

    def design(self, data: pd.DataFrame) -> Design:
        """The design of the rows that have all variables named. Raises FormulaError where there is
        none, or a term has no finite number in such a row.
        """
        rows, predictors = _predictors(data, self.named)
        columns = _matrix(self.spec, self._in_known_levels(predictors))
        if len(columns) < len(predictors):
            raise _without_value(self.terms, len(predictors) - len(columns))
        numbers = columns.to_numpy(dtype=float)
        finite = np.isfinite(numbers)
        if not finite.all():
            lost = [
                f"{name} ({int(count)} rows)"
                for name, count in zip(columns, (~finite).sum(axis=0), strict=True)
                if count
            ]
            raise FormulaError(
                "terms of the formula are infinite or no number.",
                lost,
                "Leave these rows out of the data, or write another term.",
            )
        return Design(pd.DataFrame(numbers, columns=columns.columns), rows)

    def _in_known_levels(self, predictors: pd.DataFrame) -> pd.DataFrame:
        """Categories as in the first data set."""
        columns = dict(predictors.items())
        others = []
        for name, levels in self.levels.items():
            columns[name] = predictors[name].cat.set_categories(levels)
            if columns[name].isna().any():
                others.append(f"'{name}'")
        if others:
            raise FormulaError(
                "variables with a level that only some data sets have.",
                others,
                "Put levels together.",
            )
        return pd.DataFrame(columns, index=predictors.index)


def learned(text: str, data: pd.DataFrame, *, of_several: bool = False) -> RightSide:
    """The right side of a formula, with what its terms learn from the rows of a data set that have
    all variables named.

    of_several: whether the same terms shall be made of other data sets too. Then a term that looks
    at other rows, and cannot keep what it learned from them (`x - x.mean()`, `pd.qcut`), is
    refused: coefficients are pooled only where they are of the same variable (Rubin 1987). Raises
    FormulaError for what cannot be read, a column that holds nothing that a formula takes, and
    rows that have not all variables.
    """
    formula = parsed(text, data)
    named = names_in(formula, data)
    absent = [f"there is no column '{name}'" for name in named if name not in data]
    if absent:
        raise FormulaError("the right side of the formula cannot be read.", absent)
    _, predictors = _predictors(data, named)
    first = _matrix(formula, predictors)
    spec = first.model_spec
    _few_levels(
        {
            expression: len(state["categories"])
            for expression, (_, state) in spec.encoder_state.items()
            if isinstance(state, dict) and "categories" in state
        },
        len(predictors),
    )
    levels = {name: values.cat.categories for name, values in _levelled(predictors)}
    right = RightSide(named, spec, levels, tuple(_terms(spec, named)))
    if of_several and any(term.text not in named for term in right.terms):
        _look_at_one_row(right, pd.DataFrame(predictors))
    return right


def parsed(text: str, names: Iterable[Any]) -> Any:
    """A right side as formulaic has it; `.` is all columns."""
    from formulaic import Formula, SimpleFormula

    available = [str(name) for name in names]
    try:
        formula = Formula.from_spec(text, context={"__formulaic_variables_available__": available})
    except Exception as error:
        raise unreadable(error) from None
    if not isinstance(formula, SimpleFormula):
        raise FormulaError("the right side of the formula cannot be read: it has several parts.")
    return formula


def unreadable(error: BaseException) -> FormulaError:
    """What is said of a formula that formulaic cannot read. Its own words may hold values."""
    return FormulaError(f"the right side of the formula cannot be read ({type(error).__name__}).")


def names_in(formula: Any, columns: Iterable[Any]) -> tuple[str, ...]:
    """What a formula names beside functions, in the order of its terms: columns, or what should be
    some. A column goes before a function of its name, such as `id` or `sum`.
    """
    known = {*map(str, columns)}
    names: dict[str, None] = {}
    for term in formula:
        for factor in term.factors:
            names |= dict.fromkeys(_names_of_factor(factor, known))
    return tuple(names)


def _names_of_factor(factor: Any, columns: Collection[str]) -> Iterator[str]:
    """Names in one factor. formulaic's own list of them loses what stands before a method, as in
    `I((x > 2).astype(int))`.
    """
    from formulaic.transforms import TRANSFORMS

    if factor.eval_method.value == "literal":
        return
    if factor.eval_method.value == "lookup":
        yield factor.expr
        return
    tree, aliases = _tree(factor.expr)
    nodes = [*ast.walk(tree)]
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and _is_bound(node)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id not in bound:
            name = aliases.get(node.id, node.id)
            is_function = name in TRANSFORMS or name in CONTEXT or hasattr(builtins, name)
            if name in columns or not is_function:
                yield name
        elif isinstance(node, ast.Call):
            yield from _quoted(node)


def _is_bound(name: ast.Name) -> bool:
    """Whether an expression gives a name its meaning itself, as a comprehension does."""
    return isinstance(name.ctx, ast.Store)


def _quoted(call: ast.Call) -> Iterator[str]:
    """The column in `Q('its name')`."""
    if isinstance(call.func, ast.Name) and call.func.id == "Q":
        for argument in call.args[:1]:
            if isinstance(argument, ast.Constant):
                yield str(argument.value)


def _tree(expression: str) -> tuple[ast.AST, Mapping[str, str]]:
    """An expression of Python as a tree, and what the names that stand for `backquoted` ones are
    short for.
    """
    from formulaic.utils.code import sanitize_variable_names

    aliases: dict[str, str] = {}
    return ast.parse(sanitize_variable_names(expression, {}, aliases), mode="eval"), aliases


def _predictors(data: pd.DataFrame, named: Sequence[str]) -> tuple[Array, pd.DataFrame]:
    """Which rows have all variables named, and these variables in them, numbered from 0: labels of
    rows may repeat.
    """
    faults = [f"'{name}' {problem}" for name in named if (problem := _fault(data, name))]
    if faults:
        raise FormulaError(
            "columns that a formula cannot have.",
            faults,
            "Mend them, or leave them out of the formula.",
        )
    rows = np.ones(len(data), dtype=bool)
    for name in named:
        rows &= data[name].notna().to_numpy(dtype=bool)
    if not rows.any():
        raise FormulaError("no row has all variables of the formula.")
    columns = {name: plain(data[name][rows].reset_index(drop=True)) for name in named}
    _few_levels(
        {
            name: len(values.cat.categories)
            for name, values in columns.items()
            if isinstance(values.dtype, pd.CategoricalDtype)
        },
        int(rows.sum()),
    )
    return rows, pd.DataFrame(columns, index=range(int(rows.sum())))


def _few_levels(number_of: Mapping[str, int], rows: int) -> None:
    """Raise FormulaError for what has fewer than two rows a level: an id, whose levels no message
    may name, or a number taken for levels.
    """
    too_many = [
        f"'{name}' has {levels} levels in {rows} rows"
        for name, levels in number_of.items()
        if 2 * levels > rows
    ]
    if too_many:
        raise FormulaError(
            "columns with fewer than two rows a level, as an id has.",
            too_many,
            "Leave them out of the formula, or put levels together.",
        )


def _fault(data: pd.DataFrame, name: str) -> str:
    """What is wrong with a column that a formula names; empty if nothing is."""
    if name not in data:
        return "is no column of this data set"
    if name == CONSTANT:
        return "is what formulas call their constant; rename the column"
    if (data.columns == name).sum() > 1:
        return "is the name of several columns"
    return fault_of(data[name])


def _levelled(predictors: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    for name, values in predictors.items():
        if isinstance(values.dtype, pd.CategoricalDtype):
            yield str(name), values


def _matrix(formula: Any, predictors: pd.DataFrame) -> Any:
    """formulaic's design of a formula or of a specification, which keeps what was learned.

    No name of this module is one of a formula: only columns, formulaic's functions, numpy, pandas.
    """
    from formulaic.errors import DataMismatchWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is no number is looked for afterwards
        warnings.simplefilter("error", DataMismatchWarning)
        try:
            return formula.get_model_matrix(
                predictors, context=CONTEXT, na_action="drop", output="pandas"
            )
        except DataMismatchWarning:
            raise FormulaError(
                "rows have a level that the formula does not list, or that only some data sets "
                "have.",
                (),
                "Leave these rows out of the data, or put levels together.",
            ) from None
        except Exception as error:
            raise unreadable(error) from None


def _without_value(terms: Sequence[Term], lost: int) -> FormulaError:
    """Why rows have no design though all their variables are known, such as the logarithm of a
    number below zero, or a number outside the bands of `pd.cut`.
    """
    return FormulaError(
        f"one of these terms has no value in {lost} rows whose variables are known.",
        _calculated(terms),
        "Leave these rows out of the data, or write another term.",
    )


def _look_at_one_row(right: RightSide, predictors: pd.DataFrame) -> None:
    """Raise FormulaError, naming them, for columns that are others where half of the rows are left
    out.
    """
    whole = _matrix(right.spec, predictors)
    changed: dict[str, None] = {}
    for rows in _halves(predictors):
        try:
            half = _matrix(right.spec, predictors.iloc[rows].reset_index(drop=True))
        except FormulaError:  # what was learned from all rows does not hold for half of them
            changed |= dict.fromkeys(_calculated(right.terms))
            continue
        if len(half) != len(rows):
            changed |= dict.fromkeys(_calculated(right.terms))
            continue
        before = whole.iloc[rows].to_numpy(dtype=float)
        same = np.isclose(half.to_numpy(dtype=float), before, rtol=1e-9, atol=1e-12, equal_nan=True)
        changed |= dict.fromkeys(map(str, whole.columns[~same.all(axis=0)]))
    if changed:
        raise FormulaError(
            "terms that look at other rows would be other variables in every data set.",
            changed,
            "Make the column before it is imputed, or write a term with its own numbers.",
        )


def _halves(predictors: pd.DataFrame) -> Iterator[Array]:
    """Places of every other row, and of the lower and the upper half of each number: a median is
    nearly the same among every other row, and far from it in these.
    """
    places = np.arange(len(predictors))
    yield places[::2]
    yield places[1::2]
    numbers = predictors.select_dtypes("number")
    for name in numbers:
        order = np.argsort(numbers[name].to_numpy(), kind="stable")
        yield np.sort(order[: len(order) // 2])
        yield np.sort(order[len(order) // 2 :])


def _calculated(terms: Sequence[Term]) -> list[str]:
    """The terms that are no column as it stands."""
    return [term.text for term in terms if term.named and term.text not in term.named]


def _terms(spec: Any, named: Sequence[str]) -> Iterator[Term]:
    columns = [str(name) for name in spec.column_names]
    for term, places in spec.term_slices.items():
        factors = [factor for factor in term.factors if factor.eval_method.value != "literal"]
        of_term = [
            name for factor in factors for name in _names_of_factor(factor, named) if name in named
        ]
        own = tuple(columns[places])
        variable = _variable_of(factors[0], named) if len(factors) == 1 else ""
        levels: dict[str, str] = {}
        reference = ""
        if len(factors) == 1:
            levels, reference = _levels_of(spec, factors[0].expr, own)
        if not levels and variable not in (str(term), ""):
            variable = ""  # contrasts other than with a reference are no levels of it
        yield Term(
            str(term), own, tuple(dict.fromkeys(of_term)), variable or str(term), levels, reference
        )


def _variable_of(factor: Any, named: Sequence[str]) -> str:
    """The column that a factor is: `x`, `C(x)`, `C(x, …)`; empty for any other."""
    if factor.expr in named:
        return str(factor.expr)
    tree, aliases = _tree(factor.expr)
    call = getattr(tree, "body", None)
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args):
        return ""
    inside = call.args[0]
    if call.func.id != "C" or not isinstance(inside, ast.Name):
        return ""
    name = aliases.get(inside.id, inside.id)
    return name if name in named else ""


def _levels_of(spec: Any, expression: str, own: Sequence[str]) -> tuple[dict[str, str], str]:
    """The level of each column that compares one with a reference, and the reference."""
    state = spec.encoder_state.get(expression, (None, {}))[1]
    categories = state.get("categories", ()) if isinstance(state, dict) else ()
    by_column = {f"{expression}[T.{level}]": _as_text(level) for level in categories}
    levels = {column: by_column[column] for column in own if column in by_column}
    others = [level for column, level in by_column.items() if column not in levels]
    return levels, others[0] if levels and len(others) == 1 else ""


def _as_text(level: object) -> str:
    """A level as text; whole numbers, which formulas hold as floats, without a point."""
    return f"{level:.0f}" if isinstance(level, float) and level.is_integer() else str(level)
