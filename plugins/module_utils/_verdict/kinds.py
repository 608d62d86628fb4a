# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table of findings. Verdicts, messages and documentation come from it.

In messages and cures, the two files fill in the words in braces. In cures, words in capitals are for the user to fill in:
PLUGIN_FOLDER is the folder with the plugin's go.mod, GATEWAY_CHECKOUT the folder with the gateway's source.
"""

from __future__ import annotations

import typing as t

# Effects, the worst first.
FAILS = "fails"
UNKNOWN = "unknown"
MAY_CRASH = "may-crash"
INFO = "info"
EFFECTS = (FAILS, UNKNOWN, MAY_CRASH, INFO)

# Where the gateway meets the difference, in the order in which it does.
OPEN = "open"  # before any package is compared: the system's dlopen, or the Go runtime looking for the plugin's own data
PACKAGES = "packages"  # the Go runtime compares the fingerprint of each package and stops at the first that differs
LOOKUP = "lookup"  # the symbol is looked up by its name
CAST = "cast"  # the gateway turns the symbol into a hook; "plugin load" does not try that
SET = "set"  # only together with another plugin in the same process
NEVER = "never"  # the loader does not notice
STAGES = (OPEN, PACKAGES, LOOKUP, CAST, SET, NEVER)


# What can stand in the place of a word in <> of an error, as a regular expression. Each is bounded, as a log can be anything.
HOLES = {
    "arch": r"[\w.+-]{1,40}",  # a name of a CPU
    "bundle": r"[^\n]{1,300}?",
    "file": r"[^\n]{1,1000}?",
    "function": r"[A-Za-z]\w{0,60}",  # of the gateway's own code
    "hook": r"[^\n]{1,300}?",
    "library": r"[^\s/\"':()]{1,200}",  # a shared library by its name, without a folder
    # An import path that begins with the name of a host, and is not the gateway's.
    "module": r"(?!github\.com/TykTechnologies/tyk(?![\w-]))[\w-]{1,100}(?:\.[\w-]{1,100}){1,8}(?:/[\w.~-]{1,100}){0,20}?",
    "number": r"\d{1,10}",
    "package": r"[\w.~/-]{1,500}?",
    "path": r"/[^\n\"':]{1,1000}?",  # with a folder, unlike a library
    "reason": r"[^\n]{1,2000}?",
    "symbol": r"[^\n]{1,300}?",
    "trace": r".{0,4000}?",  # lines of a crash
    "type": r"[^\n]{1,200}?",
    "version": r"[\w.+-]{1,60}",
}


# Words in capitals are for the user to fill in, from what "go version -m GATEWAY_BINARY" prints.
BUILD = "go build -trimpath -buildmode=plugin -o PLUGIN.so ."


def _build(environment: str = "", flags: str = "") -> str:
    """The build of a plugin with a setting of the gateway's that the difference is about."""
    return f"{environment} {BUILD.replace('-trimpath', f'-trimpath {flags}'.strip())}".strip()


class Kind(t.NamedTuple):
    """One row of the table.

    effect: if the finding explains differing packages, or has nothing to do with packages.
    quiet: the effect if all packages are equal in spite of it.
    message: what differs, in one sentence. meaning: why that matters, for someone who never heard of fingerprints.
    errors: what the gateway says, in its own words; words in <> vary, and HOLES says what each can be.
    cure: commands for a shell, run in order.
    cure_gateway: the commands if the gateway is the side with the unusual build.
    build: what {build} stands for where no file says how the gateway was built.
    """

    code: str
    title: str
    effect: str
    stage: str
    message: str
    meaning: str
    errors: tuple[str, ...] = ()
    cure: tuple[str, ...] = ()
    quiet: str = INFO
    cure_gateway: tuple[str, ...] = ()
    build: str = BUILD


def _differs(package: str) -> str:
    return f"plugin was built with a different version of package {package}"


_REBUILD = "cd PLUGIN_FOLDER && {build}"
_REBUILD_GATEWAY = "cd GATEWAY_CHECKOUT && {build_gateway}"
_REBUILD_BOTH = (_REBUILD_GATEWAY, "cd PLUGIN_FOLDER && {build_trimmed}")
_REBUILD_WITH = "cd PLUGIN_FOLDER && CC={compiler} {build}"
_REBUILD_GATEWAY_WITH = "cd GATEWAY_CHECKOUT && CC={compiler} {build_gateway}"
_RESTART = "systemctl restart tyk-gateway"


def _set(variable: str) -> tuple[str, str]:
    """Give the gateway's service a variable. Tyk's unit reads that file (ci/install/inits/systemd/system/tyk-gateway.service)."""
    return f"echo {variable} >> /etc/default/tyk-gateway", _RESTART


_IN_CONTAINER = "In a container, set the variable in the container's environment instead."
# Such a gateway is one of a developer's, who starts it in a shell.
_ASAN_OPTIONS = "export ASAN_OPTIONS=detect_odr_violation=0"
_STARTED = "Set the variable where the gateway is started."
_DROPPED = "The gateway drops the whole API, and its address answers 404."
_FIRST_PACKAGES = (
    "The gateway compares the packages that it shares with the plugin one by one and refuses the plugin at the first that differs; "
    "the package that its error names is often not the cause."
)

_TABLE = (
    # --- The files themselves ---------------------------------------------------------------------------------------------------
    Kind(
        code="not-a-go-binary",
        title="The plugin is not a Go binary",
        effect=FAILS,
        stage=OPEN,
        message="{path} is not a whole compiled Go file: {reason}.",
        meaning=(
            "A Go plugin is a shared library that the Go compiler made. This file is something else, or it was cut off while it was "
            "copied. The system refuses to open some such files; others (a shared library of another language, a file that ends too "
            "early) end the whole gateway process as soon as it opens them."
        ),
        errors=(
            "invalid ELF header",
            "file too short",
            "cannot read file data",
            "ELF load command <reason>",
            "object file has no loadable segments",
            "not a mach-o",
            "invalid file format",
            "fatal error: runtime: no plugin module data",
            "unexpected fault address",
            "SIGBUS: bus error<trace>pluginOpen",
        ),
        cure=("file {path}", _REBUILD),
    ),
    Kind(
        code="plugin-file-missing",
        title="The gateway cannot find the plugin's file",
        effect=FAILS,
        stage=OPEN,
        message="There is no plugin at {path}: {reason}.",
        meaning=(
            "For a plugin named.so in an API definition, the gateway looks for named_v5.3.6_linux_amd64.so, then for the same name "
            "without the v, then for the exact name; version and platform are its own. A relative path starts at the gateway's working "
            "directory."
        ),
        errors=("plugin file not found", "Could not load Go-plugin. File was not found", "realpath failed"),
        cure=("ls -l {path}",),
    ),
    Kind(
        code="plugin-file-unreadable",
        title="The plugin's file cannot be read here",
        effect=UNKNOWN,
        stage=OPEN,
        message="{path} exists, but this user cannot read it: {reason}.",
        meaning=(
            "If the gateway itself says so, its user may not read the file, or not enter a folder above it: let it. If only this check "
            "does, the gateway may run as a user who can: run the check as that user, or as root."
        ),
        errors=("cannot open shared object file: Permission denied",),
        cure=("ls -lL {path}",),
    ),
    Kind(
        code="universal-file",
        title="A file for several CPUs",
        effect=INFO,
        stage=NEVER,
        message="The gateway is for {gateway}, the plugin for {plugin}; this verdict is for {judged}.",
        meaning=(
            "A universal file of macOS holds a whole program, or plugin, for each CPU; the system picks the one for its own. If only "
            "one of the two files is universal, its slice for the other's platform is compared. If both are, it is the slice for this "
            "machine; on a machine of another kind every slice that both have is compared, and you see the worst verdict."
        ),
    ),
    Kind(
        code="not-a-plugin",
        title="The Go binary was not built as a plugin",
        effect=FAILS,
        stage=OPEN,
        message="{path} was built with -buildmode={build_mode}; a plugin needs -buildmode=plugin.",
        meaning=(
            "The Go compiler makes programs by default. Only -buildmode=plugin makes a file that another Go program can load. The "
            "gateway refuses a program; a shared library made for C (-buildmode=c-shared) ends the whole gateway process."
        ),
        errors=(
            "cannot dynamically load executable",
            "cannot dynamically load position-independent executable",
            "fatal error: runtime: no plugin module data",
        ),
        cure=(_REBUILD,),
    ),
    Kind(
        code="gateway-not-a-go-binary",
        title="The gateway file is not a Go binary",
        effect=UNKNOWN,
        stage=OPEN,
        message="{path} is not a whole compiled Go file: {reason}. Nothing can be compared with it.",
        meaning=(
            "The verdict compares the plugin with the very file that will load it. A wrapper script, a package, or a file that was cut "
            "off while it was copied says nothing about the gateway inside."
        ),
        errors=(),
        cure=("file {path}",),
    ),
    Kind(
        code="gateway-without-plugins",
        title="The gateway was built without plugin loading",
        effect=FAILS,
        stage=OPEN,
        message="{path} carries no package fingerprints (build tags: {tags}), so it cannot load any Go plugin.",
        meaning=(
            "Tyk Gateway can load Go plugins only if it was compiled with the build tag goplugin and with cgo. Otherwise it refuses "
            "every plugin, however the plugin was built."
        ),
        errors=(
            "goplugin.<function> is disabled, use -tags=goplugin to enable",
            "goplugin.<function> is disabled, please disable build flag 'nogoplugin'",
            "goplugin.<function> is disabled",
        ),
        cure=(_REBUILD_GATEWAY,),
    ),
    Kind(
        code="cgo-off",
        title="cgo was switched off",
        effect=FAILS,
        stage=OPEN,
        message="The {side} was built with CGO_ENABLED=0.",
        meaning=(
            "Go opens plugins through the C library of the system, so both gateway and plugin must be compiled with CGO_ENABLED=1 and a "
            "C compiler. Go switches cgo off by itself where it finds no C compiler, and when it compiles for another platform: install "
            "one, for another platform its cross compiler. 'not implemented' is said by a gateway that was built so; the line about "
            "external linking by 'go build', and then only the plugin is to be built again."
        ),
        errors=("plugin: not implemented", "-buildmode=plugin requires external (cgo) linking, but cgo is not enabled"),
        cure=(_REBUILD_GATEWAY, _REBUILD),
        build=_build("CGO_ENABLED=1 CC=COMPILER"),
    ),
    Kind(
        code="platform-differs",
        title="The plugin was built for another platform",
        effect=FAILS,
        stage=OPEN,
        message="The gateway is for {gateway}, the plugin for {plugin}.",
        meaning=(
            "A plugin is machine code: it runs only on the operating system and the CPU that it was compiled for, and these must be the "
            "gateway's."
        ),
        errors=(
            "<path>: cannot open shared object file: No such file or directory",
            "wrong ELF class: <arch>",
            "ELF file data encoding not <arch>-endian",
            "ELF file OS ABI invalid",
            "ELF file machine <reason>",
            "unsupported machine",
            "mach-o file, but is an incompatible architecture (have '<arch>', need '<arch>')",
            "incompatible architecture",
            "mach-o, but wrong architecture",
            "not a mach-o file",
            # FreeBSD, to a file of Linux: the libraries of glibc.
            'Shared object "libc.so.6" not found, required by "<file>"',
            'Shared object "libpthread.so.0" not found, required by "<file>"',
            'Shared object "libdl.so.2" not found, required by "<file>"',
            'Shared object "libresolv.so.2" not found, required by "<file>"',
            'Shared object "ld-linux<library>" not found, required by "<file>"',
            'Shared object "<library>" not found',
        ),
        cure=(_REBUILD,),
        build=_build("GOOS=GATEWAY_OS GOARCH=GATEWAY_ARCH CGO_ENABLED=1 CC=COMPILER"),
    ),
    Kind(
        code="build-info-missing",
        title="A file does not say how it was built",
        effect=MAY_CRASH,
        stage=NEVER,
        message="The {side} lacks {missing}, so that cannot be compared.",
        meaning=(
            "Go writes the version of the compiler, the flags and the versions of all modules into each binary; Go before 1.18 wrote "
            "less, and some build systems leave it out. The fingerprints of the packages are still compared, and they decide whether "
            "the plugin loads. But differences that the loader does not notice, such as the patch release of Go, stay hidden."
        ),
        errors=(),
        cure=("go version -m {path}",),
    ),
    Kind(
        code="fingerprints-missing",
        title="The plugin has nothing to compare its packages by",
        effect=UNKNOWN,
        stage=PACKAGES,
        message="{path} was built with -buildmode=plugin, but contains no package fingerprint.",
        meaning=(
            "Go's linker writes a fingerprint of each package into every plugin. A tool that rewrites binaries (a packer, an "
            "obfuscator) may have removed them. Without them, only loading shows whether the plugin loads."
        ),
        errors=(),
        cure=(_REBUILD,),
    ),
    # --- The compiler and its flags -----------------------------------------------------------------------------------------------
    Kind(
        code="go-layout-differs",
        title="The Go releases are too far apart: loading ends the gateway process",
        effect=FAILS,
        stage=OPEN,
        message="The gateway was compiled with {gateway}, the plugin with {plugin}.",
        meaning=(
            "Between these two Go releases the layout of the data that the Go runtime keeps about each loaded module changed. The "
            "gateway misreads the plugin's data before it gets to compare versions. There is no error to handle: the whole gateway "
            "process ends, with everything that it serves."
        ),
        errors=(
            "fatal error: runtime: no plugin module data",
            "fatal error: runtime: plugin has empty pluginpath",
            "fatal error: runtime: plugin has bad symbol table",
            "panic: runtime error: <trace>plugin.lastmoduleinit",
        ),
        cure=(_REBUILD,),
        build=_build("GOTOOLCHAIN=GO_VERSION"),
    ),
    Kind(
        code="go-line-differs",
        title="Different Go release lines",
        effect=FAILS,
        stage=PACKAGES,
        message="The gateway was compiled with {gateway}, the plugin with {plugin}.",
        meaning=(
            "Gateway and plugin share Go's runtime and standard library inside one process. Both must be compiled with the same Go "
            "release, because almost every package differs between two lines. " + _FIRST_PACKAGES
        ),
        errors=(_differs("internal/goarch"), _differs("internal/abi")),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
        build=_build("GOTOOLCHAIN=GO_VERSION"),
    ),
    Kind(
        code="go-patch-differs",
        title="Different patch releases of Go",
        effect=FAILS,
        stage=PACKAGES,
        message="The gateway was compiled with {gateway}, the plugin with {plugin}.",
        meaning=(
            "Both must be compiled with exactly the same Go release, down to the last number. A patch release changes few packages. If "
            "the plugin uses one of them, the gateway refuses it; if it uses none, it loads, and code of two compilers runs side by "
            "side in one process, which Go does not promise to work."
        ),
        errors=(_differs("encoding/gob"),),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
        build=_build("GOTOOLCHAIN=GO_VERSION"),
    ),
    Kind(
        code="trimpath-differs",
        title="-trimpath on one side only",
        effect=FAILS,
        stage=PACKAGES,
        message="The {with} was built with -trimpath, the {without} without.",
        meaning=(
            "Without -trimpath the compiler writes the folders of the source files into the code, with it the names of the modules. So "
            "the same source gives different packages, including those of the standard library. Released gateways are built with "
            "-trimpath (since 5.1). " + _FIRST_PACKAGES
        ),
        errors=(_differs("internal/goarch"),),
        cure=(_REBUILD,),
        cure_gateway=_REBUILD_BOTH,
    ),
    Kind(
        code="build-folders-differ",
        title="Both were built without -trimpath, in different folders",
        effect=FAILS,
        stage=PACKAGES,
        message="Neither the gateway nor the plugin was built with -trimpath, and nothing else explains why their packages differ.",
        meaning=(
            "Without -trimpath the compiler writes the folders of the source files into the code: where Go is installed, where the "
            "module cache is, where the gateway's source is. Such a gateway accepts only plugins that were built with everything in the "
            "very same folders."
        ),
        errors=(_differs("internal/goarch"),),
        cure=_REBUILD_BOTH,
    ),
    Kind(
        code="race-differs",
        title="-race on one side only",
        effect=FAILS,
        stage=PACKAGES,
        message="The {with} was built with -race, the {without} without.",
        meaning=("The race detector adds code to nearly every package. Build both sides with it, or neither. " + _FIRST_PACKAGES),
        errors=(
            _differs("runtime/internal/sys"),
            _differs("internal/runtime/sys"),
            _differs("runtime"),
            "undefined symbol: __tsan_<symbol>",
        ),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
        build=_build(flags="-race=TRUE_OR_FALSE"),
    ),
    Kind(
        code="msan-differs",
        title="-msan on one side only",
        effect=FAILS,
        stage=PACKAGES,
        message="The {with} was built with -msan, the {without} without.",
        meaning=(
            "The memory sanitizer adds code to nearly every package, and a part of it must be in the program; a plugin cannot bring "
            "that part along. Build both sides with it, or neither."
        ),
        errors=(_differs("runtime"), "undefined symbol: __msan_<symbol>"),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
        build=_build(flags="-msan=TRUE_OR_FALSE"),
    ),
    Kind(
        code="asan-differs",
        title="-asan on one side only",
        effect=FAILS,
        stage=PACKAGES,
        message="The {with} was built with -asan, the {without} without.",
        meaning=(
            "The address sanitizer adds code to nearly every package. Build both sides with it, or neither. If only the plugin has it, "
            "the sanitizer itself ends the whole gateway process as soon as it opens the plugin. If both have it, "
            "one of its checks must be switched off. " + _STARTED
        ),
        errors=(
            _differs("internal/bytealg"),
            "ASan runtime does not come first in initial library list",
            "undefined symbol: __asan_<symbol>",
        ),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
        cure_gateway=(_REBUILD, _ASAN_OPTIONS),
        build=_build(flags="-asan=TRUE_OR_FALSE"),
    ),
    Kind(
        code="asan-on-both",
        title="The address sanitizer mistakes the plugin for an error",
        effect=FAILS,
        stage=OPEN,
        message="Gateway and plugin were both built with -asan.",
        meaning=(
            "Gateway and plugin contain the same global variables of the Go runtime. The address sanitizer reports that as an error and "
            "ends the gateway, unless this check is switched off. " + _STARTED
        ),
        errors=("AddressSanitizer: odr-violation",),
        cure=(_ASAN_OPTIONS,),
    ),
    Kind(
        code="cover-differs",
        title="Coverage counters differ",
        effect=FAILS,
        stage=PACKAGES,
        message="The gateway was built {gateway} -cover, the plugin {plugin}.",
        meaning=(
            "Coverage counters change the code of the packages that they count: by default those of the main modules, which include the "
            "gateway's own. The binary does not record which packages -coverpkg chose. Coverage is for tests: leave it out of both, or "
            "give both the same flags."
        ),
        errors=(_differs("github.com/TykTechnologies/tyk/<package>"),),
        cure=(_REBUILD,),
        build=_build(flags="-cover=TRUE_OR_FALSE"),
    ),
    Kind(
        code="tags-differ",
        title="Different build tags",
        effect=FAILS,
        stage=PACKAGES,
        message="Tags only in the gateway: {only_gateway}. Tags only in the plugin: {only_plugin}.",
        meaning=(
            "Build tags choose which source files belong to a package. A package that depends on one of these tags differs between the "
            "two sides. The tag goplugin alone is harmless: only the gateway's package that loads plugins depends on it."
        ),
        errors=(_differs("net"),),
        cure=(_REBUILD,),
        build=_build(flags="-tags=GATEWAY_TAGS"),
    ),
    Kind(
        code="goexperiment-differs",
        title="Different GOEXPERIMENT",
        effect=FAILS,
        stage=PACKAGES,
        message="GOEXPERIMENT of the gateway: {gateway}, of the plugin: {plugin}.",
        meaning=(
            "GOEXPERIMENT switches unfinished features of the compiler and the runtime on or off; boringcrypto, which older FIPS "
            "gateways use, replaces the cryptography. Compile both sides with the same value."
        ),
        errors=(_differs("internal/goexperiment"), _differs("crypto/internal/boring")),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
        build=_build("GOEXPERIMENT=GATEWAY_GOEXPERIMENT"),
    ),
    Kind(
        code="gofips140-differs",
        title="Different GOFIPS140",
        effect=FAILS,
        stage=PACKAGES,
        message="GOFIPS140 of the gateway: {gateway}, of the plugin: {plugin}.",
        meaning=(
            "GOFIPS140 chooses the cryptographic module that is compiled in. FIPS gateways contain a certified one, other gateways the "
            "one of the Go release. Build the plugin with the gateway's."
        ),
        errors=(_differs("crypto/internal/fips140/<package>"),),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
        build=_build("GOFIPS140=GATEWAY_GOFIPS140"),
    ),
    Kind(
        code="gcflags-differ",
        title="Different compiler flags",
        effect=FAILS,
        stage=PACKAGES,
        message="Flags of the gateway: {gateway}. Flags of the plugin: {plugin}.",
        meaning=(
            "Flags such as -gcflags='all=-N -l' switch inlining and optimization off, usually for a debugger. Inlined code is part of a "
            "package's fingerprint, so both sides need the same flags."
        ),
        errors=(_differs("internal/abi"),),
        cure=(_REBUILD,),
        build=_build(flags="-gcflags=GATEWAY_GCFLAGS"),
    ),
    Kind(
        code="pgo-differs",
        title="Different profiles for optimization",
        effect=FAILS,
        stage=PACKAGES,
        message="-pgo of the gateway: {gateway}, of the plugin: {plugin}.",
        meaning=(
            "A file default.pgo beside the main package of a program makes Go inline other functions, in all packages. Compile the "
            "plugin with the same profile. The binary records only the name of the profile's file, not its content."
        ),
        errors=(_differs("runtime"), _differs("sync"), _differs("strconv")),
        cure=(_REBUILD,),
        build=_build(flags="-pgo=GATEWAY_CHECKOUT/default.pgo"),
    ),
    Kind(
        code="cpu-level-differs",
        title="Different CPU levels",
        effect=FAILS,
        stage=PACKAGES,
        message="{setting} of the gateway: {gateway}, of the plugin: {plugin}.",
        meaning=(
            "GOAMD64, GOARM64 and the like say which instructions of the CPU the compiler may use. A plugin built for a higher level "
            "loads everywhere, and dies of an illegal instruction (SIGILL) on a CPU without them. A lower level is harmless."
        ),
        errors=("SIGILL: illegal instruction",),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
        build=_build("GOAMD64=GATEWAY_GOAMD64"),
    ),
    Kind(
        code="standard-library-differs",
        title="The standard library differs, and no flag explains it",
        effect=FAILS,
        stage=PACKAGES,
        message="Go version and flags are the same on both sides as far as they are recorded, yet packages of the standard library differ.",
        meaning=(
            "The standard library comes with the compiler. If it differs, the compiler is not the same: a distribution's patched Go "
            "under the same version number, a changed GOROOT, flags that are not recorded (-overlay, -toolexec), or, for packages that "
            "contain C, other C headers. " + _FIRST_PACKAGES
        ),
        errors=(_differs("runtime/cgo"), _differs("net")),
        cure=("go clean -cache", _REBUILD),
    ),
    # --- Modules --------------------------------------------------------------------------------------------------------------------
    Kind(
        code="dependency-version-differs",
        title="A shared dependency has another version",
        effect=FAILS,
        stage=PACKAGES,
        message="{module}: gateway {gateway}, plugin {plugin}.",
        meaning=(
            "Gateway and plugin both use packages of this module, and one process can hold only one version of each. Compile the plugin "
            "with the gateway's version, even if the two versions hardly differ. A replace directive does not help, because the version "
            "that go.mod requires is part of the fingerprint. Another major version with an import path of its own (.../v4) is another "
            "module and may stay. If the second command shows that another dependency asks for the newer version, lower that dependency "
            "too."
        ),
        errors=(_differs("<module>"),),
        cure=(
            "cd PLUGIN_FOLDER && go mod edit -require={module}@{gateway}",
            "cd PLUGIN_FOLDER && go mod graph | grep -F ' '{module}@",
            _REBUILD,
        ),
    ),
    Kind(
        code="dependency-pseudo-version",
        title="A shared dependency without releases differs",
        effect=FAILS,
        stage=PACKAGES,
        message="{module}: gateway {gateway}, plugin {plugin}.",
        meaning=(
            "This dependency is used at a commit, or at a version from before it had a go.mod file, so Go made up a version for it (a "
            "pseudo-version, or +incompatible). 'go get' and 'go mod tidy' easily pick a newer one. The plugin must require exactly the "
            "gateway's version, or do without this dependency."
        ),
        errors=(_differs("<module>"),),
        cure=(
            "cd PLUGIN_FOLDER && go mod edit -require={module}@{gateway}",
            "cd PLUGIN_FOLDER && go mod graph | grep -F ' '{module}@",
            _REBUILD,
        ),
    ),
    Kind(
        code="dependency-replaced",
        title="A shared dependency is replaced on one side, or differently on each",
        effect=FAILS,
        stage=PACKAGES,
        message="{module}: gateway {gateway}, plugin {plugin}.",
        meaning=(
            "A replace directive in go.mod or go.work swaps the source of a module. Compile the plugin from the same source under the "
            "same required version: copy the gateway's replace directives, and add none of your own for modules that the gateway uses."
        ),
        errors=(_differs("<module>"),),
        cure=("cd GATEWAY_CHECKOUT && go mod edit -json | grep -A20 Replace", "cd PLUGIN_FOLDER && {replace}", _REBUILD),
    ),
    Kind(
        code="dependency-content-differs",
        title="A shared dependency has the same version but different content",
        effect=FAILS,
        stage=PACKAGES,
        message="{module} {version} has the checksum {gateway} in the gateway and {plugin} in the plugin.",
        meaning=(
            "Both sides name the same version, but downloaded different source: somebody moved a tag, or a private proxy serves "
            "something else. The gateway's go.sum has the right checksum."
        ),
        errors=(_differs("<module>"),),
        cure=("cd PLUGIN_FOLDER && cp GATEWAY_CHECKOUT/go.sum go.sum && go clean -modcache && go mod tidy", _REBUILD),
    ),
    Kind(
        code="dependency-edited",
        title="A shared dependency was compiled from modified source",
        effect=FAILS,
        stage=PACKAGES,
        message=(
            "{module} has the same version and checksum on both sides, yet its packages differ, and nothing else on record explains it."
        ),
        meaning=(
            "One side did not compile the published source, but an edited vendor folder, a changed module cache, or an -overlay. The "
            "binary does not say which side."
        ),
        errors=(_differs("<module>"),),
        cure=(
            "cd PLUGIN_FOLDER && go mod verify",
            "cd PLUGIN_FOLDER && GOFLAGS=-mod=readonly {build}",
            "cd GATEWAY_CHECKOUT && git status --short vendor",
        ),
    ),
    Kind(
        code="dependency-major-coexists",
        title="Another major version of a dependency, side by side",
        effect=INFO,
        stage=NEVER,
        message="The gateway has {gateway}, the plugin {plugin}.",
        meaning=(
            "Major versions with import paths of their own are different packages, and one process can hold both. You cannot pass "
            "values of one to the other."
        ),
    ),
    Kind(
        code="dependencies-in-step",
        title="Dependencies to keep in step with the gateway",
        effect=INFO,
        stage=NEVER,
        message="The plugin shares {count} dependencies with the gateway, at equal versions.",
        meaning=(
            "As long as the plugin uses packages of these modules, it must use the gateway's versions. Look at them again when you "
            "upgrade the gateway."
        ),
    ),
    Kind(
        code="gateway-not-in-workspace",
        title="The gateway's packages were not compiled as a workspace module",
        effect=FAILS,
        stage=PACKAGES,
        message="{module}: the gateway was compiled from {gateway}, the plugin used {plugin}.",
        meaning=(
            "The plugin uses packages of the gateway. The gateway compiled them from a checkout, where a module has no version; the "
            "plugin took them from the module cache or through a replace directive, where they carry a version. That version is part of "
            "the fingerprint. A go.work file makes both sides compile them the same way."
        ),
        errors=(_differs("github.com/TykTechnologies/tyk/<package>"),),
        cure=(
            "cd PLUGIN_FOLDER && go mod edit -dropreplace={module} -dropreplace={module}@{required}",
            "cd PLUGIN_FOLDER/.. && {toolchain} go work init PLUGIN_FOLDER GATEWAY_CHECKOUT",
            "cd PLUGIN_FOLDER/.. && go work edit -replace={module}@{required}=GATEWAY_CHECKOUT",
            "cd PLUGIN_FOLDER && unset GOWORK && {build}",
        ),
    ),
    Kind(
        code="gateway-source-differs",
        title="The plugin was built with other source of the gateway",
        effect=FAILS,
        stage=PACKAGES,
        message="Packages of {module} differ, and nothing else does. The gateway was built from {source}.",
        meaning=(
            "The plugin's copy of the gateway's packages was compiled from another commit than the gateway, or from a modified "
            "checkout. A release branch moves on after its release: check out the commit that the gateway's binary names."
        ),
        errors=(_differs("github.com/TykTechnologies/tyk/<package>"),),
        cure=("cd GATEWAY_CHECKOUT && git stash && git fetch origin {commit} && git checkout --detach {commit}", _REBUILD),
    ),
    Kind(
        code="unexplained-packages",
        title="Packages differ, and nothing on record explains it",
        effect=FAILS,
        stage=PACKAGES,
        message="{count} packages differ although both files record the same build.",
        meaning=(
            "The loader refuses the plugin. The first of these packages in the list is the root: the loader's order puts each package "
            "after those that it imports."
        ),
        errors=(),
        cure=("go clean -cache", _REBUILD),
    ),
    # --- The plugin among others ------------------------------------------------------------------------------------------------------
    Kind(
        code="plugin-path-taken",
        title="Another plugin has the same module path",
        effect=FAILS,
        stage=SET,
        message="{plugin} and {other} are both {plugin_path}. The gateway refuses whichever it loads second.",
        meaning=(
            "A Go process knows a plugin by the import path of its main package, which is the module path in its go.mod, not by its "
            "file name. One process cannot load two plugins, or two builds of one plugin, with the same path. To load a new build "
            "without restarting the gateway, give each build a module path of its own."
        ),
        errors=("plugin already loaded",),
        cure=("cd PLUGIN_FOLDER && go mod edit -module={suggestion}", _REBUILD),
    ),
    Kind(
        code="plugin-path-collides",
        title="The plugin has the name of a package of the gateway",
        effect=FAILS,
        stage=PACKAGES,
        message="The plugin's own package is named {plugin_path}, and the gateway contains a package of that name.",
        meaning=(
            "The runtime takes the plugin's main package for the gateway's package of the same name. Choose a module path for the "
            "plugin's go.mod that nothing in the gateway uses, and never main."
        ),
        errors=(_differs("main"),),
        cure=("cd PLUGIN_FOLDER && go mod edit -module={suggestion}", _REBUILD),
    ),
    Kind(
        code="plugins-differ",
        title="Two plugins use different builds of one dependency",
        effect=FAILS,
        stage=SET,
        message=(
            "{plugin} and {other} both contain {first}, which the gateway lacks, but in different builds. The gateway refuses whichever "
            "it loads second."
        ),
        meaning=(
            "All plugins live in one process with the gateway. The first plugin that is loaded brings the packages that the gateway "
            "lacks, and every later plugin is compared with it. What a plugin brought stays there even if the gateway refused it. So if "
            "the package is the plugin's own, an earlier build of this plugin is in the process: restart the gateway, or give each build "
            "a module path of its own (id: auto)."
        ),
        errors=(_differs("<module>"),),
        cure=("cd PLUGIN_FOLDER && go mod edit -require={module}@{version}", _REBUILD),
    ),
    # --- Symbols ----------------------------------------------------------------------------------------------------------------------
    Kind(
        code="symbol-missing",
        title="The plugin does not export the symbol",
        effect=FAILS,
        stage=LOOKUP,
        message="The plugin's main package does not export {symbol}. It exports: {exported}.",
        meaning=(
            "The API definition names a function of the plugin. The function must be in package main, at the top level, and begin with "
            "a capital letter; names are case-sensitive."
        ),
        errors=("plugin: symbol <symbol> not found in plugin <file>", "could not find symbol <symbol>"),
        cure=("grep -rn {pattern} PLUGIN_FOLDER",),
    ),
    Kind(
        code="nothing-exported",
        title="The plugin exports nothing that a gateway can call",
        effect=FAILS,
        stage=LOOKUP,
        message="The plugin's main package exports no function and no variable.",
        meaning=(
            "A gateway opens a plugin to look a function up in it, by the name that the API definition has. There is none: its functions "
            "begin with small letters or are in another package, or the program is no Go plugin at all, such as a gRPC server, which is "
            "started by itself and not loaded."
        ),
        cure=("grep -rnE '^func [A-Z]' PLUGIN_FOLDER --include=*.go",),
    ),
    Kind(
        code="variables-only",
        title="The plugin exports variables, and no function",
        effect=INFO,
        stage=CAST,
        message="Of what the plugin exports, {symbols}, nothing is a function. A gateway that is to use one of them as a hook cannot.",
        meaning=(
            "Such as 'var MyHook = pkg.MyHook'. The gateway loads the plugin and finds the symbol, and so does 'plugin load'. But for a "
            "variable Go returns a pointer, which the gateway cannot turn into a hook: the first request to the API fails with 'could "
            "not cast function symbol'. Write a function of that name that calls it. Name it in hooks or symbols of the plugin to have "
            "it checked as what it shall be."
        ),
        cure=("grep -rnE '^var [A-Z]' PLUGIN_FOLDER --include=*.go",),
    ),
    Kind(
        code="symbol-not-a-function",
        title="The symbol is a variable, not a function",
        effect=FAILS,
        stage=CAST,
        message="{symbol} is a variable. As a {hook} hook, the gateway needs {wanted}.",
        meaning=(
            "The gateway finds the symbol, and 'plugin load' accepts it. But for a variable Go returns a pointer, which the gateway "
            "cannot turn into a hook: the first request to the API fails. Write a function that calls it."
        ),
        errors=(
            "could not cast function symbol to http.HandlerFunc",
            "could not cast function symbol to TykResponseHandler",
            "could not cast function symbol to AnalyticsPlugin function",
            "could not cast function symbol to <type>",
        ),
        cure=("grep -rn {pattern} PLUGIN_FOLDER",),
    ),
    Kind(
        code="signature-differs",
        title="The function has the wrong signature for its hook",
        effect=FAILS,
        stage=CAST,
        message="{symbol} is {found}. As a {hook} hook, the gateway needs {wanted}.",
        meaning=(
            "Each kind of hook has its own parameters. The gateway finds the symbol, and 'plugin load' accepts it, but the gateway "
            "cannot use it: it serves the API without the plugin, or each request fails. A type from another package is another type, "
            "even if both packages have the same name: it must be net/http of Go itself, not a copy under another import path."
        ),
        errors=(
            "could not cast function symbol to http.HandlerFunc",
            "could not cast function symbol to TykResponseHandler",
            "could not cast function symbol to AnalyticsPlugin function",
            "could not cast function symbol to <type>",
        ),
        cure=("grep -rn {pattern} PLUGIN_FOLDER",),
    ),
    Kind(
        code="signature-near-miss",
        title="A function is nearly a hook",
        effect=UNKNOWN,
        stage=CAST,
        message="{symbol} is {found}. If it is a hook, the gateway needs {wanted}.",
        meaning=(
            "Nothing says of which kind this hook is, and no kind has this signature; one comes so near that it was probably meant. The "
            "gateway finds the symbol, and 'plugin load' accepts it, but the gateway cannot use it. If it is no hook, name those that "
            "are, by symbols or hooks: then others do not count."
        ),
        errors=(
            "could not cast function symbol to http.HandlerFunc",
            "could not cast function symbol to TykResponseHandler",
            "could not cast function symbol to AnalyticsPlugin function",
            "could not cast function symbol to <type>",
        ),
        cure=("grep -rn {pattern} PLUGIN_FOLDER",),
    ),
    Kind(
        code="signatures-unchecked",
        title="The signatures of hooks were not compared",
        effect=INFO,
        stage=NEVER,
        message="Nothing says of which kind these hooks are: {symbols}.",
        meaning=(
            "Each kind of hook has its own signature, and 'plugin load' accepts any. With the kinds, by hooks, the functions are compared "
            "with what the gateway needs; without them only a near miss is noticed."
        ),
    ),
    Kind(
        code="signature-unknown",
        title="The signature of a hook cannot be read",
        effect=INFO,
        stage=NEVER,
        message="{symbol} is a function, but the file does not reveal its parameters. As a {hook} hook, the gateway needs {wanted}.",
        meaning=(
            "A plugin's type data contains the types of exported functions, and a number computed from their full names. Where they "
            "cannot be read, as in plugins of Go before 1.19, only a request through the gateway shows whether the signature is right."
        ),
    ),
    # --- Libraries and the host -------------------------------------------------------------------------------------------------------
    Kind(
        code="libc-differs",
        title="Different C libraries",
        effect=FAILS,
        stage=OPEN,
        message="The gateway uses {gateway}, the plugin {plugin}.",
        meaning=(
            "Programs of Alpine Linux use musl, those of Debian, Red Hat and most others use glibc. One process cannot use both. Build "
            "the plugin on a host, or with a C compiler, for the gateway's C library."
        ),
        errors=(
            "libc.musl-<library>: cannot open shared object file: No such file or directory",
            "Error loading shared library libc.so.6: No such file or directory",
            "Error loading shared library ld-linux<library>: No such file or directory",
            "Error loading shared library libpthread.so.0: No such file or directory",
            "Error loading shared library libresolv.so.2: No such file or directory",
            "Error relocating <path>: <symbol>: symbol not found",
            "libc.so: invalid ELF header",
            "<path>: cannot open shared object file: No such file or directory",
        ),
        cure=(_REBUILD_WITH,),
    ),
    Kind(
        code="libc-newer-than-gateway",
        title="The plugin needs a newer C library than the gateway does",
        effect=INFO,
        stage=NEVER,
        message="The gateway needs glibc {gateway}, the plugin {plugin}.",
        meaning=(
            "The plugin was linked on a system with a newer glibc than the gateway. It loads only on hosts with at least that glibc, "
            "although the gateway itself starts on older ones."
        ),
        errors=("version `GLIBC_<version>' not found", "version `GLIBC_<version>' not found (required by <file>)"),
        cure=("ldd --version", _REBUILD_WITH),
    ),
    Kind(
        code="host-differs",
        title="This machine cannot stand for the gateway's host",
        effect=INFO,
        stage=NEVER,
        message="This machine is {host}, the gateway is for {gateway}.",
        meaning=(
            "You asked to check what the machine offers (C library, shared libraries, CPU). This machine is of another kind, so it says "
            "nothing about the gateway's host."
        ),
    ),
    Kind(
        code="libc-newer-than-host",
        title="The C library of this machine is too old",
        effect=FAILS,
        stage=OPEN,
        message="The {side} needs glibc {needed}; this machine has {host}.",
        meaning=(
            "A file that was linked on a system with a newer glibc asks for functions that an older glibc lacks. Build it on a host "
            "with an old glibc, or with a C compiler that links for one, such as zig."
        ),
        errors=(
            "version `GLIBC_<version>' not found",
            "version `GLIBC_<version>' not found (required by <file>)",
            "version GLIBC_<version> not defined in file <library> with link time reference",
        ),
        cure=(_REBUILD_WITH,),
        cure_gateway=(_REBUILD_GATEWAY_WITH,),
    ),
    Kind(
        code="system-older-than-file",
        title="The system of this machine is older than a file needs",
        effect=UNKNOWN,
        stage=OPEN,
        message="The {side} was made for {needed} or newer; this machine has {host}.",
        meaning=(
            "A file that was linked for a newer release of the system may ask for functions that an older release lacks; if it asks for "
            "none, it still loads, and only loading shows it. Build it on the oldest release that it must run on, or make the C "
            "compiler link for that release."
        ),
        errors=(
            "version FBSD_<version> required by <file> not defined",
            "Symbol not found: <symbol> (which was built for Mac OS X <version>)",
            "(built for macOS <version> which is newer than running OS)",
        ),
        cure=("cd PLUGIN_FOLDER && {setting}={value} {build}",),
        cure_gateway=("cd GATEWAY_CHECKOUT && {setting}={value} {build_gateway}",),
    ),
    Kind(
        code="host-not-known",
        title="This machine does not reveal everything that was to be checked",
        effect=INFO,
        stage=NEVER,
        message="Not compared with this machine: {needs}.",
        meaning=(
            "You asked to check what the machine offers (C library, release of the system, CPU). The machine does not reveal whether it "
            "meets these needs of the two files, so they were not compared and the verdict says nothing about them."
        ),
    ),
    Kind(
        code="library-missing",
        title="This machine lacks a shared library",
        effect=UNKNOWN,
        stage=OPEN,
        message="{path} needs {libraries}; the dynamic loader of this machine does not find that in its usual places.",
        meaning=(
            "The dynamic loader must find each library that a file names, or it refuses the file. Install the package that contains the "
            "library; if it says that a version of the library is not found, the library is there and too old. A path in the file itself "
            "(RUNPATH) is not considered here."
        ),
        errors=(
            "<library>: cannot open shared object file: No such file or directory",
            "Error loading shared library <library>: No such file or directory",
            'Shared object "<library>" not found, required by "<file>"',
            "Library not loaded: <file>",
            "version `GLIBCXX_<version>' not found",
        ),
        cure=("ldd {path}",),
    ),
    Kind(
        code="cpu-level-above-host",
        title="The CPU of this machine is too old",
        effect=MAY_CRASH,
        stage=NEVER,
        message="The {side} was built with {setting}={needed}; the CPU of this machine is {host}.",
        meaning=(
            "The compiler was free to use instructions that this CPU lacks. A gateway says so when it starts; a plugin loads, and the "
            "whole process ends when it reaches such an instruction."
        ),
        errors=(
            "This program can only be run on AMD64 processors with <version> microarchitecture support.",
            "SIGILL: illegal instruction",
        ),
        cure=(_REBUILD,),
        cure_gateway=(_REBUILD_GATEWAY, _REBUILD),
        build=_build("GOAMD64=LEVEL_OF_HOST"),
    ),
    # --- The second proof -------------------------------------------------------------------------------------------------------------
    Kind(
        code="profile-differs",
        title="The gateway does not have the expected build profile",
        effect=INFO,
        stage=NEVER,
        message="{name}: expected {expected}, the gateway's binary has {gateway}.",
        meaning=(
            "The plugin was built for a build profile that does not match this gateway's binary. The binary is right: build the plugin "
            "again with the profile of the binary."
        ),
    ),
    Kind(
        code="loader-disagrees",
        title="The gateway's loader contradicts the verdict",
        effect=FAILS,
        stage=LOOKUP,
        message="{symbol}: the files predict '{static}', the gateway answered '{loader}'.",
        meaning=(
            "The gateway itself loaded the plugin, or refused it, and the files predicted otherwise. The gateway is right. The two "
            "files do not show what it met: a library or symbol that this host lacks, an init function that fails, a file that changed "
            "since it was read. Please report it with the output of both."
        ),
    ),
    Kind(
        code="plugin-init-fails",
        title="The plugin's own init does not succeed here",
        effect=UNKNOWN,
        stage=NEVER,
        message=(
            "While the gateway loaded it, the plugin {reason}. Give it what it needs for the trial, by load_environment and load_files of "
            "the plugin, or do without the trial: load: false."
        ),
        meaning=(
            "The files predict that the gateway loads the plugin, and its loader did not refuse it. But loading runs the init functions of "
            "the plugin's packages, here in an empty folder and without the gateway's environment, configuration and services, and one of "
            "them panicked, ended the process or blocked. On the gateway's host it may succeed. If it fails there too, plugin-init-panics "
            "says what clients see."
        ),
        cure=("grep -rnE 'func init\\(|^var .*=.*\\(' PLUGIN_FOLDER --include=*.go",),
    ),
    Kind(
        code="load-not-wanted",
        title="The gateway was not asked to load the plugin",
        effect=INFO,
        stage=NEVER,
        message="load is false for this plugin: the verdict rests on the two files alone.",
        meaning="Only the gateway itself can prove that it loads a plugin, and whether the plugin's init functions succeed.",
    ),
    Kind(
        code="loader-not-run",
        title="The gateway did not answer",
        effect=UNKNOWN,
        stage=NEVER,
        message="The gateway gave no answer: {reason}.",
        meaning=(
            "You asked for a proof by loading, but the gateway cannot run here, did not answer in time, or the plugin has no symbol to "
            "look up. Without that proof, the verdict stays open."
        ),
        errors=("Exec format error",),
    ),
)

# What lines of the gateway's log lead to and no file shows.
_OF_LOGS = (
    # --- What only the gateway's log shows ------------------------------------------------------------------------------------------
    Kind(
        code="previous-failure",
        title="The process remembers that this file did not load",
        effect=FAILS,
        stage=OPEN,
        message="The gateway tried this path before, and repeats what it said then.",
        meaning=(
            "A process keeps the failure of each path that the system could open. A better file under the same path, and a reload of the "
            "gateway, change nothing: fix what the same line says before it, then give the new build another path and another module "
            "path, or restart the gateway. Where the system itself refused the file, a better one under the same path is enough."
        ),
        errors=("(previous failure)",),
        cure=("grep -nE -m1 'different version of package|plugin already loaded' GATEWAY_LOG", _RESTART),
    ),
    Kind(
        code="plugin-not-loaded",
        title="The gateway serves the API without this plugin",
        effect=FAILS,
        stage=OPEN,
        message="The gateway did not load the plugin, and goes on without it.",
        meaning=(
            "The gateway starts, and says that all is well at /hello, even if a plugin does not load. Each request to an API with such "
            "a request hook gets 500; with a response hook it gets 500 after the upstream was called; a plugin for analytics is only "
            "missed in the log. The reason stands in the field error of the same line."
        ),
        errors=("Could not load Go-plugin", "Could not load Go-plugin for analytics"),
        cure=("grep -n 'Could not load Go-plugin' GATEWAY_LOG",),
    ),
    Kind(
        code="plugin-name-tried",
        title="One of three names of a plugin is not there",
        effect=INFO,
        stage=NEVER,
        message="The gateway looked for the plugin under this name and found nothing there.",
        meaning=(
            "For named.so the gateway tries named_v5.3.6_linux_amd64.so, named_5.3.6_linux_amd64.so and named.so, with its own version and "
            "platform, and says this of each that is not there. It is harmless if a later name is there. If none is, the log goes on "
            "with: plugin file not found."
        ),
        errors=("plugin file <file> doesn't exist",),
    ),
    Kind(
        code="plugin-init-panics",
        title="An init function of the plugin panics",
        effect=FAILS,
        stage=OPEN,
        message="The plugin's packages are the gateway's, but its own code panics while it is loaded.",
        meaning=(
            "Loading a plugin runs the init functions of its packages and sets their variables. One of them panicked: often a setting, a "
            "file or a service is missing on the gateway's host. Make the plugin do this at the first request, or give the host what it "
            "needs. Where nothing catches the panic (response hooks, analytics), the whole gateway process ends. Where the gateway catches "
            "it, Go never finishes loading that path: the next hook that names the same file, or the next reload, waits for ever and says "
            "nothing. Restart the gateway after you have fixed the plugin. If the text is that of a nil pointer, compare the Go releases "
            "of both files first (go-layout-differs)."
        ),
        errors=(
            "Recovered from panic while loading Go-plugin",
            "unexpected error: unexpected panic: <reason>",
            "unexpected panic: <reason>",
            "panic: <trace>runtime.doInit<trace>plugin.open",
        ),
        cure=("grep -rnE 'func init\\(|^var .*=.*\\(' PLUGIN_FOLDER --include=*.go",),
    ),
    Kind(
        code="plugin-handler-panics",
        title="The plugin's function panics while it serves a request",
        effect=MAY_CRASH,
        stage=NEVER,
        message="The gateway called the plugin's function, and it panicked.",
        meaning=(
            "The gateway catches the panic and writes its text into the field error. Of a request hook, clients get 200 with an empty body "
            "up to 5.11, and a closed connection from 5.12 on; of a response hook, the code 500. Of analytics, clients notice nothing, and "
            "the field error lacks the text of the panic. The mistake is in the plugin's own code, or in what the request did not bring; a "
            "panic in a goroutine that the plugin starts is not caught and ends the gateway."
        ),
        errors=("Recovered from panic while running Go-plugin middleware func", "Recovered from panic while running Go-plugin"),
        cure=("grep -rn {pattern} PLUGIN_FOLDER --include=*.go",),
    ),
    Kind(
        code="plugin-answered-error",
        title="The plugin itself answered with an error",
        effect=INFO,
        stage=NEVER,
        message="The plugin's function wrote a response with a code of 400 or more.",
        meaning=(
            "The plugin was loaded and works; it refused this request. The gateway ends the request there: of a request hook it does not "
            "call the upstream, of a response hook it has called it before. If that is not wanted, look for WriteHeader in the plugin's "
            "function."
        ),
        errors=(
            "plugin function sent error response code: <number>",
            "Failed to process request with Go-plugin middleware func",
            "Authentication error in Go-plugin middleware func",
            "Returned error code while processing response with Go-plugin middleware func",
        ),
    ),
    Kind(
        code="plugin-data-overlaps",
        title="The plugin lies over another module in memory: the gateway ends",
        effect=FAILS,
        stage=OPEN,
        message="The Go runtime finds that the plugin's code or data overlaps that of a module that is loaded already.",
        meaning=(
            "The Go runtime reads from the plugin where its code and data begin and end. If these bounds are wrong, it ends the whole "
            "gateway process. They come out wrong if something other than Go's usual linker and the system's ld laid out the file, or if a "
            "tool rewrote it after the build. Build the plugin again, without -extldflags and without such tools."
        ),
        errors=("plugin: new module data overlaps with previous moduledata",),
        cure=("readelf --sections --wide {path}", _REBUILD),
    ),
    Kind(
        code="method-left-out",
        title="The gateway was linked without a method that the plugin calls",
        effect=FAILS,
        stage=NEVER,
        message="The plugin calls a method that the linker left out of the gateway.",
        meaning=(
            "The linker leaves out methods that nothing calls. It must not do so in a program that loads plugins, but Go 1.16 to 1.18 had "
            "bugs of that kind: a type of a package that both share lost a method, and the whole gateway process ends as soon as the "
            "plugin calls it. Use a gateway of a newer release; until then, the plugin must avoid that method."
        ),
        errors=("fatal error: unreachable method called. linker bug?", "unreachable method called"),
        cure=("go version -m GATEWAY_BINARY", _REBUILD_GATEWAY),
    ),
    Kind(
        code="file-system-noexec",
        title="The plugin lies on a file system that allows no code",
        effect=FAILS,
        stage=OPEN,
        message="The system refuses to run code from the folder of the plugin.",
        meaning=(
            "The file system of the plugin's folder is mounted with noexec (usual for /tmp, for network shares, and for volumes of "
            "hardened containers). The file is right. Move it to a file system without noexec, or mount that one with exec."
        ),
        errors=(
            "failed to map segment from shared object: Operation not permitted",
            "failed to map segment from shared object",
            "Error loading shared library <path>: Operation not permitted",
        ),
        cure=("findmnt --target {path} --output TARGET,OPTIONS", "mount -o remount,exec MOUNT_POINT"),
    ),
    Kind(
        code="selinux-denies",
        title="SELinux forbids the gateway to load the plugin",
        effect=FAILS,
        stage=OPEN,
        message="The system's security policy refuses what the dynamic loader must do with the plugin.",
        meaning=(
            "The label of the plugin's file does not allow a process to change its code while loading, or to run it at all. Give the file "
            "the label of a shared library; the audit log has the refusal."
        ),
        errors=(
            "cannot restore segment prot after reloc: Permission denied",
            "failed to map segment from shared object: Permission denied",
        ),
        cure=("ausearch -m avc -ts recent", "ls -Z {path}", "chcon -t textrel_shlib_t {path}"),
    ),
    Kind(
        code="executable-stack-refused",
        title="The plugin demands a stack that can be executed",
        effect=FAILS,
        stage=OPEN,
        message="The plugin is marked as needing an executable stack, and the system does not give the running gateway one.",
        meaning=(
            "One object file in which nothing says otherwise, usually of an assembler file among C sources, marks the whole plugin. glibc "
            "2.41 and newer refuse such a plugin, and so do hardened systems. It seldom needs what it demands: link it without."
        ),
        errors=("cannot enable executable stack as shared object requires",),
        cure=("readelf --program-headers --wide {path} | grep GNU_STACK", "cd PLUGIN_FOLDER && CGO_LDFLAGS=-Wl,-z,noexecstack {build}"),
    ),
    Kind(
        code="static-tls-used-up",
        title="No room is left for thread-local variables of a C library",
        effect=FAILS,
        stage=OPEN,
        message="A C library of the plugin needs more thread-local storage than the running gateway has left.",
        meaning=(
            "A library with variables of each thread can demand that they lie in memory that is set aside when the gateway starts. A "
            "plugin comes later, and that memory is small. Set more aside (glibc 2.32 and newer), load the C library with the gateway, or "
            "build it without -ftls-model=initial-exec. " + _IN_CONTAINER
        ),
        errors=("cannot allocate memory in static TLS block", "cannot load any more object with static TLS"),
        cure=(
            "readelf --dynamic --wide {path} | grep NEEDED",
            *_set("GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384"),
        ),
    ),
    Kind(
        code="c-symbol-missing",
        title="C code of the plugin is missing",
        effect=FAILS,
        stage=OPEN,
        message="The plugin calls a C function that neither it nor a library of it contains.",
        meaning=(
            "A package with cgo was compiled without the C file or the library that defines this function, or this host has another "
            "version of the library. In a plugin the linker accepts that; the dynamic loader does not. Name the library in '#cgo LDFLAGS', "
            "or put the C file into the package's folder."
        ),
        errors=(
            "undefined symbol: <symbol>",
            'Undefined symbol "<symbol>" referenced from',
            "Error relocating <path>: <symbol>: symbol not found",
        ),
        cure=("nm --dynamic --undefined-only {path}", "ldd {path}"),
    ),
    Kind(
        code="gateway-static",
        title="The gateway is linked statically",
        effect=FAILS,
        stage=OPEN,
        message="The gateway ends in the system's dlopen, or behind it: a statically linked program has no dynamic loader.",
        meaning=(
            "Go opens plugins by the dynamic loader of the system. A program that was linked with -extldflags=-static (usual for images "
            "from scratch, and for musl) compiles, starts, and crashes at the first plugin. Link the gateway dynamically."
        ),
        errors=(
            "plugin._Cfunc_pluginOpen(<trace>",
            "SIGSEGV: segmentation violation<trace>pluginOpen",
            "fatal error: runtime: no plugin module data",
        ),
        cure=("file GATEWAY_BINARY", _REBUILD_GATEWAY),
    ),
    # --- Bundles: the whole API is dropped, and its address answers 404 -------------------------------------------------------------------
    Kind(
        code="bundle-signature-wrong",
        title="The bundle's signature is missing or does not fit",
        effect=FAILS,
        stage=NEVER,
        message="The gateway has a public key, and the bundle was not signed with the private key of that.",
        meaning=(
            "With public_key_path the gateway takes only bundles that are signed. "
            + _DROPPED
            + " Up to 5.8 it goes on with a bundle that it unpacked before; from 5.11 on it refuses that too."
        ),
        errors=("Bundle isn't signed", "crypto/rsa: verification error"),
        cure=("tyk bundle build --manifest manifest.json --output BUNDLE.zip --key PRIVATE_KEY.pem",),
    ),
    Kind(
        code="bundle-checksum-wrong",
        title="The bundle's files are not those of its manifest",
        effect=FAILS,
        stage=NEVER,
        message="The checksum in manifest.json is not that of the bundle's files.",
        meaning=(
            "The manifest has one MD5 checksum of all files that it lists. A file was changed or exchanged after 'tyk bundle build', or "
            "the list has another order. " + _DROPPED
        ),
        errors=("Invalid checksum", "invalid checksum"),
        cure=("tyk bundle build --manifest manifest.json --output BUNDLE.zip -y",),
    ),
    Kind(
        code="bundle-downloader-off",
        title="The gateway does not download bundles",
        effect=FAILS,
        stage=NEVER,
        message="enable_bundle_downloader is off in the gateway's configuration.",
        meaning=f"The API names a bundle, and the gateway may not fetch it. {_DROPPED} {_IN_CONTAINER}",
        errors=("Bundle downloader is disabled",),
        cure=_set("TYK_GW_ENABLEBUNDLEDOWNLOADER=true"),
    ),
    Kind(
        code="bundle-address-wrong",
        title="The gateway does not know where bundles are",
        effect=FAILS,
        stage=NEVER,
        message="bundle_base_url is missing in the gateway's configuration, or is no address of http, https or file.",
        meaning=f"The address of a bundle is bundle_base_url with the bundle's name behind it. {_DROPPED} {_IN_CONTAINER}",
        errors=("No bundle base URL set, skipping bundle", "No bundle base URL set", "Unknown URL scheme"),
        cure=_set("TYK_GW_BUNDLEBASEURL=https://BUNDLES/"),
    ),
    Kind(
        code="bundle-not-fetched",
        title="The gateway cannot download the bundle",
        effect=FAILS,
        stage=NEVER,
        message="The address of the bundle did not answer with the bundle.",
        meaning=(
            "The gateway asks for bundle_base_url with the bundle's name behind it, and takes nothing but an answer of 200; the whole "
            "download may take 5 seconds. " + _DROPPED
        ),
        errors=("HTTP Error, got status code <number>", "Error getting bundle: <reason>", "Couldn't fetch bundle"),
        cure=("curl --fail --max-time 5 --output BUNDLE.zip BUNDLE_BASE_URL/BUNDLE.zip",),
    ),
    Kind(
        code="bundle-not-saved",
        title="The gateway cannot write the bundle to its folder",
        effect=FAILS,
        stage=NEVER,
        message="The folder for bundles below middleware_path cannot be written.",
        meaning=(
            "Bundles are unpacked to middleware_path/bundles. The gateway's user may not write there, the disk is full, or the file system "
            "is mounted read-only, as in many containers. " + _DROPPED
        ),
        errors=(
            "Couldn't save bundle",
            "Couldn't create bundle directory",
            "Couldn't create bundle root directory",
            "Couldn't remove bundle",
        ),
        cure=("ls -ld MIDDLEWARE_PATH/bundles", "df -h MIDDLEWARE_PATH"),
    ),
    Kind(
        code="bundles-conflict",
        title="Two bundles of one API exclude each other",
        effect=FAILS,
        stage=NEVER,
        message="Two bundles of the API name different drivers, or both have an auth_check hook.",
        meaning=(
            "From 5.15 on an API can name several bundles, separated by commas. They must agree on the driver, and only one of them may "
            "have an auth_check hook; other hooks run in the order of the bundles. " + _DROPPED
        ),
        errors=(
            'bundle "<bundle>" declares driver "<arch>" but earlier bundles set "<arch>"',
            'bundle "<bundle>" declares an auth_check hook but another bundle has already set one ("<hook>")',
            "Couldn't merge bundle",
        ),
        cure=("unzip -p BUNDLE.zip manifest.json",),
    ),
    Kind(
        code="bundle-not-loaded",
        title="The gateway does not load a bundle",
        effect=FAILS,
        stage=NEVER,
        message="The gateway has the bundle and cannot use it.",
        meaning=(
            "The reason stands behind the colon, or in the lines before. Each bundle is a zip file with manifest.json at its top. "
            + _DROPPED
            + " A bundle stays unpacked under its name for ever: give a new build of it a new name."
        ),
        errors=(
            "Couldn't load bundle",
            "Couldn't unmarshal the manifest file for bundle",
            "Bundle verification failed",
            "error verifying bundle, please try again",
        ),
        cure=("unzip -l BUNDLE.zip",),
    ),
)

KINDS: dict[str, Kind] = {kind.code: kind for kind in (*_TABLE, *_OF_LOGS)}
OF_LOGS = frozenset(kind.code for kind in _OF_LOGS)
