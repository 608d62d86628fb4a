//go:build !goplugin

package cli

import "testing"

func TestLoadingIsSwitchedOff(t *testing.T) {
	err := loadPlugins("hook.so", "Hook")
	if err == nil || err.Error() != "unexpected error: goplugin.GetSymbol is disabled, use -tags=goplugin to enable" {
		t.Errorf("got %v", err)
	}
}
