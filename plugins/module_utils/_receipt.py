# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The receipt of work that ended well: what was asked for, what came of it, and stamps of all files that it rests on.

A stamp holds what the file system says of a file, or of a folder and everything below it: path, type, mode, size, modification time, change
time, inode. While it is as it was, so are the bytes: no ordinary user can set the change time. So the same request on the same files needs
no work, and a receipt answers it in milliseconds. A receipt that does not fit proves nothing: the work is looked at step by step, and only
what really changed is done.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import shlex
import shutil
import stat
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._files import locked, read_json, remove_leftovers, write_json

# Another request has another file; so many are kept, the newest.
KEPT = 100
# Looking at so many takes a second.
MOST_FILES = 200_000
_FORMAT = 1

# Version control is not what was built: git writes there when it is only asked.
_LEFT_OUT = frozenset((".git", ".hg", ".svn", ".bzr", "CVS"))


class Receipt(t.NamedTuple):
    """asked: the digest of the request, 64 hexadecimal digits; time: UTC, as 2026-01-31T12:00:00Z; facts: what the play makes of it."""

    asked: str
    time: str
    host: str
    facts: dict[str, t.Any]
    warnings: list[str]
    stamps: dict[str, str]


def this_host() -> str:
    """What of the machine decides which programs run: system, CPU, C library; and its last start, as the next may be on another CPU."""
    words = [platform.system(), platform.machine()]
    with contextlib.suppress(ValueError, OSError, AttributeError):
        words.append(os.confstr("CS_GNU_LIBC_VERSION") or "")
    # proc(5): another one after each start of the system.
    with contextlib.suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        words.append(file.read(64).strip())
    return " ".join(words)


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def stamp(path: str) -> str:
    """What the file system says of a file, or of a folder with all below it, as a digest; empty where there is nothing.

    A link at the top is followed, no other. A name without a folder is that of a program: another one that comes first in PATH is another.
    Raises OSError, also for a folder with more than C(MOST_FILES).
    """
    if os.sep in path:
        return _look(path)[0]
    found = shutil.which(path)
    if not found:
        return ""
    program = os.path.realpath(found)
    return f"{program} {_look(program)[0]}"


def stamp_since(path: str, started: int) -> str:
    """The stamp of what was read since C(started), in nanoseconds since 1970; if it changed meanwhile, one that never fits."""
    try:
        found, newest = _look(path)
    except OSError:
        return "unknown"
    # The clock of file systems goes in steps of some milliseconds.
    return found if newest < started - 20_000_000 else "changed meanwhile"


def _look(path: str) -> tuple[str, int]:
    """(stamp, the newest change time in it)"""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return "", 0
    newest, count = status.st_ctime_ns, 0
    if not stat.S_ISDIR(status.st_mode):
        return hashlib.sha256(_line("", status).encode()).hexdigest(), newest
    digest, pending = hashlib.sha256(), [path]
    while pending:
        folder = pending.pop()
        lines, below = [], []
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name in _LEFT_OUT:
                    continue
                status = entry.stat(follow_symlinks=False)
                newest, count = max(newest, status.st_ctime_ns), count + 1
                if stat.S_ISDIR(status.st_mode):
                    below.append(entry.path)
                    # A folder's own times change with a file that comes and goes.
                    lines.append(f"{entry.name} {status.st_mode:o}")
                else:
                    lines.append(_line(entry.name, status))
        if count > MOST_FILES:
            raise OSError(errno.EFBIG, "it holds too many files to look at each", path)
        lines.sort()
        pending += sorted(below)
        # No name holds a NUL.
        digest.update("\0".join([folder[len(path) :], str(len(lines)), *lines, ""]).encode("utf-8", "surrogateescape"))
    return digest.hexdigest(), newest


def _line(name: str, status: os.stat_result) -> str:
    return f"{name} {status.st_mode:o} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def programs(commands: t.Iterable[str]) -> list[str]:
    """The programs that command lines start, by name or by path, each once."""
    found = []
    for command in commands:
        with contextlib.suppress(ValueError, IndexError):
            found.append(shlex.split(command)[0])
    return list(dict.fromkeys(found))


def read(folder: str, asked: str) -> Receipt | None:
    """The receipt of a request, or None where there is none that is whole."""
    try:
        value = read_json(_path(folder, asked))
        if value.pop("format") != _FORMAT:
            return None
        receipt = Receipt(**value)
    except (OSError, AttributeError, KeyError, TypeError):
        return None
    return receipt if _is_whole(receipt) and receipt.asked == asked else None


def _is_whole(receipt: Receipt) -> bool:
    """Whether all in it is of its type: somebody may have written there."""
    if not (isinstance(receipt.facts, dict) and isinstance(receipt.stamps, dict) and isinstance(receipt.warnings, list)):
        return False
    texts = [receipt.asked, receipt.time, receipt.host, *receipt.warnings, *receipt.stamps.values()]
    return all(isinstance(text, str) for text in texts)


def differences(receipt: Receipt, stamps: t.Callable[[str], str] = stamp) -> list[str]:
    """What is not as it was when the receipt was written, a line each; none if it still holds."""
    reasons = [] if receipt.host == this_host() else [f"the host was {receipt.host}"]
    for path, before in receipt.stamps.items():
        try:
            if stamps(path) != before:
                reasons.append(f"{path} is not as it was")
        except OSError as error:
            reasons.append(f"{path}: {error.strerror or error}")
    return reasons


def forget(folder: str, asked: str) -> bool:
    """Remove the receipt of a request; whether there was one."""
    try:
        os.unlink(_path(folder, asked))
    except FileNotFoundError:
        return False
    return True


def is_kept(folder: str, receipt: Receipt) -> bool:
    """Whether there is one that says the same, whenever it was written."""
    known = read(folder, receipt.asked)
    return known is not None and known._replace(time=receipt.time) == receipt


def write(folder: str, receipts: t.Sequence[Receipt]) -> bool:
    """Keep receipts that are not kept yet, and of all in the folder the newest; whether any was. What a killed run left goes away."""
    os.makedirs(folder, exist_ok=True)
    with locked(os.path.join(folder, ".lock")):
        # Another run may have just done the same.
        wanted = [receipt for receipt in receipts if not is_kept(folder, receipt)]
        for receipt in wanted:
            path = _path(folder, receipt.asked)
            remove_leftovers(folder, f".{os.path.basename(path)}.")
            write_json(path, {"format": _FORMAT, **receipt._asdict()})
        kept = sorted(
            (entry for entry in os.scandir(folder) if entry.name.endswith(".json") and not entry.name.startswith(".")),
            key=lambda entry: (entry.stat().st_mtime_ns, entry.name),
            reverse=True,
        )
        for entry in kept[KEPT:]:
            os.unlink(entry.path)
    return bool(wanted)


def _path(folder: str, asked: str) -> str:
    return os.path.join(folder, f"{asked[:32]}.json")
