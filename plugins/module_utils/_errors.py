# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules say to people: the one error that every room raises, commands to paste, text without secrets and control characters."""

from __future__ import annotations

import errno
import os
import re
import shlex
import traceback
import typing as t
import urllib.parse

# A longer text in a result is cut in the middle: the first part names the cause, the last part the end.
_LONGEST = 100_000
# What the remark about it may need, so that nothing is cut twice.
_REMARK = 60


class GoPluginsError(Exception):
    """Something is wrong that the user can understand and fix.

    message: what is wrong, where, and what was expected; one or two sentences.
    fix: the commands or the setting that put it right, as the user would type them, one a line. C(command_line) makes the commands.
    details: further keys for the result of the module (str, int or list of str), e.g. cmd, rc, stdout, stderr.
    """

    def __init__(self, message: str, fix: str | None = None, **details: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.details = details

    def as_failure(self) -> dict[str, t.Any]:
        """As one of several failures in a result: the message, and the lines of the fix, as C(shown)."""
        return {"message": shown(self.message), "fix": shown(self.fix or "").splitlines()}

    def as_result(self) -> dict[str, t.Any]:
        """The keyword arguments for C(AnsibleModule.fail_json), as C(shown)."""
        text = f"{self.message}\nFix: {self.fix}" if self.fix else self.message
        return t.cast("dict[str, t.Any]", shown({"msg": text, **self.details}))


# --- Errors of the system and of Python ---------------------------------------------------------------------------------------------

# Where the system's own words do not say what was expected there. {at}: the nearest part of the path that exists.
_MEANINGS = {
    errno.EEXIST: "{path} is not a folder",
    errno.ENOTDIR: "{path} cannot exist, as {at} is not a folder",
    errno.EISDIR: "{path} is a folder, where a file belongs",
}
# What shows the user why the system refused; a look at what is there where no line says more.
_FIXES = {
    errno.ENOSPC: "df -h",
    errno.EDQUOT: "quota",
    errno.EFBIG: "ulimit -f",
    errno.EROFS: "findmnt --target",
}
_WITHOUT_PATH = ("quota", "ulimit -f")


def from_system(error: OSError, place: str = "") -> GoPluginsError:
    """What the operating system refused, as an error that a user understands. place: the path, where the system names none."""
    # A copy that fails names its source first; that is not what is full.
    path = (error.filename2 if error.errno == errno.ENOSPC else None) or error.filename or place
    if not isinstance(path, (str, bytes)) or not path:
        return GoPluginsError(error.strerror or str(error))
    path = os.fsdecode(path)
    at = _nearest(path)
    message = _MEANINGS.get(error.errno or 0, "{path}: {words}").format(path=path, at=at, words=error.strerror or error)
    look = _FIXES.get(error.errno or 0, "ls -ld")
    return GoPluginsError(message, look if look in _WITHOUT_PATH else command_line(look, at))


def from_exception(error: Exception, place: str = "") -> GoPluginsError:
    """Whatever went wrong, as an error that a user understands. place: as C(from_system) has it."""
    if isinstance(error, GoPluginsError):
        return error
    if isinstance(error, OSError):
        return from_system(error, place)
    if isinstance(error, MemoryError):
        return GoPluginsError("this host has too little memory for it", "free -m")
    if isinstance(error, RecursionError):
        return GoPluginsError("what was given is nested too deeply", "give it with fewer levels")
    if isinstance(error, UnicodeEncodeError):
        return GoPluginsError(f"{error.object!r} is no text that can be written as UTF-8", "rename what is called so")
    if isinstance(error, UnicodeDecodeError):
        return GoPluginsError(f"{error.object[:100]!r} is not UTF-8: byte {error.start} is wrong", "write it again as UTF-8")
    if isinstance(error, ValueError) and "null byte" in str(error):
        return GoPluginsError("a path or an argument holds a null byte, which no file and no command can have", "take it out")
    return GoPluginsError(
        f"this is an error of the module itself: {type(error).__name__}: {error}",
        "run it again with -vvv, and report what that prints",
        exception="".join(traceback.format_exception(type(error), error, error.__traceback__)),
    )


def _nearest(path: str) -> str:
    """The longest part of a path, from its beginning, that exists."""
    path = os.path.abspath(path)
    while not _exists(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    return path


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a null byte
        return False


# --- Command lines ------------------------------------------------------------------------------------------------------------------


def command_line(line: str, *words: str) -> str:
    """A command line for a shell: C(line), which is ours, and words that others chose, each quoted."""
    return " ".join([line, *map(quoted, words)])


def quoted(word: str, option: bool = False) -> str:
    """One word of a command line, whatever is in it: never two words, and nothing that a terminal obeys.

    option: whether it is an option of ours, with a value that others chose. Without it, the word is no option either.
    """
    word = visible(word, kept="")
    return shlex.quote(f"./{word}" if word.startswith("-") and not option else word)


# --- Text ---------------------------------------------------------------------------------------------------------------------------


def shown(value: t.Any) -> t.Any:
    """A value as results may have it: valid UTF-8 without control characters and credentials, with no endless text, whatever it holds."""
    if isinstance(value, str):
        return shortened(mask_credentials(visible(value)))
    if isinstance(value, (bytes, bytearray)):
        return shown(bytes(value).decode("utf-8", "surrogateescape"))
    if isinstance(value, t.Mapping):
        return {shown(key) if isinstance(key, str) else key: shown(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [shown(item) for item in value]
    return value


def visible(text: str, kept: str = "\n\t") -> str:
    """The text with every character that a terminal may obey, or cannot show, as an escape such as C(\\x1b). kept: those that stay."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character in kept else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as Python has it in paths
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(text: str, most: int = _LONGEST) -> str:
    """The text, or its two ends where it has more than C(most) characters."""
    if len(text) <= most:
        return text
    half = max(most - _REMARK, 0) // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[len(text) - half :]}"


# --- Secrets ------------------------------------------------------------------------------------------------------------------------

_MASK = "***"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}://)")
_TOKEN = re.compile(r"\S*")
_AUTHORITY = re.compile(r"[^/?#\s]*")
_PLAIN_AUTHORITY = re.compile(r"(?:\[[0-9A-Fa-f:.%]*\])?[^/?#,|;\"'<>()\s]*")
_HOST_AND_PORT = re.compile(r"(?:\[.*\]|[^:\[\]]*)(?::[0-9]{0,5})?[:.]?")
_SURE_HOST = re.compile(r"(?:[\w-]+(?:\.[\w-]+)+|localhost|\[.*\])?[:.]?")
# Not as in versions as Go writes them, "module@v1.2.3" and "/@v/list".
_AT = re.compile(r"@(?!v[0-9/]|latest\b|upgrade\b|patch\b|none\b)")
# user:password@host, with or without a path, as ssh takes it but for the password; not the digest of an image.
_WITHOUT_SCHEME = re.compile(r"(?<![\w/.@:+-])[\w.+-]{1,64}:(?!//)\S{1,200}@(?!v[0-9]|sha256:)(?=[\w\[])")
# A URL within a URL, or in a form.
_ENCODED = re.compile(r"(?i)(%3a%2f%2f)(?:(?!%3a%2f%2f)[^\s&]){1,500}%40")
# What Go takes for the port in a password that is not encoded.
_NO_PORT = re.compile(r'(invalid port "):[^"\n]*[^"\n0-9][^"\n]*')
# A user alone is no secret, a token in its place is. No user has so long a name.
_LONGEST_USER = 20
# The only parameter of a URL that Go sends to the places that modules come from; of no other it is known that it is no secret.
_PLAIN_PARAMETERS = ("go-get",)
_PARAMETER = re.compile(r"([?&;#])([^=&;#?\s]*)(=?)([^&;#\s\"'<>`]*)")
_SECRET_NAME = r"(?:pass(?:word|wd|phrase)?|secret|token|credentials?|signature|api[_-]?key|access[_-]?key|private[_-]?key)"
_ASSIGNED = re.compile(
    rf"(?i)((?<![\w.-])[\w.-]{{0,40}}?{_SECRET_NAME}(?:[\"']?\s{{0,3}}=\s{{0,3}}[\"']?|[\"']\s{{0,3}}:\s{{0,3}}[\"']))[^\s\"'&;,#]+"
)
_HEADER = re.compile(
    r"(?i)((?<![\w-])(?:(?:proxy-)?authorization|(?:private|job|deploy)-token|x-[a-z-]{0,40}(?:token|key|signature|secret)|(?:set-)?cookie)"
    r"[\"']?:[ \t]*[\"']?)[^\n\"']+"
)


def mask_credentials(text: str) -> str:
    """Hide passwords, tokens and signatures: in URLs, whether they are well written or not, in addresses for ssh, in headers."""
    if "://" in text:
        text = _NO_PORT.sub(rf"\1:{_MASK}", "\n".join(map(_masked_line, text.split("\n"))))
    if "@" in text:
        text = _WITHOUT_SCHEME.sub(f"{_MASK}@", text)
    if "%" in text:
        text = _ENCODED.sub(rf"\1{_MASK}%40", text)
    if ":" in text or "=" in text:
        text = _ASSIGNED.sub(rf"\1{_MASK}", _HEADER.sub(rf"\1{_MASK}", text))
    return text


def secrets_in(text: str) -> list[str]:
    """The passwords, tokens and signatures in the URLs of a text: as they stand there, decoded, encoded, as C(visible), and in pieces."""
    found: list[str] = []
    for rest in _SCHEME.split(text)[2::2]:
        end = _end_of_credentials(rest)
        user, colon, password = rest[:end].rpartition("@")[0].partition(":")
        found += [password] if colon else [user] if len(user) > _LONGEST_USER else []
        found += [value or name for _sign, name, _equals, value in _parameters(rest[end:]) if name not in _PLAIN_PARAMETERS]
    if "://" not in text:
        found += [match.group().partition(":")[2][:-1] for match in _WITHOUT_SCHEME.finditer(text)]
    forms = [form for word in found for form in (word, urllib.parse.unquote(word), urllib.parse.quote(word, safe=""), visible(word))]
    # A program that takes a part of the password for the host or the path shows only that part.
    forms += [piece for word in found for piece in re.split(r"[/@?#\s]", word)]
    return list(dict.fromkeys(filter(None, forms)))


def _masked_line(line: str) -> str:
    first, *parts = _SCHEME.split(line)
    return first + "".join(_masked_rest(part) if number % 2 else part for number, part in enumerate(parts))


def _masked_rest(rest: str) -> str:
    """What follows the "//" of a URL, to the next URL or the end of the line."""
    end = _end_of_credentials(rest)
    if end:
        return f"{_MASK}@{_masked_parameters(rest[end:])}"
    host = _first(_PLAIN_AUTHORITY, rest)
    if not _HOST_AND_PORT.fullmatch(host):
        # The beginning of one that was cut off.
        return f"{host.partition(':')[0]}:{_MASK}{rest[len(_first(_TOKEN, rest)) :]}"
    return _masked_parameters(rest)


def _end_of_credentials(rest: str) -> int:
    """Where in C(rest), which follows the "//" of a URL, the credentials end, behind their "@"; 0 without any.

    A password that is not encoded as it should be may hold "/", "@", "?", "#" and blanks. In doubt it is taken for one.
    """
    token, authority, host = (_first(pattern, rest) for pattern in (_TOKEN, _AUTHORITY, _PLAIN_AUTHORITY))
    later = [found.end() for found in _AT.finditer(token)]
    if "@" in authority:
        return max([authority.rindex("@") + 1, *later])
    if not _HOST_AND_PORT.fullmatch(host):
        return (token.rfind("@") if "@" in token else rest.rfind("@")) + 1
    return later[-1] if later and not _SURE_HOST.fullmatch(host) else 0


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found.group() if found else ""


def _masked_parameters(text: str) -> str:
    token = _first(_TOKEN, text)
    start = next((number for number, character in enumerate(token) if character in "?#"), len(token))
    return token[:start] + _PARAMETER.sub(_masked_parameter, token[start:]) + text[len(token) :]


def _masked_parameter(found: re.Match[str]) -> str:
    sign, name, equals, value = found.groups()
    if name in _PLAIN_PARAMETERS or not (value or (name and not equals and sign != "#")):
        return found.group()
    return f"{sign}{name}={_MASK}" if equals else f"{sign}{_MASK}"


def _parameters(text: str) -> list[tuple[str, str, str, str]]:
    """(sign, name, equals sign, value) of each parameter of a URL that C(text) begins with the rest of."""
    token = _first(_TOKEN, text)
    start = next((number for number, character in enumerate(token) if character in "?#"), len(token))
    return [found for found in _PARAMETER.findall(token[start:]) if found[3] or (found[0] != "#" and not found[2])]
