# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One fuzzer: real files with a few bytes changed or cut off, asked for everything that the verdict asks.

usage: target.py SEEDS [libFuzzer options] [an input to play again]
Anything but the documented error ends it, and so does an input that costs a second; libFuzzer's options bound memory and what never ends.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import struct
import sys
import time

import atheris

with atheris.instrument_imports(include=["ansible_collections.goplugins.tyk.plugins.module_utils"]):
    from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary, open_file
    from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Plugin, gather
    from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import judge
from ansible_collections.goplugins.tyk.tests.fuzz.seeds import load

# What lengths, counts and offsets are spoiled with.
NUMBERS = [
    0,
    1,
    2,
    7,
    8,
    0x7F,
    0xFF,
    0x1000,
    0x7FFF,
    0xFFFF,
    1 << 20,
    1 << 28,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 40,
    (1 << 63) - 1,
]
NUMBERS += [1 << 63, (1 << 64) - 1]
_MAX_CHANGES = 8
# Of the processor: on a busy machine any input may take long.
SECONDS = 1


class File:
    """A file in memory with the bytes of a seed, spoiled and mended in place: writing it anew for each input would cost more."""

    def __init__(self, seed):
        self.seed = seed
        self.original = os.open(seed.path, os.O_RDONLY)
        self.size = os.fstat(self.original).st_size
        self.descriptor = os.memfd_create(seed.name)
        self.path = f"/proc/self/fd/{self.descriptor}"
        self.mend(0, self.size)

    def mend(self, offset, size):
        while size > 0:
            written = os.pwrite(self.descriptor, os.pread(self.original, min(size, 1 << 20), offset), offset)
            offset, size = offset + written, size - written

    def spoiled(self, source):
        """Change it as C(source) says; gives what mends it."""
        size, touched = self.size, []
        for _turn in range(source.ConsumeIntInRange(1, _MAX_CHANGES)):
            start, length = self.seed.ranges[source.ConsumeIntInRange(0, len(self.seed.ranges) - 1)]
            offset = start + source.ConsumeIntInRange(0, length - 1)
            if source.ConsumeBool():
                number = NUMBERS[source.ConsumeIntInRange(0, len(NUMBERS) - 1)]
                data = struct.pack("<Q" if source.ConsumeBool() else ">Q", number)[: source.ConsumeIntInRange(1, 8)]
            else:
                data = source.ConsumeBytes(source.ConsumeIntInRange(1, 64))
            data = data[: size - offset]
            os.pwrite(self.descriptor, data, offset)
            touched.append((offset, len(data)))
        cut = source.ConsumeIntInRange(0, size - 1) if source.ConsumeIntInRange(0, 15) == 0 else None
        if cut is not None:
            os.ftruncate(self.descriptor, cut)

        def mend():
            if cut is not None:
                self.mend(cut, size - cut)
            for offset, length in touched:
                self.mend(offset, length)

        return mend


def answer(question):
    """An answer, or None where the documented error is all there is."""
    with contextlib.suppress(GoPluginsError):
        return question()
    return None


def ask(path, platform=None):
    """Everything that can be asked of one file; each question on its own, as one that fails must not hide the next."""
    with contextlib.suppress(GoPluginsError), open_binary(path, platform) as binary:
        for question in (
            lambda: binary.build_info,
            lambda: binary.platform,
            lambda: binary.header_platform,
            lambda: binary.build_mode,
            lambda: binary.has_fingerprints,
            binary.fingerprints,
            *(lambda name=name: binary.fingerprint(name) for name in ("runtime", "internal/goarch", "main", "", "\udcff")),
            lambda: binary.plugin_path,
            binary.libraries,
        ):
            answer(question)
        for symbol in (answer(binary.exported) or {}).values():
            answer(lambda symbol=symbol: binary.has_type(symbol, "func(int) int"))


def compare(gateway, plugin):
    """The verdict. Files that cannot be read have findings; there is no error."""
    with open_file(gateway) as file:
        for pairing in gather(file, [Plugin(plugin, symbols=("Hook",), hooks={"Hook": "pre"})]):
            judge(*pairing)


FILES = [File(seed) for seed in load(pathlib.Path(sys.argv.pop(1)))]
GOOD = {file.seed.name: file for file in FILES}


def one_input(data):
    source = atheris.FuzzedDataProvider(data)
    file = FILES[source.ConsumeIntInRange(0, len(FILES) - 1)]
    mend = file.spoiled(source)
    started = time.process_time()
    try:
        for platform in (None, *file.seed.platforms):
            ask(file.path, platform)
        if file.seed.name.startswith(("plugin", "gateway")) and source.ConsumeIntInRange(0, 3) == 0:
            compare(GOOD["gateway"].path, (GOOD["plugin"] if file is GOOD["gateway"] else file).path)
    finally:
        mend()
    seconds = time.process_time() - started
    if seconds > SECONDS:
        raise TimeoutError(f"{file.seed.name} took {seconds:.2f} s")


atheris.Setup(sys.argv, one_input)
atheris.Fuzz()
