//go:build goplugin

package cli

import (
	"strings"
	"testing"
)

func TestAFileThatCannotBeLoadedEndsIt(t *testing.T) {
	err := loadPlugins("nowhere/hook.so,other.so", "Hook")
	if err == nil || !strings.HasPrefix(err.Error(), `unexpected error: plugin.Open("nowhere/hook.so"): realpath failed`) {
		t.Errorf("got %v", err)
	}
}
