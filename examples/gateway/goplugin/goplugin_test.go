//go:build goplugin

package goplugin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFileThatIsNoPluginIsRefusedByTheLoader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hook.so")
	if err := os.WriteFile(path, []byte("no plugin"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, symbol := GetSymbol(path, "Hook")
	_, handler := GetHandler(path, "Hook")
	_, response := GetResponseHandler(path, "Hook")
	for _, err := range []error{symbol, handler, response} {
		if err == nil || !strings.HasPrefix(err.Error(), `plugin.Open("`) {
			t.Errorf("got %v", err)
		}
	}
}
