# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command while a steady client asks gateways: client.py RESULT RATE NAME=ADDRESS ... -- COMMAND ...

RATE: requests a second in all, one gateway after the other. Each is sent when it is due, whatever became of those before it (an open loop):
a gateway that stalls for a second has to answer for that second. Only where the machine gives this program no time, what was due meanwhile
is left out, with its time, instead of being sent all at once. The client asks before the command starts and after it has ended.
RESULT: a file, from each gateway to how often it answered what, as C(200 v2), or why there was no answer. The command's output and
exit code are this program's.
"""

from __future__ import annotations

import asyncio
import collections
import json
import os
import pathlib
import sys
import time

PORT = 8080
REQUEST = b"GET /shop/ HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
# Seconds.
PATIENCE = 90.0
AROUND = 1.0
LATE = 0.5
# It is the clock of all this, so it goes before other programs.
FIRST = 10


class Client:
    def __init__(self, rate: float, gateways: dict[str, str]) -> None:
        self.rate, self.gateways = rate, list(gateways.items())
        self.answers: dict[str, collections.Counter[str]] = {name: collections.Counter() for name in gateways}
        self.sent = 0
        self.slowest = 0.0
        self.left_out = 0.0

    async def ask(self, name: str, address: str) -> None:
        started = time.monotonic()
        try:
            answer = await asyncio.wait_for(self.answer(address), PATIENCE)
        except asyncio.TimeoutError:
            answer = "no answer in time"
        except OSError as error:
            answer = error.strerror or type(error).__name__
        self.answers[name][answer] += 1
        self.slowest = max(self.slowest, time.monotonic() - started)

    @staticmethod
    async def answer(address: str) -> str:
        """The status, the mark of the plugin, and what is wrong with the body."""
        reader, writer = await asyncio.open_connection(address, PORT)
        try:
            writer.write(REQUEST)
            head, end, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        if not end:
            return "closed without an answer"
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {key.lower(): value.strip() for key, _colon, value in (line.partition(":") for line in lines)}
        words = [first.split()[1], headers.get("x-mark", "unmarked")]
        return " ".join(words if body == b"ok" else [*words, "empty" if not body else "another body"])

    async def until(self, done: asyncio.Event) -> None:
        """Ask until then, and wait for all answers."""
        began = started = time.monotonic()
        asked = set()
        while not done.is_set():
            late = max(0.0, time.monotonic() - started - self.sent / self.rate - LATE)
            self.left_out += late
            started += late
            due = int((time.monotonic() - started) * self.rate)
            while self.sent < due:
                task = asyncio.create_task(self.ask(*self.gateways[self.sent % len(self.gateways)]))
                asked.add(task)
                task.add_done_callback(asked.discard)
                self.sent += 1
            await asyncio.sleep(0.5 / self.rate)
        self.seconds = time.monotonic() - began
        await asyncio.gather(*asked)


async def run(client: Client, command: list[str]) -> int:
    done = asyncio.Event()
    asking = asyncio.create_task(client.until(done))
    try:
        await asyncio.sleep(AROUND)
        process = await asyncio.create_subprocess_exec(*command, preexec_fn=lambda: os.nice(FIRST))
        code = await process.wait()
        await asyncio.sleep(AROUND)
    finally:
        done.set()
        await asking
    return code


def main(words: list[str]) -> int:
    cut = words.index("--")
    result, rate, *gateways = words[:cut]
    os.nice(-FIRST)
    client = Client(float(rate), dict(word.split("=", 1) for word in gateways))
    code = asyncio.run(run(client, words[cut + 1 :]))
    found = {name: getattr(client, name) for name in ("rate", "answers", "sent", "seconds", "left_out", "slowest")}
    pathlib.Path(result).write_text(json.dumps(found, indent=1))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
