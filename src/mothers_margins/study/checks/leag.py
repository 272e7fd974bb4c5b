"""What cannot hold in leag.yaml: names that nothing has, words that are missing or banned."""

import re
from collections import Counter
from collections.abc import Iterator

from mothers_margins.errors import near
from mothers_margins.study.leag_file import Factor, LeagFile
from mothers_margins.study.study import Study

FILE = "leag.yaml"


def in_leag(study: Study) -> Iterator[str]:
    """Variables and levels that the study does not have, or of which it does not say what slides
    say; a level that stands twice; banned words in what slides say.
    """
    leag = study.leag
    if leag is None:
        return
    for factor in leag.factors:
        yield from _in_factor(study, factor)
    for (variable, level), times in Counter(map(_named, leag.factors)).items():
        if times > 1:
            yield f"{FILE}: factors: {variable}, {level} stands twice"
    for name in leag.needs:
        if name not in study.declared:
            yield f"{FILE}: needs: no variable '{name}'{near(name, study.declared)}"
        elif not study.declared[name].plain_label:
            yield f"{FILE}: needs: {name} has no plain label, which slides say of it"
    yield from _banned(study, leag)


def _named(factor: Factor) -> tuple[str, str]:
    return factor.variable, factor.level


def _in_factor(study: Study, factor: Factor) -> Iterator[str]:
    place, name = f"{FILE}: factors", factor.variable
    if name not in study.declared:
        yield f"{place}: no variable '{name}'{near(name, study.declared)}"
    elif factor.level not in study.levels(name):
        yield f"{place}: {name} has no level '{factor.level}'"
    elif not study.declared[name].said:
        yield f"{place}: {name} says nothing of its levels (said), which slides say of them"


def _banned(study: Study, leag: LeagFile) -> Iterator[str]:
    """Banned words in the phrases and labels of the dictionary that slides say."""
    known = study.declared
    phrases = [known[name].said.values() for name, _ in map(_named, leag.factors) if name in known]
    texts = [text for of_variable in phrases for text in of_variable]
    texts += [known[name].plain_label for name in leag.needs if name in known]
    for text in dict.fromkeys(texts):
        for word in leag.banned:
            if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE):
                yield f"{FILE}: the dictionary says '{text}', which holds the banned word '{word}'"
