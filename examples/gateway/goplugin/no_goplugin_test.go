//go:build !goplugin

package goplugin

import "testing"

func TestLoadingIsSwitchedOff(t *testing.T) {
	_, symbol := GetSymbol("hook.so", "Hook")
	_, handler := GetHandler("hook.so", "Hook")
	_, response := GetResponseHandler("hook.so", "Hook")
	for name, err := range map[string]error{"GetSymbol": symbol, "GetHandler": handler, "GetResponseHandler": response} {
		if want := "goplugin." + name + " is disabled, use -tags=goplugin to enable"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
