// A small gateway that loads Go plugins as Tyk Gateway does: the same module path, the packages that plugins import,
// the same command to try a plugin, and an HTTP server that runs plugin hooks. See ../README.md.
package main

import (
	"os"

	"github.com/TykTechnologies/tyk/cli"
)

func main() {
	cli.Run(os.Args[1:])
}
