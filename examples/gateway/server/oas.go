package server

import (
	"encoding/json"
	"errors"
	"sort"
	"strings"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/log"
)

// document is an OpenAPI document with Tyk's extension, as far as this gateway uses it. The names are those of apidef/oas in Tyk.
type document struct {
	Paths     map[string]map[string]json.RawMessage `json:"paths"`
	Extension *extension                            `json:"x-tyk-api-gateway"`
}

type extension struct {
	Info struct {
		ID    string `json:"id"`
		OrgID string `json:"orgId"`
		Name  string `json:"name"`
		State struct {
			Active bool `json:"active"`
		} `json:"state"`
	} `json:"info"`
	Upstream struct {
		URL string `json:"url"`
	} `json:"upstream"`
	Server struct {
		ListenPath struct {
			Value string `json:"value"`
			Strip bool   `json:"strip"`
		} `json:"listenPath"`
		Authentication struct {
			Enabled bool `json:"enabled"`
			Custom  struct {
				Enabled bool         `json:"enabled"`
				Config  customPlugin `json:"config"`
			} `json:"custom"`
		} `json:"authentication"`
	} `json:"server"`
	Middleware struct {
		Global     global               `json:"global"`
		Operations map[string]operation `json:"operations"`
	} `json:"middleware"`
}

type global struct {
	PluginConfig struct {
		Driver apidef.MiddlewareDriver `json:"driver"`
		Bundle struct {
			Enabled bool   `json:"enabled"`
			Path    string `json:"path"`
		} `json:"bundle"`
		Data struct {
			Enabled bool                   `json:"enabled"`
			Value   map[string]interface{} `json:"value"`
		} `json:"data"`
	} `json:"pluginConfig"`
	PrePlugins                pluginList `json:"prePlugins"`
	PrePlugin                 older      `json:"prePlugin"`
	PostAuthenticationPlugins pluginList `json:"postAuthenticationPlugins"`
	PostAuthenticationPlugin  older      `json:"postAuthenticationPlugin"`
	PostPlugins               pluginList `json:"postPlugins"`
	PostPlugin                older      `json:"postPlugin"`
	ResponsePlugins           pluginList `json:"responsePlugins"`
	ResponsePlugin            older      `json:"responsePlugin"`
}

// older is where a list of plugins was before Tyk 5.3.
type older struct {
	Plugins pluginList `json:"plugins"`
}

type operation struct {
	PostPlugins pluginList `json:"postPlugins"`
}

type customPlugin struct {
	Enabled      bool   `json:"enabled"`
	FunctionName string `json:"functionName"`
	Name         string `json:"name"`
	Path         string `json:"path"`
}

type pluginList []customPlugin

// readDocument reads a document and gives what Tyk writes of it: a classic definition, which is what is served, and the document.
func readDocument(data []byte) (*given, error) {
	var read document
	var fields map[string]interface{}
	err := json.Unmarshal(data, &read)
	if err == nil {
		err = json.Unmarshal(data, &fields)
	}
	if err != nil {
		log.Get().Error("Couldn't decode new OAS object: ", err)
		return nil, errors.New(saidMalformed)
	}
	if read.Extension == nil {
		return nil, errors.New("the payload should contain x-tyk-api-gateway")
	}
	id, err := idOr(read.Extension.Info.ID)
	if err != nil {
		return nil, err
	}
	known, _ := fields["x-tyk-api-gateway"].(map[string]interface{})
	if info, isObject := known["info"].(map[string]interface{}); isObject {
		info["id"] = id
	}
	read.Extension.Info.ID = id
	return &given{id, map[string]interface{}{"": read.classic(), "-oas": fields}}, nil
}

// classic gives the definition that says the same.
func (d document) classic() *apidef.APIDefinition {
	e := d.Extension
	section, custom := e.Middleware.Global, e.Server.Authentication.Custom
	definition := &apidef.APIDefinition{
		APIID:                   e.Info.ID,
		OrgID:                   e.Info.OrgID,
		Name:                    e.Info.Name,
		Active:                  e.Info.State.Active,
		IsOAS:                   true,
		UseKeylessAccess:        !e.Server.Authentication.Enabled,
		CustomPluginAuthEnabled: custom.Enabled,
		Proxy: apidef.ProxyConfig{
			ListenPath:      e.Server.ListenPath.Value,
			StripListenPath: e.Server.ListenPath.Strip,
			TargetURL:       e.Upstream.URL,
		},
		CustomMiddleware: apidef.MiddlewareSection{
			Driver:      section.PluginConfig.Driver,
			Pre:         section.PrePlugins.or(section.PrePlugin),
			AuthCheck:   custom.Config.classic(),
			PostKeyAuth: section.PostAuthenticationPlugins.or(section.PostAuthenticationPlugin),
			Post:        section.PostPlugins.or(section.PostPlugin),
			Response:    section.ResponsePlugins.or(section.ResponsePlugin),
		},
		CustomMiddlewareBundle:         section.PluginConfig.Bundle.Path,
		CustomMiddlewareBundleDisabled: !section.PluginConfig.Bundle.Enabled,
		ConfigData:                     section.PluginConfig.Data.Value,
		ConfigDataDisabled:             !section.PluginConfig.Data.Enabled,
	}
	version := apidef.VersionInfo{UseExtendedPaths: true, ExtendedPaths: apidef.ExtendedPathsSet{GoPlugin: d.endpoints()}}
	definition.VersionData = apidef.VersionData{NotVersioned: true, Versions: map[string]apidef.VersionInfo{"": version}}
	return definition
}

// endpoints gives the hooks of operations, those with the longest paths first. Only the first of each operation counts.
func (d document) endpoints() []apidef.GoPluginMeta {
	var found []apidef.GoPluginMeta
	for path, item := range d.Paths {
		for method, raw := range item {
			var named struct {
				OperationID string `json:"operationId"`
			}
			// Beside its operations a path has other things, which are none of them an object with that key.
			if json.Unmarshal(raw, &named) != nil || named.OperationID == "" {
				continue
			}
			if plugins := d.Extension.Middleware.Operations[named.OperationID].PostPlugins; len(plugins) > 0 {
				first := plugins[0].classic()
				found = append(found, apidef.GoPluginMeta{
					Disabled: first.Disabled, Path: path, Method: strings.ToUpper(method), PluginPath: first.Path, SymbolName: first.Name,
				})
			}
		}
	}
	sort.Slice(found, func(i, j int) bool {
		if len(found[i].Path) != len(found[j].Path) {
			return len(found[i].Path) > len(found[j].Path)
		}
		return found[i].Path+found[i].Method < found[j].Path+found[j].Method
	})
	return found
}

// or gives the list, or the one that stands where it stood before.
func (l pluginList) or(before older) []apidef.MiddlewareDefinition {
	if len(l) == 0 {
		l = before.Plugins
	}
	var hooks []apidef.MiddlewareDefinition
	for _, one := range l {
		hooks = append(hooks, one.classic())
	}
	return hooks
}

func (p customPlugin) classic() apidef.MiddlewareDefinition {
	name := p.FunctionName
	if name == "" {
		name = p.Name
	}
	return apidef.MiddlewareDefinition{Disabled: !p.Enabled, Name: name, Path: p.Path}
}
