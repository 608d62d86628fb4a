// Package apidef has the definition of an API, as far as plugins and this gateway use it.
package apidef

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mitchellh/mapstructure"
	"gopkg.in/yaml.v3"
)

// GoPluginDriver is the driver whose hooks this gateway runs.
const GoPluginDriver MiddlewareDriver = "goplugin"

// MiddlewareDriver names what runs custom middleware.
type MiddlewareDriver string

// MiddlewareDefinition is one hook: a symbol in a plugin file.
type MiddlewareDefinition struct {
	Disabled bool   `json:"disabled"`
	Name     string `json:"name"`
	Path     string `json:"path"`
}

// MiddlewareSection has the hooks of an API, in the order in which they run.
type MiddlewareSection struct {
	Pre         []MiddlewareDefinition `json:"pre"`
	AuthCheck   MiddlewareDefinition   `json:"auth_check"`
	PostKeyAuth []MiddlewareDefinition `json:"post_key_auth"`
	Post        []MiddlewareDefinition `json:"post"`
	Response    []MiddlewareDefinition `json:"response"`
	Driver      MiddlewareDriver       `json:"driver"`
}

// ProxyConfig says where requests come in and where they go.
type ProxyConfig struct {
	ListenPath      string `json:"listen_path"`
	TargetURL       string `json:"target_url"`
	StripListenPath bool   `json:"strip_listen_path"`
}

// APIDefinition is one API.
type APIDefinition struct {
	APIID              string                 `json:"api_id"`
	OrgID              string                 `json:"org_id"`
	Name               string                 `json:"name"`
	Active             bool                   `json:"active"`
	UseKeylessAccess   bool                   `json:"use_keyless"`
	EnableCORS         bool                   `json:"enable_cors"`
	Proxy              ProxyConfig            `json:"proxy"`
	CustomMiddleware   MiddlewareSection      `json:"custom_middleware"`
	ConfigData         map[string]interface{} `json:"config_data"`
	ConfigDataDisabled bool                   `json:"config_data_disabled"`
}

// Load reads a definition from a JSON or YAML file and refuses one that cannot be served.
func Load(path string) (*APIDefinition, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var raw map[string]interface{}
	if filepath.Ext(path) == ".json" {
		err = json.Unmarshal(data, &raw)
	} else {
		err = yaml.Unmarshal(data, &raw)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	definition := &APIDefinition{}
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{Result: definition, TagName: "json"})
	if err != nil {
		return nil, err
	}
	if err := decoder.Decode(raw); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if definition.APIID == "" || definition.Proxy.ListenPath == "" || definition.Proxy.TargetURL == "" {
		return nil, fmt.Errorf("%s: api_id, proxy.listen_path and proxy.target_url are needed", path)
	}
	return definition, nil
}
