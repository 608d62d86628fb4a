//go:build goplugin

// Package goplugin loads hooks from Go plugins.
package goplugin

import (
	"errors"
	"net/http"
	"plugin"
)

// GetSymbol loads the plugin file and looks the symbol up.
func GetSymbol(modulePath string, symbol string) (interface{}, error) {
	loaded, err := plugin.Open(modulePath)
	if err != nil {
		return nil, err
	}
	return loaded.Lookup(symbol)
}

// GetHandler loads a hook that runs before a request is passed on.
func GetHandler(modulePath string, symbol string) (http.HandlerFunc, error) {
	found, err := GetSymbol(modulePath, symbol)
	if err != nil {
		return nil, err
	}
	handler, ok := found.(func(http.ResponseWriter, *http.Request))
	if !ok {
		return nil, errors.New("could not cast function symbol to http.HandlerFunc")
	}
	return handler, nil
}

// GetResponseHandler loads a hook that runs on the response.
func GetResponseHandler(modulePath string, symbol string) (func(rw http.ResponseWriter, res *http.Response, req *http.Request), error) {
	found, err := GetSymbol(modulePath, symbol)
	if err != nil {
		return nil, err
	}
	handler, ok := found.(func(rw http.ResponseWriter, res *http.Response, req *http.Request))
	if !ok {
		return nil, errors.New("could not cast function symbol to TykResponseHandler")
	}
	return handler, nil
}
