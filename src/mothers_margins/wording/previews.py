"""What a release would show, as text for the command."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the whole one loads much that the quick one does without
    from mothers_margins.release.preview_release import Preview
    from mothers_margins.release.quick_preview import QuickPreview

ALONE = (
    "Each variable is protected alone here. Beside others that are made from the same answers more "
    "may have to be hidden: --preview --whole, or notebook 07, says by how much."
)
AT_MOST = "At most: only the rules were applied, for it shows no more than another way even so"
AT_MOST_QUICK = f"{AT_MOST}, or the table is printed after others: --whole protects there as well."
PUBLIC = "Only what was published before leaves, as it was: nothing of it is hidden."
PARTS = (
    ("shown", "shown"),
    ("by_rule", "hidden by rule"),
    ("for_others", "hidden to protect others"),
)
Row = Mapping[Any, Any]  # a row of shares, as pandas gives it


def quick_in_words(preview: "QuickPreview") -> str:
    """A quick preview, with what it does not know."""
    notes = [PUBLIC] if preview.shares.empty else [AT_MOST_QUICK, ALONE]
    return "\n".join([*_lines(preview), *notes])


def whole_in_words(preview: "Preview") -> str:
    """A preview of all, with the names of what would be written."""
    lines = [*_lines(preview)]
    lines += [PUBLIC] if preview.shares.empty else [f"{AT_MOST}."]
    lines.append(f"Would be written: {', '.join(preview.released) or 'nothing'}")
    lines.append(f"Would stay internal: {', '.join(preview.withheld) or 'nothing'}")
    return "\n".join(lines)


def _lines(preview: "QuickPreview | Preview") -> Iterator[str]:
    """The policy, then each table with its variables: those shown whole in one line."""
    if preview.mark:
        yield preview.mark
    yield f"Policy {preview.policy.name}, decided by {preview.policy.author}"
    for _, rows in preview.shares.groupby("table", sort=False):
        table, *variables = rows.to_dict("records")
        yield f"{table['table']}: {_parts(table)}"
        for row in variables:
            if row["shown"] < row["cells"]:
                others = f"; other ways: {row['other_ways']}" if row["other_ways"] else ""
                yield f"  {row['variable']} ({row['form']}): {_parts(row)}{others}"
        whole = [row for row in variables if row["cells"] and row["shown"] == row["cells"]]
        if whole:
            named = ", ".join(f"{row['variable']} ({row['form']})" for row in whole)
            yield f"  shown whole: {named}"


def _parts(row: Row) -> str:
    cells = int(row["cells"])
    return ", ".join(
        f"{100 * row[column] / cells:.0f}% {words}" if cells else f"- {words}"
        for column, words in PARTS
    )
