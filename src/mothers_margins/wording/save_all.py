"""Results of a notebook as files, and the list of these."""

from collections.abc import Mapping

from mothers_margins.absent import Absent
from mothers_margins.results.results import Results
from mothers_margins.results.save import save
from mothers_margins.wording.prose import Prose


def save_all(made: Mapping[str, Results | Absent]) -> Prose:
    """Save results by name, each as `save` does, and say which files were written.

    What is absent is not saved. Raises UsageError as `save` does.
    """
    there = {name: results for name, results in made.items() if isinstance(results, Results)}
    lines = [f"- `{save(results, name)}`" for name, results in there.items()]
    return Prose("\n".join(lines) or "Nothing was written: this study has none of it.")
