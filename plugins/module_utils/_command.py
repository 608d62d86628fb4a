# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running other programs: argv lists only, a time limit, nothing left running behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials

# What is kept of each output stream, and what of it goes into an error: the first part names the cause, the last part the end.
_KEPT_CHARACTERS = 8_000_000
_SHOWN_CHARACTERS = 40_000


class Completed(t.NamedTuple):
    """What a finished command said. argv: list of str; rc: int (negative: killed by that signal)."""

    argv: list[str]
    rc: int
    stdout: str
    stderr: str

    def details(self) -> dict[str, t.Any]:
        """For C(GoPluginsError(**details)): cmd, rc, stdout, stderr."""
        stdout, stderr = (_shortened(stream, _SHOWN_CHARACTERS) for stream in (self.stdout, self.stderr))
        return {"cmd": self.argv, "rc": self.rc, "stdout": stdout, "stderr": stderr}


def run(
    argv: t.Sequence[str],
    *,
    cwd: str | None = None,
    env: t.Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> Completed:
    """Run C(argv) to its end, whatever its return code.

    env replaces the whole environment (None: inherit). timeout: seconds; then the whole process group is killed.
    Raises GoPluginsError if the program is missing, cannot be started, or does not end in time.
    """
    command = [str(word) for word in argv]
    try:
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            command,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise GoPluginsError(f"cannot start {command[0]}: {error.strerror or error}", cmd=command) from error
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        _kill_group(process)
        stdout, stderr = process.communicate()
        raise GoPluginsError(
            f"{os.path.basename(command[0])} did not end within {timeout:g} seconds and was stopped",
            **Completed(command, -signal.SIGKILL, _text(stdout), _text(stderr)).details(),
        ) from None
    except BaseException:
        _kill_group(process)
        raise
    return Completed(command, process.returncode, _text(stdout), _text(stderr))


def check(message: str, completed: Completed, fix: str | None = None) -> Completed:
    """Return C(completed), or raise GoPluginsError(message + the program's own words) if it failed."""
    if completed.rc == 0:
        return completed
    words = completed.stderr.strip() or completed.stdout.strip() or f"return code {completed.rc}"
    raise GoPluginsError(f"{message}: {words}", fix, **completed.details())


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _text(data: bytes) -> str:
    return _shortened(mask_credentials(data.decode("utf-8", "replace")), _KEPT_CHARACTERS)


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[... {len(text) - most} characters left out ...]\n{text[-half:]}"
