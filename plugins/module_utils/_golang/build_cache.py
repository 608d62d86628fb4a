# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A build cache that is not as Go wrote it. Go believes it, and then complains about everything but the cache."""

from __future__ import annotations

import os
import re
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._command import Completed
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file

# What Go says of a cache that is spoiled, among others: then it pays to read it. Few ordinary errors of a plugin have these words.
_SUSPICIOUS = re.compile(
    r"is not in (?:std|GOROOT)|module index|corrupt|could not import|object file|an archive|export data|internal compiler error|panic: |"
    r"unexpected EOF|relocation"
)
# The name of a file with what was compiled is the SHA-256 of its bytes (src/cmd/go/internal/cache/cache.go, OutputID).
_OUTPUT = re.compile(r"([0-9a-f]{64})-d")
# Go writes these files in place; another build may be about to finish one.
_SECONDS_TO_FINISH = 0.5


def refuse_spoiled(completed: Completed, cache: str) -> None:
    """Raise GoPluginsError where a C(go) that failed did so for its build cache, the folder C(cache)."""
    if completed.rc == 0 or not _SUSPICIOUS.search(f"{completed.stderr}\n{completed.stdout}"):
        return
    found = [path for path in _outputs(cache) if _is_spoiled(path)]
    if found:
        time.sleep(_SECONDS_TO_FINISH)
        found = [path for path in found if _is_spoiled(path)]
    if found:
        raise GoPluginsError(
            f"Go's build cache {cache} is spoiled: {len(found)} of its files are not what Go wrote there, such as {found[0]}",
            f"GOCACHE={quoted(cache)} {quoted(completed.argv[0])} clean -cache",
            cmd=completed.argv,
            rc=completed.rc,
        )


def _outputs(cache: str) -> t.Iterator[str]:
    for number in range(256):
        folder = os.path.join(cache, f"{number:02x}")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        yield from (os.path.join(folder, name) for name in sorted(names) if _OUTPUT.fullmatch(name))


def _is_spoiled(path: str) -> bool:
    """Whether a file is not what its name says. Go throws files away that nobody used for long.

    Since Go 1.24 a folder of that kind of name has an executable that C(go run) or C(go tool) linked: no compiler reads it.
    """
    try:
        return sha256_file(path) != os.path.basename(path)[:64]
    except (FileNotFoundError, IsADirectoryError):
        return False
    except OSError:
        return True
