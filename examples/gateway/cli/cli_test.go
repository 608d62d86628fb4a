package cli

import (
	"testing"
)

func TestVersion(t *testing.T) {
	want := `Release version: v5.99.0
Built by:        us
Build date:      today
Commit:          abc
Go version:      go1.22.7
OS/Arch:         linux/amd64
`
	if got := (gateway{"v5.99.0", "us", "today", "abc", toolchain{"linux", "amd64", "go1.22.7"}}).String(); got != want {
		t.Errorf("got %s", got)
	}
}
