//go:build !goplugin

// Package goplugin says that this gateway was built without plugin loading.
package goplugin

import (
	"fmt"
	"net/http"
)

const errDisabled = "goplugin.%s is disabled, use -tags=goplugin to enable"

func GetSymbol(_ string, _ string) (interface{}, error) {
	return nil, fmt.Errorf(errDisabled, "GetSymbol")
}

func GetHandler(_ string, _ string) (http.HandlerFunc, error) {
	return nil, fmt.Errorf(errDisabled, "GetHandler")
}

func GetResponseHandler(_ string, _ string) (func(rw http.ResponseWriter, res *http.Response, req *http.Request), error) {
	return nil, fmt.Errorf(errDisabled, "GetResponseHandler")
}
