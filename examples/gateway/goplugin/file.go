package goplugin

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hashicorp/go-version"

	"github.com/TykTechnologies/tyk/internal/build"
)

// FindFile returns the plugin file to load for the path in an API definition: for plugins/hook.so the first that exists of
// plugins/hook_v5.99.0_linux_amd64.so, plugins/hook_5.99.0_linux_amd64.so and plugins/hook.so.
func FindFile(path string) (string, error) {
	for _, candidate := range candidates(path, build.Version) {
		if _, err := os.Stat(candidate); err == nil {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("plugin file not found: %s", path)
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
