// Package cli is the gateway's command line.
package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/alecthomas/kingpin/v2"

	"github.com/TykTechnologies/tyk/goplugin"
	"github.com/TykTechnologies/tyk/internal/build"
	"github.com/TykTechnologies/tyk/server"
)

// Run parses the arguments and does what they say; an error ends the process, as in Tyk.
func Run(arguments []string) {
	app := kingpin.New("tyk", "A small gateway that loads Go plugins as Tyk Gateway does")
	app.HelpFlag.Short('h')
	app.Version(build.Version)
	addStart(app)
	addVersion(app)
	addPlugin(app)
	kingpin.MustParse(app.Parse(arguments))
}

func addStart(app *kingpin.Application) {
	start := app.Command("start", "Serve the APIs of definition files, and those of the app_path of a tyk.conf").Default()
	conf := start.Flag("conf", "load a named configuration file").PlaceHolder("FILE").String()
	listen := start.Flag("listen", "Address; port 0 takes a free one").String()
	apis := start.Arg("definition", "API definition, JSON or YAML").Strings()
	start.Action(func(*kingpin.ParseContext) error {
		config, err := server.ReadConfig(*conf)
		if err != nil {
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

// gateway is what `version` tells.
type gateway struct {
	Version   string
	BuiltBy   string
	BuildDate string
	Commit    string
	Go        toolchain
}

type toolchain struct {
	Os      string
	Arch    string
	Version string
}

func (g gateway) String() string {
	lines := [][2]string{
		{"Release version:", g.Version},
		{"Built by:", g.BuiltBy},
		{"Build date:", g.BuildDate},
		{"Commit:", g.Commit},
		{"Go version:", g.Go.Version},
		{"OS/Arch:", g.Go.Os + "/" + g.Go.Arch},
	}
	var text strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&text, "%-16s %s\n", line[0], line[1])
	}
	return text.String()
}

func addVersion(app *kingpin.Application) {
	version := app.Command("version", "Version and build information")
	asJSON := version.Flag("json", "Output in JSON format").Bool()
	this := gateway{build.Version, build.BuiltBy, build.BuildDate, build.Commit, toolchain{runtime.GOOS, runtime.GOARCH, runtime.Version()}}
	version.Action(func(*kingpin.ParseContext) error {
		if !*asJSON {
			fmt.Println(this)
			return nil
		}
		text, err := json.MarshalIndent(this, "", "    ")
		if err != nil {
			return err
		}
		fmt.Println(string(text))
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

// loadPlugins stops at the first file that does not load, as Tyk does.
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
