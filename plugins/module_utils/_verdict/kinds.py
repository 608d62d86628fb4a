# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table of findings. Verdict, messages and documentation are made from it.

In messages and cures, words in braces are filled in from the two files. In cures, words in capitals are the user's:
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
    quiet: str = INFO
    cure_gateway: tuple[str, ...] = ()


def _differs(package: str) -> str:
    return f"plugin was built with a different version of package {package}"


_REBUILD = "cd PLUGIN_FOLDER && {build}"
_REBUILD_GATEWAY = "cd GATEWAY_CHECKOUT && {build_gateway}"
_REBUILD_BOTH = (_REBUILD_GATEWAY, "cd PLUGIN_FOLDER && {build_trimmed}")
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
        code="not-a-go-binary",
        title="The plugin is not a Go binary",
        effect=FAILS,
        stage=OPEN,
        message="{path} is not a whole compiled Go file: {reason}.",
        meaning=(
            "A Go plugin is a shared library that the Go compiler made. This file is something else, or it was cut off while it was "
            "copied. Some such files the system refuses to open; others (a shared library of another language, a file that ends too "
            "early) end the whole gateway process the moment it opens them."
        ),
        errors=(
            "invalid ELF header",
            "file too short",
            "cannot read file data",
            "fatal error: runtime: no plugin module data",
            "unexpected fault address",
        ),
        cure=("file {path}", _REBUILD),
    ),
    Kind(
        code="plugin-file-missing",
        title="The gateway does not find the plugin's file",
        effect=FAILS,
        stage=OPEN,
        message="There is no plugin at {path}: {reason}.",
        meaning=(
            "For a plugin named.so in an API definition the gateway looks for named_v5.3.6_linux_amd64.so, then for the same without "
            "the v, then for the exact name; version and platform are its own. A relative path counts from the gateway's working "
            "directory."
        ),
        errors=("plugin file not found", "realpath failed"),
        cure=("ls -l {path}",),
    ),
    Kind(
        code="plugin-file-unreadable",
        title="The plugin's file cannot be read here",
        effect=UNKNOWN,
        stage=OPEN,
        message="{path} is there, but this user cannot read it: {reason}.",
        meaning=(
            "The verdict is made from what stands in the file. The gateway may run as a user who can read it; then this says nothing "
            "about the plugin. Run the check as that user, or as root."
        ),
        errors=("cannot open shared object file: Permission denied",),
        cure=("ls -l {path}", "chmod a+r {path}"),
    ),
    Kind(
        code="universal-file",
        title="A file for several CPUs",
        effect=INFO,
        stage=NEVER,
        message="The gateway is for {gateway}, the plugin for {plugin}; this verdict is about {judged}.",
        meaning=(
            "A universal file of macOS holds a whole program, or plugin, for each CPU; the system takes the one that it runs. Where "
            "only one of the two files is universal, its slice for the other's platform is compared. Where both are, it is the slice "
            "for this machine, and on a machine of another kind each that both have: the worst verdict is the one that you see."
        ),
    ),
    Kind(
        code="not-a-plugin",
        title="The Go binary was not built as a plugin",
        effect=FAILS,
        stage=OPEN,
        message="{path} was built with -buildmode={build_mode}, a plugin needs -buildmode=plugin.",
        meaning=(
            "The Go compiler makes programs unless told otherwise. Only -buildmode=plugin makes a file that another Go program can "
            "load. A program is refused; a shared library made for C (-buildmode=c-shared) ends the whole gateway process."
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
            "The verdict compares the plugin with the very file that will load it. A wrapper script, a package or a file that was cut "
            "off while it was copied tells nothing about the gateway inside."
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
            "Tyk Gateway can load Go plugins only when it was compiled with the build tag goplugin and with cgo. Without them, every "
            "plugin is refused, whatever the plugin is like."
        ),
        errors=(
            "goplugin.GetSymbol is disabled, use -tags=goplugin to enable",
            "goplugin.GetHandler is disabled, use -tags=goplugin to enable",
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
            "Go opens plugins through the C library of the system, so both gateway and plugin must be compiled with CGO_ENABLED=1 and "
            "a C compiler. Cross compilation switches cgo off unless told otherwise."
        ),
        errors=("plugin: not implemented", "-buildmode=plugin requires external (cgo) linking, but cgo is not enabled"),
        cure=(_REBUILD_GATEWAY, _REBUILD),
    ),
    Kind(
        code="platform-differs",
        title="The plugin was built for another platform",
        effect=FAILS,
        stage=OPEN,
        message="The gateway is for {gateway}, the plugin for {plugin}.",
        meaning=(
            "A plugin is machine code: it runs only on the operating system and the CPU that it was compiled for, and these must be "
            "the gateway's."
        ),
        errors=(
            "cannot open shared object file: No such file or directory",
            "wrong ELF class: ELFCLASS32",
            "wrong ELF class: ELFCLASS64",
            "ELF file data encoding not little-endian",
            "ELF file OS ABI invalid",
        ),
        cure=(_REBUILD,),
    ),
    Kind(
        code="build-info-missing",
        title="A file does not tell how it was built",
        effect=MAY_CRASH,
        stage=NEVER,
        message="The {side} does not carry {missing}, so that cannot be compared.",
        meaning=(
            "Go writes the version of the compiler, the flags and the versions of all modules into each binary; Go before 1.18 wrote "
            "less, and some build systems leave it out. The fingerprints of the packages are still compared, and they decide whether "
            "the plugin loads. But differences that the loader does not notice, such as the patch release of Go, stay unseen."
        ),
        errors=(),
        cure=("go version -m {path}",),
    ),
    Kind(
        code="fingerprints-missing",
        title="The plugin lacks what its packages could be compared by",
        effect=UNKNOWN,
        stage=PACKAGES,
        message="{path} was built with -buildmode=plugin, but no package fingerprint can be found in it.",
        meaning=(
            "Go's linker writes a fingerprint of each package into every plugin. A tool that rewrites binaries (a packer, an "
            "obfuscator) may have taken them away. Without them only loading tells whether the plugin loads."
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
            "Between these two Go releases the layout of the data changed that the Go runtime keeps about each loaded module. The "
            "gateway reads the plugin's data wrongly before it comes to compare versions. There is no error to handle: the whole "
            "gateway process ends, with everything that it serves."
        ),
        errors=(
            "fatal error: runtime: no plugin module data",
            "panic: runtime error: invalid memory address or nil pointer dereference ... plugin.lastmoduleinit",
        ),
        cure=(_REBUILD,),
    ),
    Kind(
        code="go-line-differs",
        title="Another Go release line",
        effect=FAILS,
        stage=PACKAGES,
        message="The gateway was compiled with {gateway}, the plugin with {plugin}.",
        meaning=(
            "Gateway and plugin share Go's runtime and standard library inside one process. Both must be compiled with the same Go "
            "release, for between two lines almost every package differs. " + _FIRST_PACKAGES
        ),
        errors=(_differs("internal/goarch"), _differs("internal/abi")),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
    ),
    Kind(
        code="go-patch-differs",
        title="Another patch release of Go",
        effect=FAILS,
        stage=PACKAGES,
        message="The gateway was compiled with {gateway}, the plugin with {plugin}.",
        meaning=(
            "Both must be compiled with exactly the same Go release, the last number included. A patch release changes few packages: "
            "where the plugin uses one of them it is refused; where it uses none it loads, and the two compilers' code runs side by "
            "side in one process, which Go does not promise to work."
        ),
        errors=(_differs("encoding/gob"),),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
    ),
    Kind(
        code="trimpath-differs",
        title="-trimpath on one side only",
        effect=FAILS,
        stage=PACKAGES,
        message="The {with} was built with -trimpath, the {without} without.",
        meaning=(
            "Without -trimpath the compiler writes the folders of the source files into the code, with it the names of the modules. "
            "So the same source gives different packages, the standard library included. Released gateways are built with "
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
            "module cache is, where the gateway's source lies. Such a gateway accepts only plugins built with everything in the very "
            "same folders."
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
        meaning=("The race detector adds code to nearly every package. Both sides have it or neither has it. " + _FIRST_PACKAGES),
        errors=(_differs("runtime/internal/sys"), _differs("internal/runtime/sys"), _differs("runtime")),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
    ),
    Kind(
        code="msan-differs",
        title="-msan on one side only",
        effect=FAILS,
        stage=PACKAGES,
        message="The {with} was built with -msan, the {without} without.",
        meaning=(
            "The memory sanitizer adds code to nearly every package, and the part of it that must be in the program cannot be brought "
            "by a plugin. Both sides have it or neither has it."
        ),
        errors=(_differs("runtime"), "undefined symbol: __msan_..."),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
    ),
    Kind(
        code="asan-differs",
        title="-asan on one side only",
        effect=FAILS,
        stage=PACKAGES,
        message="The {with} was built with -asan, the {without} without.",
        meaning=(
            "The address sanitizer adds code to nearly every package. Both sides have it or neither has it. Where only the plugin has "
            "it, the sanitizer itself ends the whole gateway process as soon as the plugin is opened."
        ),
        errors=(_differs("internal/bytealg"), "ASan runtime does not come first in initial library list"),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
        cure_gateway=(_REBUILD, _ASAN_OPTIONS),
    ),
    Kind(
        code="asan-on-both",
        title="The address sanitizer takes the plugin for an error",
        effect=FAILS,
        stage=OPEN,
        message="Gateway and plugin were both built with -asan.",
        meaning=(
            "Gateway and plugin carry the same global variables of the Go runtime. The address sanitizer reports that as an error and "
            "ends the gateway, unless it is told not to look for it."
        ),
        errors=("AddressSanitizer: odr-violation",),
        cure=(_ASAN_OPTIONS,),
    ),
    Kind(
        code="cover-differs",
        title="Coverage counters are not the same on both sides",
        effect=FAILS,
        stage=PACKAGES,
        message="The gateway was built {gateway} -cover, the plugin {plugin}.",
        meaning=(
            "Coverage counters change the code of the packages that they count: by default those of the main modules, the gateway's "
            "own among them. Which packages were chosen with -coverpkg is not recorded in the binary. Coverage is for tests; leave it "
            "out of both, or give both the same flags."
        ),
        errors=(_differs("github.com/TykTechnologies/tyk/log"),),
        cure=(_REBUILD,),
    ),
    Kind(
        code="tags-differ",
        title="Other build tags",
        effect=FAILS,
        stage=PACKAGES,
        message="Tags of the gateway only: {only_gateway}. Tags of the plugin only: {only_plugin}.",
        meaning=(
            "Build tags choose which source files a package is made of. Packages that look at one of these tags are then other "
            "packages. The tag goplugin alone is harmless: it is read only in the gateway's package that loads plugins."
        ),
        errors=(_differs("net"),),
        cure=(_REBUILD,),
    ),
    Kind(
        code="goexperiment-differs",
        title="Other GOEXPERIMENT",
        effect=FAILS,
        stage=PACKAGES,
        message="GOEXPERIMENT of the gateway: {gateway}, of the plugin: {plugin}.",
        meaning=(
            "GOEXPERIMENT switches unfinished features of the compiler and the runtime on or off, and boringcrypto, by which older "
            "FIPS gateways were made, exchanges the cryptography. Both must be compiled with the same value."
        ),
        errors=(_differs("internal/goexperiment"), _differs("crypto/internal/boring")),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
    ),
    Kind(
        code="gofips140-differs",
        title="Other GOFIPS140",
        effect=FAILS,
        stage=PACKAGES,
        message="GOFIPS140 of the gateway: {gateway}, of the plugin: {plugin}.",
        meaning=(
            "GOFIPS140 chooses the cryptographic module that is compiled in. FIPS gateways are built with a certified one, other "
            "gateways with the one of the Go release; a plugin must be built with the same."
        ),
        errors=(_differs("crypto/internal/fips140/..."),),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
    ),
    Kind(
        code="gcflags-differ",
        title="Other compiler flags",
        effect=FAILS,
        stage=PACKAGES,
        message="Flags of the gateway: {gateway}. Flags of the plugin: {plugin}.",
        meaning=(
            "Flags such as -gcflags='all=-N -l' switch inlining and optimization off, as for a debugger. Code that is inlined becomes "
            "part of a package's fingerprint, so both sides need the same flags."
        ),
        errors=(_differs("internal/abi"),),
        cure=(_REBUILD,),
    ),
    Kind(
        code="pgo-differs",
        title="A profile for optimization on one side only",
        effect=FAILS,
        stage=PACKAGES,
        message="-pgo of the gateway: {gateway}, of the plugin: {plugin}.",
        meaning=(
            "A file default.pgo beside the main package of a program lets Go inline other functions, in all packages. The plugin must "
            "be compiled with the same profile. The binary tells only the name of the profile's file, not what is in it."
        ),
        errors=(_differs("runtime"), _differs("sync"), _differs("strconv")),
        cure=(_REBUILD,),
    ),
    Kind(
        code="cpu-level-differs",
        title="Another CPU level",
        effect=FAILS,
        stage=PACKAGES,
        message="{setting} of the gateway: {gateway}, of the plugin: {plugin}.",
        meaning=(
            "GOAMD64, GOARM64 and their like tell which instructions of the CPU the compiler may use. A plugin built for a higher "
            "level loads everywhere and dies of an illegal instruction (SIGILL) on a CPU that lacks them. A lower level is harmless."
        ),
        errors=("SIGILL: illegal instruction",),
        cure=(_REBUILD,),
        quiet=MAY_CRASH,
    ),
    Kind(
        code="standard-library-differs",
        title="The standard library differs, and no flag explains it",
        effect=FAILS,
        stage=PACKAGES,
        message="Go version and flags are the same on both sides as far as they are recorded, yet packages of the standard library differ.",
        meaning=(
            "The standard library comes with the compiler. If it differs, the compiler is not the same: a distribution's patched Go "
            "under the same version number, a changed GOROOT, flags that are not recorded (-overlay, -toolexec), or other C "
            "headers, for packages that contain C. " + _FIRST_PACKAGES
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
            "Gateway and plugin both use packages of this module, and in one process there can be only one version of each. The "
            "plugin must be compiled with the gateway's version, even if the two versions hardly differ. A replace directive does not "
            "help, for the version that go.mod requires is part of the fingerprint. Another major version with its own import path "
            "(.../v4) is another module and may stay. If the last command finds that another dependency asks for the newer version, "
            "lower that dependency too."
        ),
        errors=(_differs("github.com/sirupsen/logrus"),),
        cure=(
            "cd PLUGIN_FOLDER && go mod edit -require={module}@{gateway}",
            "cd PLUGIN_FOLDER && go mod graph | grep -F ' '{module}@",
            _REBUILD,
        ),
    ),
    Kind(
        code="dependency-pseudo-version",
        title="A shared dependency without released versions differs",
        effect=FAILS,
        stage=PACKAGES,
        message="{module}: gateway {gateway}, plugin {plugin}.",
        meaning=(
            "This dependency is used at a commit, or from a time before it had a go.mod file, so Go made up a version for it (a "
            "pseudo-version, or +incompatible). 'go get' and 'go mod tidy' easily choose a newer one. The plugin must name exactly "
            "the gateway's, or do without this dependency."
        ),
        errors=(_differs("github.com/example/module"),),
        cure=(
            "cd PLUGIN_FOLDER && go mod edit -require={module}@{gateway}",
            "cd PLUGIN_FOLDER && go mod graph | grep -F ' '{module}@",
            _REBUILD,
        ),
    ),
    Kind(
        code="dependency-replaced",
        title="A shared dependency is replaced on one side, or by something else",
        effect=FAILS,
        stage=PACKAGES,
        message="{module}: gateway {gateway}, plugin {plugin}.",
        meaning=(
            "A replace directive in go.mod or go.work exchanges the source of a module. The plugin must be compiled from the same "
            "source under the same required version: take over the gateway's replace directives, and no others for modules that the "
            "gateway uses."
        ),
        errors=(_differs("github.com/example/module"),),
        cure=("cd GATEWAY_CHECKOUT && go mod edit -json | grep -A20 Replace", "cd PLUGIN_FOLDER && {replace}", _REBUILD),
    ),
    Kind(
        code="dependency-content-differs",
        title="A shared dependency has the same version but other content",
        effect=FAILS,
        stage=PACKAGES,
        message="{module} {version} has the checksum {gateway} in the gateway and {plugin} in the plugin.",
        meaning=(
            "Both sides name the same version, but the downloaded source was not the same: a tag was moved, or a private proxy serves "
            "something else. The gateway's go.sum tells the right checksum."
        ),
        errors=(_differs("github.com/example/module"),),
        cure=("cd PLUGIN_FOLDER && cp GATEWAY_CHECKOUT/go.sum go.sum && go clean -modcache && go mod tidy", _REBUILD),
    ),
    Kind(
        code="dependency-edited",
        title="A shared dependency was compiled from changed source",
        effect=FAILS,
        stage=PACKAGES,
        message=(
            "{module} has the same version and checksum on both sides, yet its packages differ, and nothing else that is recorded "
            "explains it."
        ),
        meaning=(
            "One side did not compile the published source: an edited vendor folder, a changed module cache, an -overlay. The binary "
            "does not tell which side."
        ),
        errors=(_differs("github.com/example/module"),),
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
            "Major versions with their own import paths are different packages: both may be in one process. Values of the one cannot "
            "be handed to the other."
        ),
    ),
    Kind(
        code="dependencies-in-step",
        title="Dependencies to keep in step with the gateway",
        effect=INFO,
        stage=NEVER,
        message="{count} dependencies are shared with the gateway at equal versions.",
        meaning=(
            "As long as the plugin uses packages of these modules, their versions must be the gateway's. Look at them again when the "
            "gateway is upgraded."
        ),
    ),
    Kind(
        code="gateway-not-in-workspace",
        title="The gateway's packages were not compiled as a workspace module",
        effect=FAILS,
        stage=PACKAGES,
        message="{module}: the gateway was compiled from {gateway}, the plugin used {plugin}.",
        meaning=(
            "The plugin uses packages of the gateway. The gateway's were compiled from a checkout, where a module has no version; the "
            "plugin's come from the module cache or from a replace directive, and carry a version. That version is part of the "
            "fingerprint. With go.work both are compiled the same way."
        ),
        errors=(_differs("github.com/TykTechnologies/tyk/log"),),
        cure=(
            "cd PLUGIN_FOLDER && go mod edit -dropreplace={module}",
            "cd PLUGIN_FOLDER/.. && {toolchain} go work init PLUGIN_FOLDER GATEWAY_CHECKOUT",
            "cd PLUGIN_FOLDER/.. && go work edit -replace={module}@{required}=GATEWAY_CHECKOUT",
            "cd PLUGIN_FOLDER && unset GOWORK && {build}",
        ),
    ),
    Kind(
        code="gateway-source-differs",
        title="The plugin was built beside another source of the gateway",
        effect=FAILS,
        stage=PACKAGES,
        message="Packages of {module} differ, and nothing else does. The gateway was built from {source}.",
        meaning=(
            "The gateway's packages in the plugin were compiled from another commit than the gateway, or from a changed checkout. A "
            "release branch moves on after its release: check out the commit that the gateway's binary names."
        ),
        errors=(_differs("github.com/TykTechnologies/tyk/..."),),
        cure=("cd GATEWAY_CHECKOUT && git stash && git fetch origin {commit} && git checkout --detach {commit}", _REBUILD),
    ),
    Kind(
        code="unexplained-packages",
        title="Packages differ, and nothing recorded explains it",
        effect=FAILS,
        stage=PACKAGES,
        message="{count} packages differ although everything that both files tell about their build is the same.",
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
        message="{plugin} and {other} are both {plugin_path}. Whichever is loaded second is refused.",
        meaning=(
            "A Go process knows a plugin by the import path of its main package, that is the module path in its go.mod, not by the "
            "name of its file. Two plugins, or two builds of one plugin, with the same path cannot both be loaded. To load a new "
            "build without restarting the gateway, give each build a module path of its own."
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
            "The runtime takes the plugin's main package for the gateway's package of the same name. The module path in the plugin's "
            "go.mod must be one that nothing in the gateway uses; above all it must not be main."
        ),
        errors=(_differs("main"),),
        cure=("cd PLUGIN_FOLDER && go mod edit -module={suggestion}", _REBUILD),
    ),
    Kind(
        code="plugins-differ",
        title="Two plugins share a dependency at different versions",
        effect=FAILS,
        stage=SET,
        message=(
            "{plugin} and {other} both contain {first}, which the gateway lacks, but not the same one. Whichever is loaded second is "
            "refused."
        ),
        meaning=(
            "All plugins live in one process with the gateway. A package that the gateway lacks comes with the first plugin that is "
            "loaded, and every later plugin is compared with that one."
        ),
        errors=(_differs("gopkg.in/yaml.v3"),),
        cure=("cd PLUGIN_FOLDER && go mod edit -require={module}@{version}", _REBUILD),
    ),
    # --- Symbols ----------------------------------------------------------------------------------------------------------------------
    Kind(
        code="symbol-missing",
        title="The plugin lacks the symbol",
        effect=FAILS,
        stage=LOOKUP,
        message="{symbol} is not exported by the plugin's main package. It exports: {exported}.",
        meaning=(
            "The API definition names a function of the plugin. It must stand in package main, at the top level, and begin with a "
            "capital letter; names are case-sensitive."
        ),
        errors=("plugin: symbol AuthCheck not found in plugin testplugin",),
        cure=("grep -rn {pattern} PLUGIN_FOLDER",),
    ),
    Kind(
        code="symbol-not-a-function",
        title="The symbol is a variable, not a function",
        effect=FAILS,
        stage=CAST,
        message="{symbol} is a variable. As a {hook} hook the gateway needs {wanted}.",
        meaning=(
            "The gateway finds the symbol, and 'plugin load' is content with it. But for a variable Go hands out a pointer, which the "
            "gateway cannot turn into a hook: the first request to the API fails. Write a function that calls it."
        ),
        errors=(
            "could not cast function symbol to http.HandlerFunc",
            "could not cast function symbol to TykResponseHandler",
            "could not cast function symbol to AnalyticsPlugin function",
        ),
        cure=("grep -rn {pattern} PLUGIN_FOLDER",),
    ),
    Kind(
        code="signature-differs",
        title="The function has the wrong signature for its hook",
        effect=FAILS,
        stage=CAST,
        message="{symbol} is {found}. As a {hook} hook the gateway needs {wanted}.",
        meaning=(
            "Each kind of hook has its own parameters. The gateway finds the symbol, and 'plugin load' is content with it, but the "
            "gateway cannot use it: the API is served without the plugin, or each request to it fails. A type of another package is "
            "another type, also where both packages have the same name: it must be net/http of Go itself, not a copy of it at another "
            "import path."
        ),
        errors=(
            "could not cast function symbol to http.HandlerFunc",
            "could not cast function symbol to TykResponseHandler",
            "could not cast function symbol to AnalyticsPlugin function",
        ),
        cure=("grep -rn {pattern} PLUGIN_FOLDER",),
    ),
    Kind(
        code="signature-unknown",
        title="The signature of a hook cannot be read",
        effect=INFO,
        stage=NEVER,
        message="{symbol} is a function, but the file does not tell enough of its parameters. As a {hook} hook the gateway needs {wanted}.",
        meaning=(
            "The types of exported functions stand in the plugin's type data, and a number made of their full names. Where these "
            "cannot be read, as in plugins of Go before 1.19, only a request through the gateway tells whether the signature is "
            "right."
        ),
    ),
    # --- Libraries and the host -------------------------------------------------------------------------------------------------------
    Kind(
        code="libc-differs",
        title="Another C library",
        effect=FAILS,
        stage=OPEN,
        message="The gateway uses {gateway}, the plugin {plugin}.",
        meaning=(
            "Programs of Alpine Linux use musl, those of Debian, Red Hat and most others glibc. One process cannot use both. Build "
            "the plugin on a host, or with a C compiler, of the gateway's kind."
        ),
        errors=(
            "cannot open shared object file: No such file or directory",
            "Error relocating ...: symbol not found",
            "Error loading shared library ...",
            "libc.so: invalid ELF header",
        ),
        cure=(_REBUILD_WITH,),
    ),
    Kind(
        code="libc-newer-than-gateway",
        title="The plugin needs a newer C library than the gateway does",
        effect=INFO,
        stage=NEVER,
        message="The gateway asks for glibc {gateway}, the plugin for {plugin}.",
        meaning=(
            "The plugin was linked on a system with a newer glibc than the gateway. It loads only on hosts that have at least that "
            "one, although the gateway itself starts on older ones."
        ),
        errors=("version `GLIBC_...' not found",),
        cure=("ldd --version", _REBUILD_WITH),
    ),
    Kind(
        code="host-differs",
        title="This machine is not one of the gateway's kind",
        effect=INFO,
        stage=NEVER,
        message="This machine is {host}, the gateway is for {gateway}.",
        meaning=(
            "What the machine offers (C library, shared libraries, CPU) was to be checked too. Here it says nothing about the "
            "gateway's host."
        ),
    ),
    Kind(
        code="libc-newer-than-host",
        title="The C library of this machine is too old",
        effect=FAILS,
        stage=OPEN,
        message="The {side} needs glibc {needed}, this machine has {host}.",
        meaning=(
            "A file that was linked on a system with a newer glibc asks for functions that an older glibc does not have. Build it on "
            "a host with an old glibc, or with a C compiler that links for one, such as zig."
        ),
        errors=("version `GLIBC_...' not found",),
        cure=(_REBUILD_WITH,),
        cure_gateway=(_REBUILD_GATEWAY_WITH,),
    ),
    Kind(
        code="system-older-than-file",
        title="The system of this machine is older than what a file was made for",
        effect=UNKNOWN,
        stage=OPEN,
        message="The {side} was made for {needed} or newer, this machine has {host}.",
        meaning=(
            "A file that was linked for a newer release of the system may ask for functions that an older one does not have; where it "
            "asks for none, it loads all the same, and only loading tells. Build it on the oldest release that it shall run on, or "
            "tell the C compiler to link for that."
        ),
        errors=("version FBSD_... required by ... not defined", "Symbol not found ... (which was built for Mac OS X ...)"),
        cure=("cd PLUGIN_FOLDER && {setting}={value} {build}",),
        cure_gateway=("cd GATEWAY_CHECKOUT && {setting}={value} {build_gateway}",),
    ),
    Kind(
        code="host-not-known",
        title="This machine does not tell all that was to be checked",
        effect=INFO,
        stage=NEVER,
        message="Not compared with this machine: {needs}.",
        meaning=(
            "What the machine offers (C library, release of the system, CPU) was to be checked too, but for these needs of the two "
            "files the machine does not say whether it meets them. They were not compared, so the verdict says nothing about them."
        ),
    ),
    Kind(
        code="library-missing",
        title="A shared library is missing on this machine",
        effect=UNKNOWN,
        stage=OPEN,
        message="{path} needs {libraries}, which the dynamic loader of this machine does not find in its usual places.",
        meaning=(
            "The dynamic loader must find each library that a file names, or it refuses the file. Install the package that has the "
            "library; a path that the file itself names (RUNPATH) is not looked at here."
        ),
        errors=("cannot open shared object file: No such file or directory",),
        cure=("ldd {path}",),
    ),
    Kind(
        code="cpu-level-above-host",
        title="The CPU of this machine is too old",
        effect=MAY_CRASH,
        stage=NEVER,
        message="The {side} was built with {setting}={needed}, the CPU of this machine is {host}.",
        meaning=(
            "The compiler was allowed to use instructions that this CPU does not have. A gateway says so when it starts; a plugin "
            "loads, and the whole process ends when such an instruction is reached."
        ),
        errors=("This program can only be run on AMD64 processors with v3 microarchitecture support.", "SIGILL: illegal instruction"),
        cure=(_REBUILD,),
        cure_gateway=(_REBUILD_GATEWAY, _REBUILD),
    ),
    # --- The second proof -------------------------------------------------------------------------------------------------------------
    Kind(
        code="profile-differs",
        title="The gateway is not the one that was expected",
        effect=INFO,
        stage=NEVER,
        message="{name}: expected {expected}, the gateway's binary has {gateway}.",
        meaning=(
            "The plugin was built for a build profile that says something else than this gateway's binary. The binary is right: build "
            "again with the profile that it gives."
        ),
    ),
    Kind(
        code="loader-disagrees",
        title="The gateway's loader says something else than the verdict",
        effect=FAILS,
        stage=LOOKUP,
        message="{symbol}: from the files the answer is '{static}', the gateway answered '{loader}'.",
        meaning=(
            "The gateway itself loaded the plugin, or refused it, against what its file says. The gateway is right. What it met "
            "cannot be seen in the two files: a library or symbol that this host lacks, an init function that fails, another file "
            "than the one that was read. Please report it with the output of both."
        ),
        errors=("undefined symbol", "panic: ..."),
    ),
    Kind(
        code="loader-not-run",
        title="The gateway could not be asked",
        effect=UNKNOWN,
        stage=NEVER,
        message="The gateway did not answer: {reason}.",
        meaning=(
            "Loading was asked for, but the gateway could not be run here, did not answer in time, or the plugin has no symbol to "
            "look up. A proof that was asked for is missing, so the verdict is not taken for proved."
        ),
        errors=("Exec format error",),
    ),
)

KINDS: dict[str, Kind] = {kind.code: kind for kind in _TABLE}
