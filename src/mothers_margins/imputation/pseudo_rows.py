"""Pseudo-rows: what supports an equation of levels against perfect prediction."""

import numpy as np

Array = np.ndarray


def augmented(x: Array, codes: Array, levels: int, every: Array) -> tuple[Array, Array, Array]:
    """Observed rows with the pseudo-rows of White, Daniel and Royston (2010, Comput Stat Data Anal
    54:2267); weights.

    For each column but the constant two rows per level, half a standard deviation below and above
    its mean (over `every` row, within its range), the other columns at their means; all pseudo-rows
    together weigh the number of columns.
    """
    p = x.shape[1]
    centre, spread = every.mean(axis=0), every.std(axis=0, ddof=1)
    column = np.repeat(np.arange(1, p), 2 * levels)
    moved = centre[column] + np.tile([0.5, -0.5], levels * (p - 1)) * spread[column]
    pseudo = np.repeat(centre[None, :], len(column), axis=0)
    pseudo[np.arange(len(column)), column] = np.clip(
        moved, every.min(axis=0)[column], every.max(axis=0)[column]
    )
    pseudo_codes = np.repeat(np.tile(np.arange(levels), p - 1), 2)
    weights = np.concatenate([np.ones(len(x)), np.full(len(pseudo), p / max(len(pseudo), 1))])
    return np.vstack([x, pseudo]), np.concatenate([codes, pseudo_codes]), weights
