"""Protects what says who is in which group beside all other blocks of variables.

Other blocks are proved for a reader who knows the size of every region, so nothing that is said of
these sizes can hurt them. A block of `Membership` is proved for a reader who knows the sizes of the
printed groups only; here the other blocks could hurt, for what they print may leave fewer sizes of
regions possible.

So a witness of such a block, which has sizes of regions of its own, counts only if every other
block has a table with these very sizes that prints all that this block prints: it is borne out.
Tables of different blocks have nothing but these sizes in common, so that together they are one
witness against all that is released. Each is checked by adding up, without a solver.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mothers_margins.disclosure.feasible_values import (
    VARIANTS,
    Question,
    Statements,
    is_table,
    witnesses,
)
from mothers_margins.disclosure.nearest_tables import NearestTables
from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.printed import Form
from mothers_margins.disclosure.problem import NotProtectableError, Target
from mothers_margins.disclosure.protect import protect
from mothers_margins.disclosure.request import Protected, Request
from mothers_margins.disclosure.solver import InfeasibleError, NotSolvedError
from mothers_margins.disclosure.universe import Array

Pair = tuple[Request, Protected]


@dataclass(frozen=True, eq=False)
class Together:
    """All blocks as they may be released together.

    blocks: those of which something may be. refused: by block, the sum that could not be protected.
    """

    blocks: tuple[Pair, ...]
    refused: Mapping[str, tuple[str, ...]]


def beside_each_other(blocks: Sequence[Pair], policy: Policy) -> Together:
    """Blocks that were protected one by one, as they may be released together.

    Where a sum of a block of `Membership` is not borne out, its variable is withheld and the block
    is protected again; where that does not help, or an earlier release has shown some of it, the
    whole block is refused. What a refused block would have shown still counts as known, which is
    more than is.
    """
    current = list(blocks)
    refused: dict[str, tuple[str, ...]] = {}
    has_changed = True
    while has_changed:
        has_changed = False
        for place, (request, protected) in enumerate(current):
            name = request.block.name
            if not request.membership or name in refused:
                continue
            others = [other for _, other in current if other is not protected]
            failing = not_borne_out(protected, others)
            if not failing:
                continue
            has_changed = True
            again = _without(request, protected, failing, policy)
            if again is None:
                refused[name] = failing[0]
            else:
                current[place] = again
    kept = tuple(pair for pair in current if pair[0].block.name not in refused)
    return Together(kept, refused)


def not_borne_out(protected: Protected, others: Sequence[Protected]) -> list[tuple[str, ...]]:
    """Names of protected sums of a block of `Membership` that other blocks, with what they print,
    leave too few values, or for which too few were found.
    """
    across = Across(protected, others)
    return [
        target.name
        for target in protected.problem.targets
        if len(across.witnesses(target)) < target.values
    ]


def _without(
    request: Request, protected: Protected, failing: Sequence[tuple[str, ...]], policy: Policy
) -> Pair | None:
    """The block without the variables of some sums; None where they are withheld already, were
    shown before, or nothing can be protected.
    """
    names = {name[0] for name in failing}
    was_shown = {cell.variable for cell, hidden in request.earlier.items() if not hidden}
    if names & was_shown or all(protected.forms[name] == "withheld" for name in names):
        return None
    withheld: dict[str, Form] = dict.fromkeys(names, "withheld")
    fewer = replace(request, forms={**request.forms, **withheld})
    try:
        return fewer, protect(fewer, policy)
    except NotProtectableError:
        return None


class Across:
    """Looks for witnesses of a block of `Membership` that every other block bears out.

    own: the block. others: all that is released with it.
    """

    def __init__(self, own: Protected, others: Sequence[Protected]) -> None:
        self._own = own.system
        self._statements = _shown(own)
        rows, regions = own.system.by_sizes  # one row a region
        self._by_region = rows[np.argsort(regions.argmax(axis=1))]
        self._beside = [Beside(other) for other in others]
        self._linked: list[Beside] = []
        self._borne_out = [own.system.truth]
        self._question = self._asked()
        self._nearest = self._question.nearest()

    def sizes(self, table: Array) -> Array:
        """The size of each region in a table of the block."""
        return np.asarray(self._by_region @ table)

    def beside(self, table: Array) -> list[Array | None]:
        """For a table of the block one of each other block with the same sizes of regions that
        prints what that block prints; None where none was found.
        """
        return [beside.table(self.sizes(table)) for beside in self._beside]

    def witnesses(self, target: Target) -> tuple[Array, ...]:
        """Tables of the block that every other block bears out and that give a target different
        values: as many as it needs, or fewer if no more were found.

        A block that does not bear out a table is asked together with the block itself from then on,
        so that the next tables are such that it does.
        """
        while True:
            found = self._in_pool(target)
            if len(found) >= target.values:
                return found
            refusing = self._look(target)
            found = self._in_pool(target)
            if refusing is None or len(found) >= target.values:
                return found
            self._linked.append(refusing)
            self._question = self._asked()
            self._nearest = self._question.nearest()

    def _in_pool(self, target: Target) -> tuple[Array, ...]:
        """Tables that were borne out, with different values of a target."""
        by_value = {int(target.weights @ table): table for table in self._borne_out}
        return tuple(by_value[value] for value in sorted(by_value))[: target.values]

    def _look(self, target: Target) -> "Beside | None":
        """Look for more tables; a block that does not bear one out and is not yet asked together
        with the own one, if there is one.
        """
        width = len(self._own.truth)
        weights = np.zeros(len(self._question.truth), dtype=np.int64)
        weights[:width] = target.weights
        tried = [self._joined(table) for table in self._in_pool(target)]
        refusing = None
        for joined in witnesses(self._question, weights, target.values, tried, self._nearest):
            own = joined[:width]
            sizes = self.sizes(own)
            first = width
            for beside in self._linked:
                beside.take(sizes, joined[first : first + len(beside.truth)])
                first += len(beside.truth)
            failing = next((one for one in self._beside if one.table(sizes) is None), None)
            if failing is None:
                self._borne_out.append(own)
            elif failing not in self._linked:
                refusing = refusing or failing
        return refusing

    def _joined(self, own: Array) -> Array:
        """A table that was borne out, with those of the blocks that are asked together with it."""
        parts = [beside.table(self.sizes(own)) for beside in self._linked]
        return np.concatenate([own, *(part for part in parts if part is not None)])

    def _asked(self) -> Question:
        """What is known of the tables of the block and of those asked together with it, laid side
        by side: each has the sizes of regions that the block's has.
        """
        tables = [self._own.truth, *(beside.truth for beside in self._linked)]
        truth = np.concatenate(tables)
        firsts = np.cumsum([0, *(len(table) for table in tables)])
        known = [_placed(self._own.known, 0, len(truth))]
        for beside, first in zip(self._linked, firsts[1:].tolist(), strict=False):
            rows = _placed(beside.rows, first, len(truth))
            rows[:, : len(tables[0])] -= beside.regions.astype(np.int64) @ self._by_region
            known.append(rows)
        said = [self._statements, *(beside.statements for beside in self._linked)]
        weights = [
            _placed(one.weights, first, len(truth))
            for one, first in zip(said, firsts.tolist(), strict=False)
        ]
        low = np.concatenate([one.low for one in said])
        high = np.concatenate([one.high for one in said])
        places = np.arange(len(low))
        statements = Statements(np.vstack(weights), low, high, low, high, places)
        every_row = np.vstack(known)
        made = np.ones(len(low), dtype=bool)
        return Question(every_row, every_row @ truth, statements, made, truth)


class Beside:
    """A block beside the one that is asked about: has it a table for given sizes of regions?"""

    def __init__(self, protected: Protected) -> None:
        self.rows, self.regions = protected.system.by_sizes
        self.truth = protected.system.truth
        self.statements = _shown(protected)
        self._sizes = protected.system.universe.sizes.astype(np.int64)
        self._nearest: NearestTables | None = None
        self._found: dict[bytes, Array | None] = {self._sizes.tobytes(): self.truth}

    def table(self, sizes: Array) -> Array | None:
        """A table with these sizes that prints what is printed; None if none was found. sizes: r
        whole numbers.
        """
        key = sizes.astype(np.int64).tobytes()
        if key not in self._found:
            self._found[key] = next(self._tables(sizes), None)
        return self._found[key]

    def take(self, sizes: Array, table: Array) -> None:
        """Keep a table that was found elsewhere, if it is one."""
        if self.is_table(sizes, table):
            self._found[sizes.astype(np.int64).tobytes()] = table

    def is_table(self, sizes: Array, table: Array) -> bool:
        """Whether a table has these sizes and prints what is printed: by integer arithmetic."""
        made = np.ones(len(self.statements.low), dtype=bool)
        has_sizes = is_table(table, self.rows, self.regions @ sizes)
        return has_sizes and self.statements.hold(table, made)

    def _tables(self, sizes: Array) -> Iterator[Array]:
        """Near tables with these sizes, by linear programmes, last by an integer programme."""
        if self._nearest is None:
            said = self.statements
            self._nearest = NearestTables(self.truth, self.rows, said.weights, said.low, said.high)
        change = (self.regions @ (sizes - self._sizes)).astype(float)
        for variant in (*range(VARIANTS), None):
            try:
                table = self._nearest.with_totals(change, variant)
            except InfeasibleError:
                return
            except NotSolvedError:
                continue
            whole = np.rint(table).astype(np.int64)
            if self.is_table(sizes, whole):
                yield whole


def _shown(protected: Protected) -> Statements:
    """The statements of what a block prints."""
    every = protected.problem.statements
    made = ~protected.hidden.astype(bool)[every.cell]
    return Statements(
        every.weights[made],
        every.low[made],
        every.high[made],
        every.widest_low[made],
        every.widest_high[made],
        every.cell[made],
    )


def _placed(rows: Array, first: int, columns: int) -> Array:
    """Rows in a wider table, from a column on."""
    wide = np.zeros((len(rows), columns), dtype=np.int64)
    wide[:, first : first + rows.shape[1]] = rows
    return wide
