# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""go.mod as a value. Format: https://go.dev/ref/mod#go-mod-file and golang.org/x/mod/modfile."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, quoted

# No go.mod comes near this; a larger file is not one.
MAX_BYTES = 4 << 20

# A token is a quoted string, "=>", or anything up to white space; "//" begins a comment.
_TOKEN = re.compile(r'\s*(?:(//.*)|"((?:[^"\\]|\\.)*)"|(=>|[()]|[^\s"`()]+))')


class Require(t.NamedTuple):
    """C(require path version)."""

    path: str
    version: str


class Replace(t.NamedTuple):
    """C(replace old [old_version] => new [new_version]); new is a folder where new_version is empty."""

    old: str
    old_version: str
    new: str
    new_version: str

    @property
    def is_folder(self) -> bool:
        return not self.new_version

    def as_argument(self) -> str:
        """As C(go mod edit -replace=) and the go.work file of C(go work edit) take it."""
        return f"{at(self.old, self.old_version)}={at(self.new, self.new_version)}"


class GoMod(t.NamedTuple):
    """What builds need of a go.mod. go, toolchain: without the "go" prefix, empty where absent."""

    module: str
    go: str
    toolchain: str
    requires: tuple[Require, ...]
    replaces: tuple[Replace, ...]
    godebugs: tuple[str, ...]


class GoWork(t.NamedTuple):
    """What builds need of a go.work. uses: folders, as they stand there."""

    uses: tuple[str, ...]
    replaces: tuple[Replace, ...]


def parse(text: str, where: str = "go.mod") -> GoMod:
    """Read a go.mod. Directives that are not ours to know are passed over, as newer Go versions add some.

    Raises GoPluginsError naming file and line.
    """
    _refuse_mark(text, where)
    module = go = toolchain = ""
    requires: list[Require] = []
    replaces: list[Replace] = []
    godebugs: list[str] = []
    for line_number, verb, words in _directives(text, where):
        if verb == "module" and len(words) == 1:
            module = words[0]
        elif verb == "go" and len(words) == 1:
            go = words[0]
        elif verb == "toolchain" and len(words) == 1:
            toolchain = words[0][2:] if words[0].startswith("go") else words[0]
        elif verb == "require" and len(words) == 2:
            requires.append(Require(words[0], words[1]))
        elif verb == "replace" and "=>" in words:
            replaces.append(_replace(words, where, line_number))
        elif verb == "godebug" and len(words) == 1:
            godebugs.append(words[0])
        elif verb in ("module", "go", "toolchain", "require", "replace", "godebug"):
            raise GoPluginsError(f"{where}:{line_number}: cannot read the directive: {verb} {' '.join(words)}", "go mod edit -json")
    if not module:
        raise GoPluginsError(f"{where}: there is no module directive", "go mod init NAME")
    return GoMod(module, go, toolchain, tuple(requires), tuple(replaces), tuple(godebugs))


def parse_work(text: str, where: str = "go.work") -> GoWork:
    """Read a go.work. Raises GoPluginsError naming file and line."""
    _refuse_mark(text, where)
    found = list(_directives(text, where))
    uses = tuple(words[0] for _number, verb, words in found if verb == "use" and len(words) == 1)
    return GoWork(uses, tuple(_replace(words, where, number) for number, verb, words in found if verb == "replace" and "=>" in words))


def _refuse_mark(text: str, where: str) -> None:
    if text.startswith("\ufeff"):
        raise GoPluginsError(
            f"{where} begins with a byte order mark (BOM), which go does not read",
            f"save it without: sed -i '1s/^\\xEF\\xBB\\xBF//' {quoted(where)}",
        )


def read(path: str) -> GoMod:
    """Read the go.mod at C(path). Raises GoPluginsError."""
    return parse(read_text(path), path)


def read_text(path: str) -> str:
    """The text of a go.mod or go.sum, bounded. Raises GoPluginsError."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise GoPluginsError(f"{path}: larger than {MAX_BYTES} bytes: not a go.mod")
        if b"\0" in data:
            raise GoPluginsError(f"{path}: a NUL at byte {data.index(0)}: not a go.mod")
        return data.decode("utf-8")
    except OSError as error:
        raise GoPluginsError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise GoPluginsError(f"{path}: not UTF-8 at byte {error.start}") from error


# Since which Go a directive is known (golang.org/x/mod/modfile); an older Go refuses the whole file.
_DIRECTIVES_SINCE = {"toolchain": (1, 21), "godebug": (1, 23), "tool": (1, 24), "ignore": (1, 25)}


def adapt(text: str, go_directive: str, line: tuple[int, int], where: str = "go.mod") -> tuple[str, tuple[str, ...]]:
    """The go.mod with another go directive, without toolchain line, and without directives that Go 1.x (C(line)) does not know.

    All other lines stay as they are. The second value names the directives that were taken out because they are unknown.
    """
    unknown = {verb for verb, since in _DIRECTIVES_SINCE.items() if line < since}
    verbs = {line_number: verb for line_number, verb, _words_of_it in _directives(text, where)}
    kept: list[str] = []
    block = ""
    for line_number, content in enumerate(text.splitlines(), 1):
        words = _words(content, where, line_number)
        if len(words) == 2 and words[1] == "(":
            block = words[0]
        verb = verbs.get(line_number, block)
        if verb == "module":
            kept += [content, "", f"go {go_directive}"]
        elif verb not in ("go", "toolchain") and verb not in unknown:
            kept.append(content)
        if words == [")"]:
            block = ""
    return "\n".join(kept) + "\n", tuple(sorted(unknown & set(verbs.values())))


def escape(module_path: str) -> str:
    """Quote a path for a go.mod or go.work line where it needs quoting (modfile.AutoQuote)."""
    if module_path and not re.search(r"[\s\"`'(),;]|//|/\*|=>", module_path):
        return module_path
    escaped = module_path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def at(path: str, version: str) -> str:
    return f"{path}@{version}" if version else path


def _replace(words: list[str], where: str, line_number: int) -> Replace:
    arrow = words.index("=>")
    old, new = words[:arrow], words[arrow + 1 :]
    if len(old) not in (1, 2) or len(new) not in (1, 2):
        raise GoPluginsError(f"{where}:{line_number}: cannot read the directive: replace {' '.join(words)}", "go mod edit -json")
    return Replace(old[0], old[1] if len(old) == 2 else "", new[0], new[1] if len(new) == 2 else "")


def _directives(text: str, where: str) -> t.Iterator[tuple[int, str, list[str]]]:
    """(line number, verb, words) of each directive, blocks in parentheses unfolded."""
    block = ""
    for line_number, line in enumerate(text.splitlines(), 1):
        words = _words(line, where, line_number)
        if not words:
            continue
        if block:
            if words == [")"]:
                block = ""
            else:
                yield line_number, block, words
        elif len(words) == 2 and words[1] == "(":
            block = words[0]
        else:
            yield line_number, words[0], words[1:]
    if block:
        raise GoPluginsError(f"{where}: the block '{block} (' is not closed", "go mod edit -json")


def _words(line: str, where: str, line_number: int) -> list[str]:
    words: list[str] = []
    position = 0
    line = line.rstrip()
    while position < len(line):
        match = _TOKEN.match(line, position)
        if not match:
            raise GoPluginsError(f"{where}:{line_number}: cannot read this line: {line.strip()}", "go mod edit -json")
        comment, quoted, bare = match.groups()
        if comment is not None:
            break
        if quoted is not None:
            words.append(re.sub(r"\\(.)", r"\1", quoted))
        elif "//" in bare and not bare.startswith("//"):
            # "v1.0.0//indirect": the comment begins inside the token.
            words.append(bare[: bare.index("//")])
            break
        else:
            words.append(bare)
        position = match.end()
    return words
