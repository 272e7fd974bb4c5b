"""Plain pages: the executed notebooks as HTML without scripts or network."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from html import escape, unescape
from pathlib import Path

from mothers_margins import places
from mothers_margins.batch.notebook import Notebook, source
from mothers_margins.batch.numbering import numbered
from mothers_margins.batch.plan import Value
from mothers_margins.study.read_study import read_study
from mothers_margins.study.study import Study

TEMPLATES = Path(__file__).parents[1] / "templates"
FIRST_HEADING = re.compile(r"(<h1[^>]*>).*?(</h1>)", re.DOTALL)
SECOND_HEADING = re.compile(r"<h2(?: id=\"[^\"]*\")?>(.*?)</h2>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
CONTENTS = (
    '<nav class="contents" aria-label="Contents">'
    "<details><summary>Contents</summary><ol>{}</ol></details></nav>"
)
TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)


def write_page(
    notebook: Path, target: Path, title: str, *, private: bool, prefix: str = ""
) -> Path:
    """An executed notebook as one HTML file; code is folded away. title: also its heading.
    private: only the owner may read it. prefix: of the numbers of its tables and figures.
    """
    body, _ = _to_html()(str(notebook), resources={"page_title": title})
    body = FIRST_HEADING.sub(lambda found: f"{found[1]}{escape(title)}{found[2]}", body, count=1)
    body = numbered(body, prefix)
    body = _with_contents(body)
    body = _reachable(body.replace("<th></th>", "<td></td>"))  # an empty heading names nothing
    return places.write_whole(
        target,
        lambda part: part.write_text(body, encoding="utf-8"),
        private=private,
    )


def with_addresses(body: str) -> tuple[str, list[str]]:
    """A page whose sections have addresses, `part-1` and so on, and their titles."""
    titles: list[str] = []

    def addressed(found: re.Match[str]) -> str:
        titles.append(TAG.sub("", found[1]))
        return f'<h2 id="part-{len(titles)}">{found[1]}</h2>'

    return SECOND_HEADING.sub(addressed, body), titles


def _with_contents(body: str) -> str:
    """A page whose sections have addresses, and below its title a list that leads to them."""
    body, titles = with_addresses(body)
    if not titles:
        return body
    items = [f'<li><a href="#part-{at}">{title}</a></li>' for at, title in enumerate(titles, 1)]
    contents = CONTENTS.format("".join(items))
    return FIRST_HEADING.sub(lambda found: found[0] + contents, body, count=1)


def _reachable(body: str) -> str:
    """Each table in a box of its own, which scrolls where the window is narrower, can be reached by
    keyboard, and has a name that no other box of the page has.
    """
    named: Counter[str] = Counter()

    def boxed(found: re.Match[str]) -> str:
        caption = CAPTION.search(found[0])
        name = caption[1] if caption else "Table"
        named[name] += 1
        label = f"{name} ({named[name]})" if named[name] > 1 else name
        quoted = escape(unescape(label))
        opening = f'<div class="scroll" role="region" tabindex="0" aria-label="{quoted}">'
        return f"{opening}{found[0]}</div>"

    return TABLE.sub(boxed, body)


@cache
def _to_html() -> Callable[..., tuple[str, object]]:
    """What turns a notebook's path into a page, once for a process: its templates are compiled with
    the first page, which takes longer than a page.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="page",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    to_html: Callable[..., tuple[str, object]] = exporter.from_filename
    return to_html


def title_of(notebook: Notebook, parameters: Mapping[str, Value], study: str) -> str:
    """The first heading of a notebook, with the timepoint or outcome that it is run for: one
    notebook serves several, and each page has a name of its own.
    """
    heading = re.search(r"^# +(.+)$", _text(notebook), re.MULTILINE)
    title = heading[1].strip() if heading else "Notebook"
    ends = [] if title.endswith(("?", ".", "!")) else [":"]
    if "timepoint" in parameters:
        return "".join([title, *ends, f" Timepoint {parameters['timepoint']}"])
    outcome = parameters.get("outcome")
    if outcome:
        return "".join([title, *ends, f" {_outcome_title(study, str(outcome))}"])
    return title


def question_of(notebook: Notebook) -> str:
    """The question that a notebook asks, in one paragraph; empty if it says none."""
    question = re.search(r"^\*\*Question\.\*\* *(.+)$", _text(notebook), re.MULTILINE)
    return question[1].strip() if question else ""


def _text(notebook: Notebook) -> str:
    texts = [source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    return "\n".join(texts)


def _outcome_title(study: str, outcome: str) -> str:
    """How a study calls an outcome; its name where the definition has no such outcome, which the
    notebook then says.
    """
    outcomes = _definition(study).outcomes
    return outcomes[outcome].title if outcome in outcomes else outcome


@cache
def _definition(study: str) -> Study:
    return read_study(study)
