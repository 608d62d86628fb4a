package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func conf(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "tyk.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheEnvironmentOutranksTheFile(t *testing.T) {
	t.Setenv("TYK_GW_SECRET", "ours")
	t.Setenv("TYK_GW_CONTROLAPIPORT", "9")
	got, err := ReadConfig(conf(t, `{
		"listen_address": "::1", "listen_port": 8, "secret": "theirs", "app_path": "apps", "enable_hashed_keys": true, "storage": {"type": "redis"}
	}`))
	if err != nil || got.Secret != "ours" || got.AppPath != "apps" || got.EmbeddedPanic != panicFails {
		t.Errorf("got %+v, %v", got, err)
	}
	if got.address() != "[::1]:8" || got.controlAddress() != "[::1]:9" {
		t.Errorf("got %s and %s", got.address(), got.controlAddress())
	}
	got.Listen = "127.0.0.1:0"
	if got.address() != "127.0.0.1:0" {
		t.Errorf("got %s", got.address())
	}
}

func TestWithoutAFileThereAreDefaults(t *testing.T) {
	got, err := ReadConfig("")
	if err != nil || got.address() != "127.0.0.1:8080" || got.controlAddress() != "" || got.Timeout == 0 || got.SessionLifetime == 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAConfigurationThatIsNoneIsRefused(t *testing.T) {
	for problem, path := range map[string]string{
		"no such file":               "nowhere.conf",
		"invalid character":          conf(t, "{,"),
		"listen_port":                conf(t, `{"listen_port": "8"}`),
		`embedded_panic is "loud", `: conf(t, `{"embedded_panic": "loud"}`),
	} {
		if _, err := ReadConfig(path); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: got %v", problem, err)
		}
	}
	t.Setenv("TYK_GW_LISTENPORT", "many")
	if _, err := ReadConfig(""); err == nil || !strings.Contains(err.Error(), "TYK_GW_LISTENPORT") {
		t.Errorf("got %v", err)
	}
}
