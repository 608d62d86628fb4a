package log

import (
	"testing"

	"github.com/sirupsen/logrus"
)

func TestLevel(t *testing.T) {
	for level, want := range map[string]logrus.Level{
		"": logrus.InfoLevel, "DEBUG": logrus.DebugLevel, "warn": logrus.WarnLevel, "error": logrus.ErrorLevel, "loud": logrus.InfoLevel,
	} {
		if got := newLogger(level).Level; got != want {
			t.Errorf("%q: got %s", level, got)
		}
	}
}

func TestThereIsOneLogger(t *testing.T) {
	if Get() != Get() {
		t.Error("there are two")
	}
}
