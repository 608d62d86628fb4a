// A plugin without a go.mod, as most begin.
package main

import (
	"net/http"

	"github.com/TykTechnologies/tyk/ctx"
	"github.com/TykTechnologies/tyk/log"
)

// Stamp is a pre or post hook: it tells the target who calls.
func Stamp(rw http.ResponseWriter, r *http.Request) {
	caller := "nobody"
	if session := ctx.GetSession(r); session != nil {
		caller = session.Alias
	}
	log.Get().WithField("caller", caller).Debug("stamp")
	r.Header.Set("X-Stamp", caller)
}

func main() {}
