// A plugin that marks answers with its version. Where its host has the file "slow", the gateway needs some seconds to load it.
package main

import (
	"net/http"
	"os"
	"time"

	"github.com/TykTechnologies/tyk/log"
)

const version = "VERSION"

var logger = log.Get()

func init() {
	if _, err := os.Stat("/opt/tyk-gateway/slow"); err == nil {
		logger.Info("slow")
		time.Sleep(4 * time.Second)
	}
}

// Mark is a hook of kind response.
func Mark(w http.ResponseWriter, response *http.Response, r *http.Request) {
	response.Header.Set("X-Mark", version)
}

func main() {}
