# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table of findings. Verdict, messages and documentation are made from it.

In messages and cures, words in braces are filled in from the two files. In cures, words in capitals are the user's:
PLUGIN_FOLDER is the folder with the plugin's go.mod, GATEWAY_CHECKOUT the folder with the gateway's source.
"""

from __future__ import annotations

import shlex
import typing as t

# Effects, the worst first.
FAILS = "fails"
UNKNOWN = "unknown"
MAY_CRASH = "may-crash"
TOLD = "told"
EFFECTS = (FAILS, UNKNOWN, MAY_CRASH, TOLD)

# Where the gateway meets the difference, in the order in which it does.
OPEN = "open"  # before any package is compared: the system's dlopen, or the Go runtime looking for the plugin's own data
PACKAGES = "packages"  # the Go runtime compares the fingerprint of each package and stops at the first that differs
LOOKUP = "lookup"  # the symbol is looked up by its name
CAST = "cast"  # the gateway turns the symbol into a hook; "plugin load" does not try that
SET = "set"  # only together with another plugin in the same process
NEVER = "never"  # the loader does not notice
STAGES = (OPEN, PACKAGES, LOOKUP, CAST, SET, NEVER)


class Kind(t.NamedTuple):
    """One row of the table.

    effect: of the finding where it explains differing packages, or where it is not about packages at all.
    quiet: the effect where all packages are equal in spite of it.
    message: what differs, in one sentence. meaning: why that matters, for someone who never heard of fingerprints.
    errors: what the loader says, as it says it; "..." stands for text that varies.
    cure: commands for a shell, run in order.
    cure_gateway: in place of them where it is the gateway that was built as others are not.
    """

    code: str
    title: str
    effect: str
    stage: str
    message: str
    meaning: str
    errors: tuple[str, ...] = ()
    cure: tuple[str, ...] = ()
    quiet: str = TOLD
    cure_gateway: tuple[str, ...] = ()


class Finding(t.NamedTuple):
    """One row of the table, met in a pair of files.

    message, cure: those of the row, filled in. evidence: what was read from the files. packages: the differing packages that it explains.
    """

    code: str
    effect: str
    stage: str
    title: str
    message: str
    meaning: str
    evidence: dict[str, t.Any]
    packages: tuple[str, ...]
    cure: tuple[str, ...]

    def as_dict(self) -> dict[str, t.Any]:
        """The finding as it stands in the module's result."""
        return {**self._asdict(), "packages": list(self.packages), "cure": list(self.cure)}


def _differs(package: str) -> str:
    return f"plugin was built with a different version of package {package}"


_REBUILD = "cd PLUGIN_FOLDER && {build}"
_REBUILD_BOTH = ("cd GATEWAY_CHECKOUT && {build_gateway}", "cd PLUGIN_FOLDER && {build_trimmed}")
_REBUILD_FOR_HOST = "cd PLUGIN_FOLDER && {setting}={host} go build -trimpath -buildmode=plugin -o PLUGIN.so ."
_REBUILD_GATEWAY_FOR_HOST = "cd GATEWAY_CHECKOUT && {setting}={host} go build -trimpath -tags=goplugin -o tyk ."
_REBUILD_WITH = "cd PLUGIN_FOLDER && CC={compiler} {build}"
_REBUILD_GATEWAY_WITH = "cd GATEWAY_CHECKOUT && CC={compiler} {build_gateway}"
_ASAN_OPTIONS = "export ASAN_OPTIONS=detect_odr_violation=0"
_FIRST_PACKAGES = (
    "The gateway compares all packages that it shares with the plugin and stops at the first that differs; "
    "the package that its error names is often not the cause."
)

_TABLE = (
    # --- The files themselves ---------------------------------------------------------------------------------------------------
    Kind(
        "not-a-go-binary",
        "The plugin is not a Go binary",
        FAILS,
        OPEN,
        "{path} is not a whole compiled Go file: {reason}.",
        "A Go plugin is a shared library that the Go compiler made. This file is something else, or it was cut off while it was copied. "
        "Some such files the system refuses to open; "
        "others (a shared library of another language, a file that ends too early) end the whole gateway process the moment it opens them.",
        (
            "invalid ELF header",
            "file too short",
            "cannot read file data",
            "fatal error: runtime: no plugin module data",
            "unexpected fault address",
        ),
        ("file {path}", _REBUILD),
    ),
    Kind(
        "plugin-file-missing",
        "The gateway does not find the plugin's file",
        FAILS,
        OPEN,
        "There is no plugin at {path}: {reason}.",
        "For a plugin named.so in an API definition the gateway looks for named_v5.3.6_linux_amd64.so, then for the same without the v, "
        "then for the exact name; version and platform are its own. A relative path counts from the gateway's working directory.",
        ("plugin file not found", "realpath failed"),
        ("ls -l {path}",),
    ),
    Kind(
        "plugin-file-unreadable",
        "The plugin's file cannot be read here",
        UNKNOWN,
        OPEN,
        "{path} is there, but this user cannot read it: {reason}.",
        "The verdict is made from what stands in the file. The gateway may run as a user who can read it; then this says nothing about "
        "the plugin. Run the check as that user, or as root.",
        ("cannot open shared object file: Permission denied",),
        ("ls -l {path}", "chmod a+r {path}"),
    ),
    Kind(
        "universal-file",
        "A file for several CPUs",
        TOLD,
        NEVER,
        "The gateway is for {gateway}, the plugin for {plugin}; this verdict is about {judged}.",
        "A universal file of macOS holds a whole program, or plugin, for each CPU; the system takes the one that it runs. "
        "Where only one of the two files is universal, its slice for the other's platform is compared. Where both are, it is the slice "
        "for this machine, and on a machine of another kind each that both have: the worst verdict is the one that you see.",
    ),
    Kind(
        "not-a-plugin",
        "The Go binary was not built as a plugin",
        FAILS,
        OPEN,
        "{path} was built with -buildmode={build_mode}, a plugin needs -buildmode=plugin.",
        "The Go compiler makes programs unless told otherwise. Only -buildmode=plugin makes a file that another Go program can load. "
        "A program is refused; a shared library made for C (-buildmode=c-shared) ends the whole gateway process.",
        (
            "cannot dynamically load executable",
            "cannot dynamically load position-independent executable",
            "fatal error: runtime: no plugin module data",
        ),
        (_REBUILD,),
    ),
    Kind(
        "gateway-not-a-go-binary",
        "The gateway file is not a Go binary",
        UNKNOWN,
        OPEN,
        "{path} is not a whole compiled Go file: {reason}. Nothing can be compared with it.",
        "The verdict compares the plugin with the very file that will load it. A wrapper script, a package or a file that was cut off "
        "while it was copied tells nothing about the gateway inside.",
        (),
        ("file {path}",),
    ),
    Kind(
        "gateway-without-plugins",
        "The gateway was built without plugin loading",
        FAILS,
        OPEN,
        "{path} carries no package fingerprints (build tags: {tags}), so it cannot load any Go plugin.",
        "Tyk Gateway can load Go plugins only when it was compiled with the build tag goplugin and with cgo. Without them, every plugin "
        "is refused, whatever the plugin is like.",
        ("goplugin.GetSymbol is disabled, use -tags=goplugin to enable", "goplugin.GetHandler is disabled, use -tags=goplugin to enable"),
        ("cd GATEWAY_CHECKOUT && {build_gateway}",),
    ),
    Kind(
        "cgo-off",
        "cgo was switched off",
        FAILS,
        OPEN,
        "The {side} was built with CGO_ENABLED=0.",
        "Go opens plugins through the C library of the system, so both gateway and plugin must be compiled with CGO_ENABLED=1 and a C "
        "compiler. Cross compilation switches cgo off unless told otherwise.",
        ("plugin: not implemented", "-buildmode=plugin requires external (cgo) linking, but cgo is not enabled"),
        ("cd GATEWAY_CHECKOUT && {build_gateway}", _REBUILD),
    ),
    Kind(
        "platform-differs",
        "The plugin was built for another platform",
        FAILS,
        OPEN,
        "The gateway is for {gateway}, the plugin for {plugin}.",
        "A plugin is machine code: it runs only on the operating system and the CPU that it was compiled for, and these must be the "
        "gateway's.",
        (
            "cannot open shared object file: No such file or directory",
            "wrong ELF class: ELFCLASS32",
            "wrong ELF class: ELFCLASS64",
            "ELF file data encoding not little-endian",
            "ELF file OS ABI invalid",
        ),
        (_REBUILD,),
    ),
    Kind(
        "build-info-missing",
        "A file does not tell how it was built",
        MAY_CRASH,
        NEVER,
        "The {side} does not carry {missing}, so that cannot be compared.",
        "Go writes the version of the compiler, the flags and the versions of all modules into each binary; Go before 1.18 wrote less, "
        "and some build systems leave it out. "
        "The fingerprints of the packages are still compared, and they decide whether the plugin loads. But differences that the loader "
        "does not notice, such as the patch release of Go, stay unseen.",
        (),
        ("go version -m {path}",),
    ),
    Kind(
        "fingerprints-missing",
        "The plugin lacks what its packages could be compared by",
        UNKNOWN,
        PACKAGES,
        "{path} was built with -buildmode=plugin, but no package fingerprint can be found in it.",
        "Go's linker writes a fingerprint of each package into every plugin. A tool that rewrites binaries (a packer, an obfuscator) "
        "may have taken them away. Without them only loading tells whether the plugin loads.",
        (),
        (_REBUILD,),
    ),
    # --- The compiler and its flags -----------------------------------------------------------------------------------------------
    Kind(
        "go-layout-differs",
        "The Go releases are too far apart: loading ends the gateway process",
        FAILS,
        OPEN,
        "The gateway was compiled with {gateway}, the plugin with {plugin}.",
        "Between these two Go releases the layout of the data changed that the Go runtime keeps about each loaded module. The gateway "
        "reads the plugin's data wrongly before it comes to compare versions. "
        "There is no error to handle: the whole gateway process ends, with everything that it serves.",
        (
            "fatal error: runtime: no plugin module data",
            "panic: runtime error: invalid memory address or nil pointer dereference ... plugin.lastmoduleinit",
        ),
        (_REBUILD,),
    ),
    Kind(
        "go-line-differs",
        "Another Go release line",
        FAILS,
        PACKAGES,
        "The gateway was compiled with {gateway}, the plugin with {plugin}.",
        "Gateway and plugin share Go's runtime and standard library inside one process. Both must be compiled with the same Go release, "
        "for between two lines almost every package differs. " + _FIRST_PACKAGES,
        (_differs("internal/goarch"), _differs("internal/abi")),
        (_REBUILD,),
        MAY_CRASH,
    ),
    Kind(
        "go-patch-differs",
        "Another patch release of Go",
        FAILS,
        PACKAGES,
        "The gateway was compiled with {gateway}, the plugin with {plugin}.",
        "Both must be compiled with exactly the same Go release, the last number included. A patch release changes few packages: where "
        "the plugin uses one of them it is refused; "
        "where it uses none it loads, and the two compilers' code runs side by side in one process, which Go does not promise to work.",
        (_differs("encoding/gob"),),
        (_REBUILD,),
        MAY_CRASH,
    ),
    Kind(
        "trimpath-differs",
        "-trimpath on one side only",
        FAILS,
        PACKAGES,
        "The {with} was built with -trimpath, the {without} without.",
        "Without -trimpath the compiler writes the folders of the source files into the code, with it the names of the modules. So the "
        "same source gives different packages, the standard library included. "
        "Released gateways are built with -trimpath (since 5.1). " + _FIRST_PACKAGES,
        (_differs("internal/goarch"),),
        (_REBUILD,),
        cure_gateway=_REBUILD_BOTH,
    ),
    Kind(
        "build-folders-differ",
        "Both were built without -trimpath, in different folders",
        FAILS,
        PACKAGES,
        "Neither the gateway nor the plugin was built with -trimpath, and nothing else explains why their packages differ.",
        "Without -trimpath the compiler writes the folders of the source files into the code: where Go is installed, where the module "
        "cache is, where the gateway's source lies. "
        "Such a gateway accepts only plugins built with everything in the very same folders.",
        (_differs("internal/goarch"),),
        _REBUILD_BOTH,
    ),
    Kind(
        "race-differs",
        "-race on one side only",
        FAILS,
        PACKAGES,
        "The {with} was built with -race, the {without} without.",
        "The race detector adds code to nearly every package. Both sides have it or neither has it. " + _FIRST_PACKAGES,
        (_differs("runtime/internal/sys"), _differs("internal/runtime/sys"), _differs("runtime")),
        (_REBUILD,),
        MAY_CRASH,
    ),
    Kind(
        "msan-differs",
        "-msan on one side only",
        FAILS,
        PACKAGES,
        "The {with} was built with -msan, the {without} without.",
        "The memory sanitizer adds code to nearly every package, and the part of it that must be in the program cannot be brought by a "
        "plugin. Both sides have it or neither has it.",
        (_differs("runtime"), "undefined symbol: __msan_..."),
        (_REBUILD,),
        MAY_CRASH,
    ),
    Kind(
        "asan-differs",
        "-asan on one side only",
        FAILS,
        PACKAGES,
        "The {with} was built with -asan, the {without} without.",
        "The address sanitizer adds code to nearly every package. Both sides have it or neither has it. "
        "Where only the plugin has it, the sanitizer itself ends the whole gateway process as soon as the plugin is opened.",
        (_differs("internal/bytealg"), "ASan runtime does not come first in initial library list"),
        (_REBUILD,),
        MAY_CRASH,
        (_REBUILD, _ASAN_OPTIONS),
    ),
    Kind(
        "asan-on-both",
        "The address sanitizer takes the plugin for an error",
        FAILS,
        OPEN,
        "Gateway and plugin were both built with -asan.",
        "Gateway and plugin carry the same global variables of the Go runtime. The address sanitizer reports that as an error and ends "
        "the gateway, unless it is told not to look for it.",
        ("AddressSanitizer: odr-violation",),
        (_ASAN_OPTIONS,),
    ),
    Kind(
        "cover-differs",
        "Coverage counters are not the same on both sides",
        FAILS,
        PACKAGES,
        "The gateway was built {gateway} -cover, the plugin {plugin}.",
        "Coverage counters change the code of the packages that they count: by default those of the main modules, the gateway's own "
        "among them. "
        "Which packages were chosen with -coverpkg is not recorded in the binary. Coverage is for tests; leave it out of both, or give "
        "both the same flags.",
        (_differs("github.com/TykTechnologies/tyk/log"),),
        (_REBUILD,),
    ),
    Kind(
        "tags-differ",
        "Other build tags",
        FAILS,
        PACKAGES,
        "Tags of the gateway only: {only_gateway}. Tags of the plugin only: {only_plugin}.",
        "Build tags choose which source files a package is made of. Packages that look at one of these tags are then other packages. "
        "The tag goplugin alone is harmless: it is read only in the gateway's package that loads plugins.",
        (_differs("net"),),
        (_REBUILD,),
    ),
    Kind(
        "goexperiment-differs",
        "Other GOEXPERIMENT",
        FAILS,
        PACKAGES,
        "GOEXPERIMENT of the gateway: {gateway}, of the plugin: {plugin}.",
        "GOEXPERIMENT switches unfinished features of the compiler and the runtime on or off, and boringcrypto, by which older FIPS "
        "gateways were made, exchanges the cryptography. Both must be compiled with the same value.",
        (_differs("internal/goexperiment"), _differs("crypto/internal/boring")),
        (_REBUILD,),
        MAY_CRASH,
    ),
    Kind(
        "gofips140-differs",
        "Other GOFIPS140",
        FAILS,
        PACKAGES,
        "GOFIPS140 of the gateway: {gateway}, of the plugin: {plugin}.",
        "GOFIPS140 chooses the cryptographic module that is compiled in. FIPS gateways are built with a certified one, other gateways "
        "with the one of the Go release; a plugin must be built with the same.",
        (_differs("crypto/internal/fips140/..."),),
        (_REBUILD,),
        MAY_CRASH,
    ),
    Kind(
        "gcflags-differ",
        "Other compiler flags",
        FAILS,
        PACKAGES,
        "Flags of the gateway: {gateway}. Flags of the plugin: {plugin}.",
        "Flags such as -gcflags='all=-N -l' switch inlining and optimization off, as for a debugger. Code that is inlined becomes part "
        "of a package's fingerprint, so both sides need the same flags.",
        (_differs("internal/abi"),),
        (_REBUILD,),
    ),
    Kind(
        "pgo-differs",
        "A profile for optimization on one side only",
        FAILS,
        PACKAGES,
        "-pgo of the gateway: {gateway}, of the plugin: {plugin}.",
        "A file default.pgo beside the main package of a program lets Go inline other functions, in all packages. The plugin must be "
        "compiled with the same profile. The binary tells only the name of the profile's file, not what is in it.",
        (_differs("runtime"), _differs("sync"), _differs("strconv")),
        ("cd PLUGIN_FOLDER && {build}",),
    ),
    Kind(
        "cpu-level-differs",
        "Another CPU level",
        FAILS,
        PACKAGES,
        "{setting} of the gateway: {gateway}, of the plugin: {plugin}.",
        "GOAMD64, GOARM64 and their like tell which instructions of the CPU the compiler may use. A plugin built for a higher level "
        "loads everywhere and dies of an illegal instruction (SIGILL) on a CPU that lacks them. A lower level is harmless.",
        ("SIGILL: illegal instruction",),
        (_REBUILD,),
        MAY_CRASH,
    ),
    Kind(
        "standard-library-differs",
        "The standard library differs, and no flag explains it",
        FAILS,
        PACKAGES,
        "Go version and flags are the same on both sides as far as they are recorded, yet packages of the standard library differ.",
        "The standard library comes with the compiler. If it differs, the compiler is not the same: a distribution's patched Go under "
        "the same version number, a changed GOROOT, flags that are not recorded (-overlay, -toolexec), "
        "or other C headers, for packages that contain C. " + _FIRST_PACKAGES,
        (_differs("runtime/cgo"), _differs("net")),
        ("go clean -cache", _REBUILD),
    ),
    # --- Modules --------------------------------------------------------------------------------------------------------------------
    Kind(
        "dependency-version-differs",
        "A shared dependency has another version",
        FAILS,
        PACKAGES,
        "{module}: gateway {gateway}, plugin {plugin}.",
        "Gateway and plugin both use packages of this module, and in one process there can be only one version of each. The plugin must "
        "be compiled with the gateway's version, "
        "even if the two versions hardly differ. A replace directive does not help, for the version that go.mod requires is part of the "
        "fingerprint. "
        "Another major version with its own import path (.../v4) is another module and may stay. If the last command finds that another "
        "dependency asks for the newer version, lower that dependency too.",
        (_differs("github.com/sirupsen/logrus"),),
        (
            "cd PLUGIN_FOLDER && go mod edit -require={module}@{gateway}",
            "cd PLUGIN_FOLDER && go mod graph | grep -F ' '{module}@",
            _REBUILD,
        ),
    ),
    Kind(
        "dependency-pseudo-version",
        "A shared dependency without released versions differs",
        FAILS,
        PACKAGES,
        "{module}: gateway {gateway}, plugin {plugin}.",
        "This dependency is used at a commit, or from a time before it had a go.mod file, so Go made up a version for it (a "
        "pseudo-version, or +incompatible). 'go get' and 'go mod tidy' easily choose a newer one. "
        "The plugin must name exactly the gateway's, or do without this dependency.",
        (_differs("github.com/example/module"),),
        (
            "cd PLUGIN_FOLDER && go mod edit -require={module}@{gateway}",
            "cd PLUGIN_FOLDER && go mod graph | grep -F ' '{module}@",
            _REBUILD,
        ),
    ),
    Kind(
        "dependency-replaced",
        "A shared dependency is replaced on one side, or by something else",
        FAILS,
        PACKAGES,
        "{module}: gateway {gateway}, plugin {plugin}.",
        "A replace directive in go.mod or go.work exchanges the source of a module. The plugin must be compiled from the same source "
        "under the same required version: take over the gateway's replace directives, and no others for modules that the gateway uses.",
        (_differs("github.com/example/module"),),
        ("cd GATEWAY_CHECKOUT && go mod edit -json | grep -A20 Replace", "cd PLUGIN_FOLDER && {replace}", _REBUILD),
    ),
    Kind(
        "dependency-content-differs",
        "A shared dependency has the same version but other content",
        FAILS,
        PACKAGES,
        "{module} {version} has the checksum {gateway} in the gateway and {plugin} in the plugin.",
        "Both sides name the same version, but the downloaded source was not the same: a tag was moved, or a private proxy serves "
        "something else. The gateway's go.sum tells the right checksum.",
        (_differs("github.com/example/module"),),
        ("cd PLUGIN_FOLDER && cp GATEWAY_CHECKOUT/go.sum go.sum && go clean -modcache && go mod tidy", _REBUILD),
    ),
    Kind(
        "dependency-edited",
        "A shared dependency was compiled from changed source",
        FAILS,
        PACKAGES,
        "{module} has the same version and checksum on both sides, yet its packages differ, and nothing else that is recorded explains it.",
        "One side did not compile the published source: an edited vendor folder, a changed module cache, an -overlay. The binary does "
        "not tell which side.",
        (_differs("github.com/example/module"),),
        (
            "cd PLUGIN_FOLDER && go mod verify",
            "cd PLUGIN_FOLDER && GOFLAGS=-mod=readonly {build}",
            "cd GATEWAY_CHECKOUT && git status --short vendor",
        ),
    ),
    Kind(
        "dependency-major-coexists",
        "Another major version of a dependency, side by side",
        TOLD,
        NEVER,
        "The gateway has {gateway}, the plugin {plugin}.",
        "Major versions with their own import paths are different packages: both may be in one process. Values of the one cannot be "
        "handed to the other.",
    ),
    Kind(
        "dependencies-in-step",
        "Dependencies to keep in step with the gateway",
        TOLD,
        NEVER,
        "{count} dependencies are shared with the gateway at equal versions.",
        "As long as the plugin uses packages of these modules, their versions must be the gateway's. Look at them again when the "
        "gateway is upgraded.",
    ),
    Kind(
        "gateway-not-in-workspace",
        "The gateway's packages were not compiled as a workspace module",
        FAILS,
        PACKAGES,
        "{module}: the gateway was compiled from {gateway}, the plugin used {plugin}.",
        "The plugin uses packages of the gateway. The gateway's were compiled from a checkout, where a module has no version; the "
        "plugin's come from the module cache or from a replace directive, and carry a version. "
        "That version is part of the fingerprint. With go.work both are compiled the same way.",
        (_differs("github.com/TykTechnologies/tyk/log"),),
        (
            "cd PLUGIN_FOLDER && go mod edit -dropreplace={module}",
            "cd PLUGIN_FOLDER/.. && {toolchain} go work init PLUGIN_FOLDER GATEWAY_CHECKOUT",
            "cd PLUGIN_FOLDER/.. && go work edit -replace={module}@{required}=GATEWAY_CHECKOUT",
            "cd PLUGIN_FOLDER && unset GOWORK && {build}",
        ),
    ),
    Kind(
        "gateway-source-differs",
        "The plugin was built beside another source of the gateway",
        FAILS,
        PACKAGES,
        "Packages of {module} differ, and nothing else does. The gateway was built from {source}.",
        "The gateway's packages in the plugin were compiled from another commit than the gateway, or from a changed checkout. A release "
        "branch moves on after its release: check out the commit that the gateway's binary names.",
        (_differs("github.com/TykTechnologies/tyk/..."),),
        ("cd GATEWAY_CHECKOUT && git stash && git fetch origin {commit} && git checkout --detach {commit}", _REBUILD),
    ),
    Kind(
        "unexplained-packages",
        "Packages differ, and nothing recorded explains it",
        FAILS,
        PACKAGES,
        "{count} packages differ although everything that both files tell about their build is the same.",
        "The loader refuses the plugin. The first of these packages in the list is the root: the loader's order puts each package after "
        "those that it imports.",
        (),
        ("go clean -cache", _REBUILD),
    ),
    # --- The plugin among others ------------------------------------------------------------------------------------------------------
    Kind(
        "plugin-path-taken",
        "Another plugin has the same module path",
        FAILS,
        SET,
        "{plugin} and {other} are both {plugin_path}. Whichever is loaded second is refused.",
        "A Go process knows a plugin by the import path of its main package, that is the module path in its go.mod, not by the name of "
        "its file. Two plugins, or two builds of one plugin, with the same path cannot both be loaded. "
        "To load a new build without restarting the gateway, give each build a module path of its own.",
        ("plugin already loaded",),
        ("cd PLUGIN_FOLDER && go mod edit -module={suggestion}", _REBUILD),
    ),
    Kind(
        "plugin-path-collides",
        "The plugin has the name of a package of the gateway",
        FAILS,
        PACKAGES,
        "The plugin's own package is named {plugin_path}, and the gateway contains a package of that name.",
        "The runtime takes the plugin's main package for the gateway's package of the same name. The module path in the plugin's go.mod "
        "must be one that nothing in the gateway uses; above all it must not be main.",
        (_differs("main"),),
        ("cd PLUGIN_FOLDER && go mod edit -module={suggestion}", _REBUILD),
    ),
    Kind(
        "plugins-differ",
        "Two plugins share a dependency at different versions",
        FAILS,
        SET,
        "{plugin} and {other} both contain {first}, which the gateway lacks, but not the same one. Whichever is loaded second is refused.",
        "All plugins live in one process with the gateway. A package that the gateway lacks comes with the first plugin that is loaded, "
        "and every later plugin is compared with that one.",
        (_differs("gopkg.in/yaml.v3"),),
        ("cd PLUGIN_FOLDER && go mod edit -require={module}@{version}", _REBUILD),
    ),
    # --- Symbols ----------------------------------------------------------------------------------------------------------------------
    Kind(
        "symbol-missing",
        "The plugin lacks the symbol",
        FAILS,
        LOOKUP,
        "{symbol} is not exported by the plugin's main package. It exports: {exported}.",
        "The API definition names a function of the plugin. It must stand in package main, at the top level, and begin with a capital "
        "letter; names are case-sensitive.",
        ("plugin: symbol AuthCheck not found in plugin testplugin",),
        ("grep -rn {pattern} PLUGIN_FOLDER",),
    ),
    Kind(
        "symbol-not-a-function",
        "The symbol is a variable, not a function",
        FAILS,
        CAST,
        "{symbol} is a variable. As a {hook} hook the gateway needs {wanted}.",
        "The gateway finds the symbol, and 'plugin load' is content with it. But for a variable Go hands out a pointer, which the "
        "gateway cannot turn into a hook: the first request to the API fails. Write a function that calls it.",
        (
            "could not cast function symbol to http.HandlerFunc",
            "could not cast function symbol to TykResponseHandler",
            "could not cast function symbol to AnalyticsPlugin function",
        ),
        ("grep -rn {pattern} PLUGIN_FOLDER",),
    ),
    Kind(
        "signature-differs",
        "The function has the wrong signature for its hook",
        FAILS,
        CAST,
        "{symbol} is {found}. As a {hook} hook the gateway needs {wanted}.",
        "Each kind of hook has its own parameters. The gateway finds the symbol, and 'plugin load' is content with it, but the gateway "
        "cannot use it: the API is served without the plugin, or each request to it fails. A type of another package is another type, "
        "also where both packages have the same name: it must be net/http of Go itself, not a copy of it at another import path.",
        (
            "could not cast function symbol to http.HandlerFunc",
            "could not cast function symbol to TykResponseHandler",
            "could not cast function symbol to AnalyticsPlugin function",
        ),
        ("grep -rn {pattern} PLUGIN_FOLDER",),
    ),
    Kind(
        "signature-unknown",
        "The signature of a hook cannot be read",
        TOLD,
        NEVER,
        "{symbol} is a function, but the file does not tell enough of its parameters. As a {hook} hook the gateway needs {wanted}.",
        "The types of exported functions stand in the plugin's type data, and a number made of their full names. Where these cannot be "
        "read, as in plugins of Go before 1.19, only a request through the gateway tells whether the signature is right.",
    ),
    # --- Libraries and the host -------------------------------------------------------------------------------------------------------
    Kind(
        "libc-differs",
        "Another C library",
        FAILS,
        OPEN,
        "The gateway uses {gateway}, the plugin {plugin}.",
        "Programs of Alpine Linux use musl, those of Debian, Red Hat and most others glibc. One process cannot use both. Build the "
        "plugin on a host, or with a C compiler, of the gateway's kind.",
        (
            "cannot open shared object file: No such file or directory",
            "Error relocating ...: symbol not found",
            "Error loading shared library ...",
            "libc.so: invalid ELF header",
        ),
        (_REBUILD_WITH,),
    ),
    Kind(
        "libc-newer-than-gateway",
        "The plugin needs a newer C library than the gateway does",
        TOLD,
        NEVER,
        "The gateway asks for glibc {gateway}, the plugin for {plugin}.",
        "The plugin was linked on a system with a newer glibc than the gateway. It loads only on hosts that have at least that one, "
        "although the gateway itself starts on older ones.",
        ("version `GLIBC_...' not found",),
        ("ldd --version", _REBUILD_WITH),
    ),
    Kind(
        "host-differs",
        "This machine is not one of the gateway's kind",
        TOLD,
        NEVER,
        "This machine is {host}, the gateway is for {gateway}.",
        "What the machine offers (C library, shared libraries, CPU) was to be checked too. Here it says nothing about the gateway's host.",
    ),
    Kind(
        "libc-newer-than-host",
        "The C library of this machine is too old",
        FAILS,
        OPEN,
        "The {side} needs glibc {needed}, this machine has {host}.",
        "A file that was linked on a system with a newer glibc asks for functions that an older glibc does not have. Build it on a host "
        "with an old glibc, or with a C compiler that links for one, such as zig.",
        ("version `GLIBC_...' not found",),
        (_REBUILD_WITH,),
        cure_gateway=(_REBUILD_GATEWAY_WITH,),
    ),
    Kind(
        "system-older-than-file",
        "The system of this machine is older than what a file was made for",
        UNKNOWN,
        OPEN,
        "The {side} was made for {needed} or newer, this machine has {host}.",
        "A file that was linked for a newer release of the system may ask for functions that an older one does not have; where it asks "
        "for none, it loads all the same, and only loading tells. "
        "Build it on the oldest release that it shall run on, or tell the C compiler to link for that.",
        ("version FBSD_... required by ... not defined", "Symbol not found ... (which was built for Mac OS X ...)"),
        ("cd PLUGIN_FOLDER && {setting}={value} {build}",),
        cure_gateway=("cd GATEWAY_CHECKOUT && {setting}={value} {build_gateway}",),
    ),
    Kind(
        "host-not-known",
        "This machine does not tell all that was to be checked",
        TOLD,
        NEVER,
        "Not compared with this machine: {needs}.",
        "What the machine offers (C library, release of the system, CPU) was to be checked too, but for these needs of the two files the "
        "machine does not say whether it meets them. They were not compared, so the verdict says nothing about them.",
    ),
    Kind(
        "library-missing",
        "A shared library is missing on this machine",
        UNKNOWN,
        OPEN,
        "{path} needs {libraries}, which the dynamic loader of this machine does not find in its usual places.",
        "The dynamic loader must find each library that a file names, or it refuses the file. Install the package that has the library; "
        "a path that the file itself names (RUNPATH) is not looked at here.",
        ("cannot open shared object file: No such file or directory",),
        ("ldd {path}",),
    ),
    Kind(
        "cpu-level-above-host",
        "The CPU of this machine is too old",
        MAY_CRASH,
        NEVER,
        "The {side} was built with {setting}={needed}, the CPU of this machine is {host}.",
        "The compiler was allowed to use instructions that this CPU does not have. A gateway says so when it starts; a plugin loads, and "
        "the whole process ends when such an instruction is reached.",
        ("This program can only be run on AMD64 processors with v3 microarchitecture support.", "SIGILL: illegal instruction"),
        (_REBUILD_FOR_HOST,),
        cure_gateway=(_REBUILD_GATEWAY_FOR_HOST, _REBUILD_FOR_HOST),
    ),
    # --- The second proof -------------------------------------------------------------------------------------------------------------
    Kind(
        "profile-differs",
        "The gateway is not the one that was expected",
        TOLD,
        NEVER,
        "{name}: expected {expected}, the gateway's binary has {gateway}.",
        "The plugin was built for a build profile that says something else than this gateway's binary. The binary is right: build again "
        "with the profile that it gives.",
    ),
    Kind(
        "loader-disagrees",
        "The gateway's loader says something else than the verdict",
        FAILS,
        LOOKUP,
        "{symbol}: from the files the answer is '{static}', the gateway answered '{loader}'.",
        "The gateway itself loaded the plugin, or refused it, against what its file says. The gateway is right. What it met cannot be "
        "seen in the two files: a library or symbol that this host lacks, an init function that fails, "
        "another file than the one that was read. Please report it with the output of both.",
        ("undefined symbol", "panic: ..."),
    ),
    Kind(
        "loader-not-run",
        "The gateway could not be asked",
        UNKNOWN,
        NEVER,
        "The gateway did not answer: {reason}.",
        "Loading was asked for, but the gateway could not be run here, did not answer in time, or the plugin has no symbol to look up. "
        "A proof that was asked for is missing, so the verdict is not taken for proved.",
        ("Exec format error",),
    ),
)

KINDS: dict[str, Kind] = {kind.code: kind for kind in _TABLE}


def make(
    code: str,
    words: t.Mapping[str, t.Any],
    *,
    packages: t.Sequence[str] = (),
    effect: str | None = None,
    stage: str | None = None,
    of_gateway: bool = False,
    evidence: t.Mapping[str, t.Any] | None = None,
) -> Finding:
    """The finding C(code), filled in with C(words).

    words: values for the braces of the row; they come from files that nobody vouches for, so they are made printable,
    and quoted for the shell in commands. build, build_gateway, ... are commands themselves and taken as they are.
    of_gateway: whether the gateway is the one that was built as others are not.
    evidence: by default the words that are not commands.
    """
    kind = KINDS[code]
    plain = {key: printable(value) for key, value in words.items()}
    shell = {key: value if key in COMMAND_WORDS else shlex.quote(value) for key, value in plain.items()}
    return Finding(
        code=code,
        effect=kind.effect if effect is None else effect,
        stage=kind.stage if stage is None else stage,
        title=kind.title,
        message=kind.message.format_map(plain),
        meaning=kind.meaning,
        evidence=dict(evidence if evidence is not None else {key: value for key, value in words.items() if key not in COMMAND_WORDS}),
        packages=tuple(packages),
        cure=tuple(command.format_map(shell) for command in (of_gateway and kind.cure_gateway) or kind.cure),
    )


# Words that are whole commands; whoever makes them quotes their parts.
COMMAND_WORDS = ("build", "build_gateway", "build_trimmed", "replace", "toolchain")


def printable(value: t.Any) -> str:
    """A word from a file as text for a terminal: nothing in it can move the cursor or begin a new line."""
    if isinstance(value, (list, tuple)):
        return ", ".join(printable(item) for item in value) or "none"
    text = str(value)
    return "".join(character if character.isprintable() else "\ufffd" for character in text) or "none"
