// A plugin of several packages, with a dependency that the gateway does not have.
package main

import (
	"net/http"

	"github.com/TykTechnologies/tyk/ctx"

	"example.com/enrich/fold"
	"example.com/enrich/header"
)

// AddEnrichment is a pre or post hook: it names the API that was called, in plain letters.
func AddEnrichment(rw http.ResponseWriter, r *http.Request) {
	if definition := ctx.GetDefinition(r); definition != nil {
		r.Header.Set(header.API, fold.Plain(definition.Name))
	}
}

// SignResponse is a response hook.
func SignResponse(rw http.ResponseWriter, res *http.Response, req *http.Request) {
	res.Header.Set(header.SignedBy, "enrich")
}

func main() {}
