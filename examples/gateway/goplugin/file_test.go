package goplugin

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestCandidatesNameReleaseAndPlatform(t *testing.T) {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	want := "p/hook_v5.99.0_" + platform + ".so p/hook_5.99.0_" + platform + ".so p/hook.so"
	for _, gateway := range []string{"v5.99.0", "v5.99.0-rc2", "5.99.0"} {
		if got := strings.Join(candidates("p/hook.so", gateway), " "); got != want {
			t.Errorf("%s: got %s, want %s", gateway, got, want)
		}
	}
	if got := candidates("p/hook.so", "unknown"); len(got) != 1 || got[0] != "p/hook.so" {
		t.Errorf("a gateway without a release: got %v", got)
	}
}

func TestFindFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hook.so")
	if _, err := FindFile(path); err == nil || !strings.Contains(err.Error(), "plugin file not found") {
		t.Errorf("a missing file: got %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := FindFile(path); err != nil || got != path {
		t.Errorf("got %s, %v", got, err)
	}
}
