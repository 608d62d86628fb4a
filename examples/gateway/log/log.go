// Package log has the one logger that gateway and plugins share.
package log

import (
	"os"
	"strings"

	"github.com/sirupsen/logrus"
)

var log = newLogger(os.Getenv("TYK_LOGLEVEL"))

// Get returns the gateway's logger.
func Get() *logrus.Logger {
	return log
}

func newLogger(level string) *logrus.Logger {
	logger := logrus.New()
	logger.Formatter = &logrus.TextFormatter{TimestampFormat: "Jan 02 15:04:05", FullTimestamp: true, DisableColors: true}
	if parsed, err := logrus.ParseLevel(strings.ToLower(level)); err == nil {
		logger.Level = parsed
	}
	return logger
}
