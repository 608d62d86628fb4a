// Package apidef has the definition of an API, as far as plugins and this gateway use it.
package apidef

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

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

func (m MiddlewareSection) empty() bool {
	return m.AuthCheck.Name == "" && len(m.Pre)+len(m.PostKeyAuth)+len(m.Post)+len(m.Response) == 0
}

// ProxyConfig says where requests come in and where they go.
type ProxyConfig struct {
	ListenPath      string `json:"listen_path"`
	TargetURL       string `json:"target_url"`
	StripListenPath bool   `json:"strip_listen_path"`
}

// CORSConfig says which other sites may call an API from a browser.
type CORSConfig struct {
	Enable           bool     `json:"enable"`
	AllowedOrigins   []string `json:"allowed_origins"`
	AllowedMethods   []string `json:"allowed_methods"`
	AllowedHeaders   []string `json:"allowed_headers"`
	ExposedHeaders   []string `json:"exposed_headers"`
	AllowCredentials bool     `json:"allow_credentials"`
	MaxAge           int      `json:"max_age"`
}

// GoPluginMeta is the hook of a single endpoint.
type GoPluginMeta struct {
	Disabled   bool   `json:"disabled"`
	Path       string `json:"path"`
	Method     string `json:"method"`
	PluginPath string `json:"plugin_path"`
	SymbolName string `json:"func_name"`
}

// ExtendedPathsSet has what single endpoints have of their own.
type ExtendedPathsSet struct {
	GoPlugin []GoPluginMeta `json:"go_plugin,omitempty"`
}

// VersionInfo is one version of an API.
type VersionInfo struct {
	Name             string           `json:"name"`
	UseExtendedPaths bool             `json:"use_extended_paths"`
	ExtendedPaths    ExtendedPathsSet `json:"extended_paths"`
}

// VersionData has the versions of an API.
type VersionData struct {
	NotVersioned bool                   `json:"not_versioned"`
	Versions     map[string]VersionInfo `json:"versions"`
}

// APIDefinition is one API, in the shape of Tyk's classic definitions.
type APIDefinition struct {
	APIID                          string                 `json:"api_id"`
	OrgID                          string                 `json:"org_id"`
	Name                           string                 `json:"name"`
	Slug                           string                 `json:"slug"`
	Tags                           []string               `json:"tags"`
	Active                         bool                   `json:"active"`
	IsOAS                          bool                   `json:"is_oas,omitempty"`
	UseKeylessAccess               bool                   `json:"use_keyless"`
	UseGoPluginAuth                bool                   `json:"use_go_plugin_auth"`
	CustomPluginAuthEnabled        bool                   `json:"custom_plugin_auth_enabled"`
	VersionData                    VersionData            `json:"version_data"`
	CORS                           CORSConfig             `json:"CORS"`
	Proxy                          ProxyConfig            `json:"proxy"`
	CustomMiddleware               MiddlewareSection      `json:"custom_middleware"`
	CustomMiddlewareBundle         string                 `json:"custom_middleware_bundle"`
	CustomMiddlewareBundleDisabled bool                   `json:"custom_middleware_bundle_disabled"`
	ConfigData                     map[string]interface{} `json:"config_data"`
	ConfigDataDisabled             bool                   `json:"config_data_disabled"`
}

// Load reads a definition from a JSON or YAML file and refuses one that cannot be served.
func Load(path string) (*APIDefinition, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	definition, err := Parse(data, filepath.Ext(path) == ".json")
	if err == nil {
		err = definition.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return definition, nil
}

// Parse reads a definition. Whether it can be served is for Validate to say.
func Parse(data []byte, isJSON bool) (*APIDefinition, error) {
	var raw map[string]interface{}
	unmarshal := yaml.Unmarshal
	if isJSON {
		unmarshal = json.Unmarshal
	}
	if err := unmarshal(data, &raw); err != nil {
		return nil, err
	}
	definition := &APIDefinition{}
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{Result: definition, TagName: "json"})
	if err != nil {
		return nil, err
	}
	return definition, decoder.Decode(raw)
}

// Validate refuses a definition that cannot be served.
func (a *APIDefinition) Validate() error {
	if a.APIID == "" {
		return errors.New("api_id is needed")
	}
	if !strings.HasPrefix(a.Proxy.ListenPath, "/") {
		return fmt.Errorf("proxy.listen_path is %q, it must begin with /", a.Proxy.ListenPath)
	}
	target, err := url.Parse(a.Proxy.TargetURL)
	if err != nil {
		return fmt.Errorf("proxy.target_url: %w", err)
	}
	if target.Scheme != "http" && target.Scheme != "https" || target.Host == "" {
		return fmt.Errorf("proxy.target_url is %q, it must be http://HOST or https://HOST", a.Proxy.TargetURL)
	}
	if hooks := a.CustomMiddleware; hooks.Driver != GoPluginDriver && !hooks.empty() {
		return fmt.Errorf("custom_middleware.driver is %q, this gateway runs %q only", hooks.Driver, GoPluginDriver)
	}
	return nil
}
