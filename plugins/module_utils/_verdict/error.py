# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a line of the gateway's log may mean, without the files that it is about. Pure."""

from __future__ import annotations

import collections
import functools
import html
import re
import types
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.finding import printable
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import BUILD, HOLES, KINDS, Kind

# --- The text as the gateway meant it -------------------------------------------------------------------------------------------------

# As the terminal gets them, and as journald, loggers in JSON and people write them.
_COLOUR = re.compile(r"(?:\x1b|\\+x1b|\\+u001b|\\+033|#033)\[[0-9;]*[A-Za-z]")
_ESCAPED_CHARACTER = re.compile(r"(?<!\\)\\+u([0-9a-fA-F]{4})")
_ESCAPED_SPACE = re.compile(r"(?<!\\)\\+[nrt]")
# Each logger around another adds backslashes.
_ESCAPED_QUOTE = re.compile(r"(?<!\\)\\+(?=[\"'`/])")
# Word processors and other releases of a system write other quotes.
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "`": "'", "\u201c": '"', "\u201d": '"'})


def plain(text: str) -> str:
    """A text without what loggers, terminals and web pages add to it: colours, escapes, typographic quotes."""
    if "\x1b" in text or "[" in text:
        text = _COLOUR.sub("", text)
    if "\\" in text:
        text = _ESCAPED_CHARACTER.sub(lambda found: printable(chr(int(found[1], 16))), text)
        text = _ESCAPED_QUOTE.sub("", _ESCAPED_SPACE.sub(" ", text))
    if "&" in text:
        text = html.unescape(text)
    # YAML doubles them.
    return text.translate(_QUOTES).replace("''", "'")


# --- What the line is about -----------------------------------------------------------------------------------------------------------


def _field(name: str) -> str:
    """A field of logrus, as text or JSON."""
    return rf"\b{name}\"?[=:] ?(?:\"([^\"\n]+)\"|([^\s\",}}]+))"


# The definition's own name first: what the loader names is the file that was found for it.
_PLUGIN = (
    re.compile(_field("mwPath")),
    re.compile(r"plugin\.Open\(\"?([^\"\n]+?)\"?\):"),
    re.compile(r"plugin file ([^\n]+?) doesn't exist"),
    re.compile(r"\[file=([^\n]+?), symbol=[^\]\n]*\]"),
)
_SYMBOL = (
    re.compile(_field("mwSymbolName")),
    re.compile(r"plugin: symbol ([^\n]+?) not found in plugin"),
    re.compile(r"\[file=[^\n]+?, symbol=([^\]\n]+)\]"),
)
_API = (re.compile(_field("api_id")),)
_PACKAGE = (re.compile(r"different version of package ([\w.~/+-]*[\w~/+-])"),)


class About(t.NamedTuple):
    """What a line names: the plugin's file, the symbol, the API and the package; empty where it names none."""

    plugin: str
    symbol: str
    api: str
    package: str


def about(text: str) -> About:
    """What a line of the log is about. text: plain."""
    return About(*(_first(patterns, text) for patterns in (_PLUGIN, _SYMBOL, _API, _PACKAGE)))


def _first(patterns: t.Iterable[re.Pattern[str]], text: str) -> str:
    for pattern in patterns:
        found = pattern.search(text)
        if found:
            return next(filter(None, found.groups()), "")
    return ""


# --- The rows of the table that fit ---------------------------------------------------------------------------------------------------


class _Error(t.NamedTuple):
    """An error of the table.

    code: of its row; needle: the longest part that every text with it contains, and words: all words of such parts; fixed: how many
    characters do not vary.
    """

    code: str
    pattern: re.Pattern[str]
    needle: str
    words: frozenset[str]
    fixed: int


def _compiled(code: str, error: str) -> _Error:
    parts = re.split(r"<(\w+)>", error.translate(_QUOTES))
    words, holes = parts[::2], parts[1::2]
    # A package, a file or a word is not taken for another that it begins or ends.
    start = r"(?<![\w/.-])" if not words[0] or words[0][0].isalnum() else ""
    end = r"(?![\w/-]|\.\w)" if words[-1][-1:].isalnum() else ""
    middle = "".join(re.escape(word) + (HOLES[hole] if hole else "") for word, hole in zip(words, [*holes, ""]))
    # Quotes may be escaped in a log.
    pieces = [piece for word in words for piece in re.split(r"[\"'`]", word)]
    needle = max(pieces, key=len)
    return _Error(code, re.compile(start + middle + end, re.DOTALL), needle, frozenset(re.findall(r"\w{5,}", needle)), sum(map(len, words)))


@functools.lru_cache(maxsize=None)
def _errors() -> tuple[_Error, ...]:
    """All errors of the table. A module that only compares files needs none of them."""
    return tuple(_compiled(kind.code, error) for kind in KINDS.values() for error in kind.errors)


def needles() -> list[str]:
    """Words of which every line that any error of the table fits has one, as few as possible."""
    words = sorted({error.needle for error in _errors()}, key=len)
    return [word for number, word in enumerate(words) if not any(shorter in word for shorter in words[:number])]


def common_words() -> list[str]:
    """A few words of which every line that any error of the table fits has one; lines about other things may have them too."""
    words: list[str] = []
    left = list(_errors())
    while left:
        count = collections.Counter(word for error in left for word in error.words or {error.needle})
        # Of words that say as much, always the same.
        words.append(max(count, key=lambda word: (count[word], len(word), word)))
        left = [error for error in left if words[-1] not in error.needle]
    return words


# Said of a failure that was said before: whoever fixes the cause alone meets it again.
_FIRST = ("previous-failure",)
# What the gateway says around every cause.
_LAST = ("bundle-not-fetched", "bundle-not-loaded", "plugin-not-loaded")

# What may lie behind a package that no row of the table names, by where it comes from; the most frequent first.
_STANDARD = ("trimpath-differs", "go-patch-differs", "go-line-differs", "race-differs", "tags-differ", "pgo-differs", "gcflags-differ")
_GATEWAY = ("gateway-source-differs", "gateway-not-in-workspace", "dependency-version-differs", "tags-differ", "cover-differs")
_DEPENDENCY = (
    "dependency-version-differs",
    "dependency-pseudo-version",
    "dependency-replaced",
    "plugins-differ",
    "dependency-content-differs",
    "dependency-edited",
)
# A package of the plugin's own module, which an earlier build of it has brought along.
_OWN = ("plugins-differ", "plugin-path-collides")
_GATEWAY_MODULE = "github.com/TykTechnologies/tyk"
# The first folders of Go's standard library.
_STANDARD_FOLDER = re.compile(
    r"archive|bufio|bytes|cmp|compress|container|context|crypto|database|debug|embed|encoding|errors|expvar|flag|fmt|go"
    r"|hash|html|image|index|internal|io|iter|log|maps|math|mime|net|os|path|plugin|reflect|regexp|runtime|simd|slices"
    r"|sort|strconv|strings|structs|sync|syscall|testing|text|time|unicode|unique|unsafe|vendor|weak"
)


def explained(text: str) -> list[dict[str, t.Any]]:
    """The rows of the table that an error text leads to, the most likely first; empty where none does."""
    text = plain(text)
    subject = about(text)
    fixed: dict[str, int] = {}
    for error in _errors():
        if error.needle in text and error.pattern.search(text):
            fixed[error.code] = max(error.fixed, fixed.get(error.code, 0))
    guesses = _of_package(subject.package) if subject.package else ()
    # Rows that name a package of the standard library know more than a guess.
    before = () if guesses is _STANDARD else guesses

    def order(code: str) -> tuple[bool, bool, int, int]:
        # The more of an error is in the text, the more it says.
        return code in _LAST, code not in _FIRST, -fixed.get(code, 0), before.index(code) if code in before else len(before)

    # Sorting keeps the order of the table.
    codes = sorted([*fixed, *(code for code in guesses if code not in fixed)], key=order)
    return [_as_dict(KINDS[code], subject) for code in codes]


def _of_package(package: str) -> tuple[str, ...]:
    if package == _GATEWAY_MODULE or package.startswith(f"{_GATEWAY_MODULE}/"):
        return _GATEWAY
    folder = package.partition("/")[0]
    if "." in folder:
        return _DEPENDENCY
    return _STANDARD if _STANDARD_FOLDER.fullmatch(folder) else () if package == "main" else _OWN


def _as_dict(kind: Kind, subject: About) -> dict[str, t.Any]:
    words = {"path": subject.plugin or "PLUGIN.so", "symbol": subject.symbol or "SYMBOL"}
    return {
        "code": kind.code,
        "effect": kind.effect,
        "title": kind.title,
        "meaning": kind.meaning,
        "cure": in_general(kind, words),
        "confirmed": None,
    }


# Of a line that names neither.
_NO_WORDS = types.MappingProxyType({"path": "PLUGIN.so", "symbol": "SYMBOL"})


def in_general(kind: Kind, words: t.Mapping[str, str] = _NO_WORDS) -> list[str]:
    """The commands that fix a finding where there are no files to fill in their words; C(words) has what a line names."""
    look = [] if kind.build == BUILD else ["go version -m GATEWAY_BINARY"]
    return [*look, *in_capitals(kind, kind.cure, words)]


def in_capitals(kind: Kind, commands: t.Iterable[str], words: t.Mapping[str, str] = _NO_WORDS) -> list[str]:
    """Commands with what a line names, and with capitals, for the user to fill in, where only the files would give a word."""
    pattern = f"\\b{words['symbol']}\\b"
    return [_general(kind.build, command, {**words, "pattern": pattern}) for command in commands]


def _general(build: str, command: str, words: t.Mapping[str, str]) -> str:
    general = {
        "build": build,
        "build_trimmed": BUILD,
        "build_gateway": "CGO_ENABLED=1 go build -trimpath -tags=goplugin -o tyk .",
        "gateway": "GATEWAY_VERSION",
        "toolchain": "GOTOOLCHAIN=GO_VERSION",
        "replace": "go mod edit -dropreplace=MODULE",
        **{name: quoted(printable(word)) for name, word in words.items()},
    }
    return re.sub(r"\{(\w+)\}", lambda match: general.get(match.group(1), match.group(1).upper()), command)
