"""What no text that leaves may hold, wherever it stands."""

import getpass
import platform
import re
import socket
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

from mothers_margins import places

MOST_HITS = 20  # of one rule in one text
SHORTEST_NAME = 3
SHORTEST_FOLDER = 6
# Accounts and computers of these names are nobody's; as parts of a path they are found as a path.
NOBODY = {
    "admin",
    "administrator",
    "analyst",
    "build",
    "codespace",
    "conda",
    "data",
    "debian",
    "default",
    "demo",
    "docker",
    "guest",
    "home",
    "jovyan",
    "jupyter",
    "localhost",
    "main",
    "mambauser",
    "nobody",
    "python",
    "research",
    "researcher",
    "root",
    "runner",
    "staff",
    "student",
    "test",
    "ubuntu",
    "user",
    "users",
    "vscode",
    "work",
}
_ROOTS = (
    "home|Users|root|tmp|var|usr|etc|opt|srv|mnt|media|private|Volumes|work|workspaces?|scratch"
    "|gpfs|lustre|nfs|data|shared?|cygdrive"
)
_WINDOWS = "Users|Documents and Settings|Windows|Program Files|ProgramData|Temp|home|data|work"
# Of each rule: texts of which one must be there for it to hold, in small letters (they are found a
# hundred times as fast), and the rule. Where a rule looks back, it does so after its first sign.
_RULES = {
    "absolute_path": (
        (("/",), rf"/(?<![\w./~-]/)(?:{_ROOTS})/[\w.~-]"),
        (("file:/",), r"\bfile:/{1,5}[\w.~%]"),
        ((":\\",), r"(?<![A-Za-z0-9])[A-Z]:\\{1,2}[^\\/:*?\"<>|\r\n]{1,80}(?:\\|\.\w{2,5}\b)"),
        ((":\\", ":/"), rf"(?<![A-Za-z0-9])[A-Za-z]:[\\/]{{1,2}}(?:{_WINDOWS})[\\/]"),
        (("\\\\",), r"\\(?<![\\\w]\\)\\[A-Za-z0-9][\w.-]{1,60}\\[\w$]"),
    ),
    "traceback": (
        (("traceback (",), r"Traceback \(most recent call last\)"),
        (('file "',), r"\bFile \"[^\"\n]{1,400}\", line \d"),
        (("], line ",), r"\b(?:Cell|Input) In ?\[\d+\], line \d"),
        (("ipykernel_",), r"ipykernel_\d+"),
        (("site-packages",), r"[\\/]site-packages[\\/]"),
    ),
    "control_character": (
        (
            ("",),
            r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]",
        ),
    ),
    "secret": (
        (("private key",), r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY"),
        (("akia", "asia"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        (("gho_", "ghp_", "ghs_", "ghu_", "ghr_"), r"\bgh[opsur]_[A-Za-z0-9]{30}"),
        (("github_pat_",), r"\bgithub_pat_\w{22}"),
        (("eyj",), r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\."),
        (("token=",), r"[?&]token=[\w-]{16}"),
        (
            ("key", "passw", "secret", "token"),
            r"(?i:\b(?:api[_-]?key|password|passwd|secret|token)\b[\"']?\s?[:=]\s?[\"'][^\"'\s]{8})",
        ),
        (("bearer ",), r"\bBearer [\w.~+/-]{20}"),
    ),
    "papermill": (
        (("papermill",), r"\bpapermill\b\"\s?:\s?\{"),
        (("injected-parameters",), r"\binjected-parameters\b"),
    ),
    "widget_state": (
        (
            ("jupyter.widget-",),
            r"<script\b[^<>]{0,400}application/vnd\.jupyter\.widget-(?:state|view)\+json",
        ),
        (
            ("jupyter.widget-",),
            r"\"application/vnd\.jupyter\.widget-(?:state|view)\+json\"\s?:",
        ),
    ),
}


@dataclass(frozen=True)
class _Rule:
    """A rule, and texts in small letters of which one must be there for it to hold."""

    kind: str
    needs: tuple[str, ...]
    pattern: re.Pattern[str]


_EVERYWHERE = tuple(
    _Rule(kind, needs, re.compile(pattern))
    for kind, rules in _RULES.items()
    for needs, pattern in rules
)


@dataclass(frozen=True)
class TextRules:
    """Rules for all texts: those that hold everywhere, and those of this computer and study.

    users, hosts: names that must not appear. folders: of this computer. forbidden: texts that must
    not leave, such as ids and quotations; case and blanks do not matter.
    """

    users: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = field(default=(), repr=False)

    def found(self, text: str) -> Iterator[tuple[str, int]]:
        """Kinds of leaks in a text, with their positions."""
        small = text.lower()
        if self.forbidden:
            small += "\n" + " ".join(small.split())  # phrases go on over the ends of lines
        for rule in self._rules:
            if any(need in small for need in rule.needs):
                for hit in islice(rule.pattern.finditer(text), MOST_HITS):
                    yield rule.kind, hit.start()

    def with_forbidden(self, texts: Iterable[str]) -> "TextRules":
        """The same rules and more texts that must not leave."""
        more = [texts] if isinstance(texts, str) else texts
        kept = tuple(text.strip() for text in more if text.strip())
        return replace(self, forbidden=(*self.forbidden, *kept))

    @cached_property
    def _rules(self) -> tuple[_Rule, ...]:
        return (
            *_EVERYWHERE,
            *(_word("user_name", name) for name in self.users),
            *(_word("host_name", name) for name in self.hosts),
            *(_word("forbidden_text", text, loose=True) for text in self.forbidden),
            *(
                _Rule("absolute_path", (folder.lower(),), re.compile(re.escape(folder)))
                for folder in self.folders
            ),
        )


def rules_of_this_computer() -> TextRules:
    """The rules with the names that this computer has now."""
    folders = {str(Path.home()), tempfile.gettempdir(), str(places.project())}
    long = sorted(one for one in folders if len(one) >= SHORTEST_FOLDER)
    return TextRules(_named(_users()), _named(_hosts()), tuple(long))


def _users() -> Iterator[str]:
    yield Path.home().name
    try:
        yield getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        return


def _hosts() -> Iterator[str]:
    for name in (socket.gethostname(), platform.node()):
        yield name
        yield name.partition(".")[0]


def _named(names: Iterable[str]) -> tuple[str, ...]:
    """Names that name somebody."""
    kept = {name for name in names if len(name) >= SHORTEST_NAME and name.lower() not in NOBODY}
    return tuple(sorted(kept))


def _word(kind: str, word: str, *, loose: bool = False) -> _Rule:
    """The rule for a whole word or phrase. loose: any case, and any blanks between words."""
    inner = r"\s{1,20}".join(re.escape(part) for part in word.split())
    before = r"(?<!\w)" if re.match(r"\w", word) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", word) else ""
    pattern = re.compile(f"{before}{inner}{after}", re.IGNORECASE if loose else 0)
    return _Rule(kind, (" ".join(word.lower().split()),), pattern)
