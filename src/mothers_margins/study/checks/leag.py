"""What cannot hold in leag.yaml: names that nothing has, phrases that the group has banned."""

import re
from collections.abc import Iterator

from mothers_margins.errors import near
from mothers_margins.study.study import Study

FILE = "leag.yaml"


def in_leag(study: Study) -> Iterator[str]:
    """Variables and levels that the study does not have, a level with two phrases, and banned words
    in what slides say.
    """
    leag = study.leag
    if leag is None:
        return
    seen: set[tuple[str, str]] = set()
    for phrase in leag.phrases:
        place = f"{FILE}: phrases"
        if phrase.variable not in study.declared:
            yield f"{place}: no variable '{phrase.variable}'{near(phrase.variable, study.declared)}"
        elif phrase.level not in study.levels(phrase.variable):
            yield f"{place}: {phrase.variable} has no level '{phrase.level}'"
        if (phrase.variable, phrase.level) in seen:
            yield f"{place}: {phrase.variable}, {phrase.level} stands twice"
        seen.add((phrase.variable, phrase.level))
    for key, names in (("needs", leag.needs), ("expected", leag.expected)):
        for name in names:
            if name not in study.declared:
                yield f"{FILE}: {key}: no variable '{name}'{near(name, study.declared)}"
    yield from _banned(study)


def _banned(study: Study) -> Iterator[str]:
    leag = study.leag
    assert leag is not None  # noqa: S101  # asked by in_leag alone
    said = [*leag.needs.values(), *leag.expected.values()]
    for phrase in leag.phrases:
        said += [phrase.with_it, phrase.without, phrase.short]
    for text in said:
        for word in leag.banned:
            if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE):
                yield f"{FILE}: '{text}' holds the banned word '{word}'"
