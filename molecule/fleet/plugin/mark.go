// A plugin that marks answers with its version. What a file on the gateway's host names goes wrong in it, except in v1.
package main

import (
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/TykTechnologies/tyk/log"
)

const version = "VERSION"

var logger = log.Get()

func init() {
	switch mistake() {
	case "init hangs":
		time.Sleep(time.Hour)
	case "init exits":
		logger.Error("this is the end")
		os.Exit(3)
	}
}

func mistake() string {
	if version == "v1" {
		return ""
	}
	text, _ := os.ReadFile("/opt/tyk-gateway/mistake")
	return strings.TrimSpace(string(text))
}

// Check is a hook of kind pre.
func Check(w http.ResponseWriter, r *http.Request) {
	if mistake() == "handler panics" {
		panic("no database")
	}
}

// Mark is a hook of kind response.
func Mark(w http.ResponseWriter, response *http.Response, r *http.Request) {
	if mistake() != "effect is absent" {
		response.Header.Set("X-Mark", version)
	}
}

func main() {}
