package goplugin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hashicorp/go-version"

	"github.com/TykTechnologies/tyk/internal/build"
	"github.com/TykTechnologies/tyk/log"
)

// FindFile returns the plugin file to load for the path in an API definition: for plugins/hook.so the first that exists of
// plugins/hook_v5.99.0_linux_amd64.so, plugins/hook_5.99.0_linux_amd64.so and plugins/hook.so.
func FindFile(path string) (string, error) {
	for _, candidate := range candidates(path, build.Version) {
		// A file that is there but cannot be read is for the loader to complain about.
		if _, err := os.Stat(candidate); !errors.Is(err, os.ErrNotExist) {
			return candidate, nil
		}
		log.Get().Warningf("plugin file %v doesn't exist", candidate)
	}
	return "", errors.New("plugin file not found")
}

func candidates(path string, gateway string) []string {
	release, err := version.NewVersion(gateway)
	if err != nil {
		return []string{path}
	}
	// A candidate loads the plugins of its release: core leaves "-rc1" out.
	core := release.Core().String()
	name := strings.TrimSuffix(filepath.Base(path), ".so")
	var files []string
	for _, prefix := range []string{"v", ""} {
		file := fmt.Sprintf("%s_%s%s_%s_%s.so", name, prefix, core, runtime.GOOS, runtime.GOARCH)
		files = append(files, filepath.Join(filepath.Dir(path), file))
	}
	return append(files, path)
}
