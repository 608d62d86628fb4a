// Package cli is the gateway's command line.
package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/kelseyhightower/envconfig"

	"github.com/TykTechnologies/tyk/goplugin"
	"github.com/TykTechnologies/tyk/internal/build"
	"github.com/TykTechnologies/tyk/server"
)

// Run parses the arguments and does what they say; an error ends the process, as in Tyk.
func Run(arguments []string) {
	app := kingpin.New("tyk", "A small gateway that loads Go plugins as Tyk Gateway does")
	app.HelpFlag.Short('h')
	app.Version(build.Version)
	addVersion(app)
	addPlugin(app)
	addStart(app)
	kingpin.MustParse(app.Parse(arguments))
}

func addVersion(app *kingpin.Application) {
	app.Command("version", "Tell which gateway this is").Action(func(*kingpin.ParseContext) error {
		fmt.Printf("Release version: %s\nBuilt by:        %s\nBuild date:      %s\nCommit:          %s\n", build.Version, build.BuiltBy, build.BuildDate, build.Commit)
		return nil
	})
}

func addPlugin(app *kingpin.Application) {
	load := app.Command("plugin", "Load plugin test").Command("load", "Load a plugin")
	files := load.Flag("file", "Plugin files, with commas between them").Short('f').String()
	symbol := load.Flag("symbol", "Function symbol name").Short('s').String()
	load.Action(func(*kingpin.ParseContext) error {
		return loadPlugins(*files, *symbol)
	})
}

func loadPlugins(files string, symbol string) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("unexpected panic: %v", thrown)
		}
	}()
	for _, file := range strings.Split(files, ",") {
		found, err := goplugin.GetSymbol(file, symbol)
		if err != nil {
			return fmt.Errorf("unexpected error: %w", err)
		}
		fmt.Printf("[file=%s, symbol=%s] loaded ok, got %v\n", file, symbol, found)
	}
	return nil
}

func addStart(app *kingpin.Application) {
	var config server.Config
	start := app.Command("start", "Serve the APIs of definition files")
	listen := start.Flag("listen", "Address; port 0 takes a free one").String()
	apis := start.Arg("definition", "API definition, JSON or YAML").Required().Strings()
	start.Action(func(*kingpin.ParseContext) error {
		if err := envconfig.Process("TYK_GW", &config); err != nil {
			return err
		}
		if *listen != "" {
			config.Listen = *listen
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return server.Serve(ctx, config, *apis)
	})
}
