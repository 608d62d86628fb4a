// A plugin without a go.mod, as most begin.
package main

import (
	"net/http"

	"github.com/TykTechnologies/tyk/ctx"
	"github.com/TykTechnologies/tyk/log"
)

// Stamp is a pre or post hook: it puts the key of the request into the log.
func Stamp(rw http.ResponseWriter, r *http.Request) {
	log.Get().WithField("key", ctx.GetAuthToken(r)).Debug("stamp")
	r.Header.Set("X-Stamp", "nomod")
}

func main() {}
