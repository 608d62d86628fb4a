package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gorilla/mux"
	"github.com/pmylund/go-cache"

	"github.com/TykTechnologies/tyk/apidef"
	"github.com/TykTechnologies/tyk/log"
)

// gateway is what outlives a reload.
type gateway struct {
	config    Config
	files     []string
	loader    loader
	sessions  *cache.Cache
	transport http.RoundTripper
	stopping  <-chan struct{}
	served    atomic.Pointer[served]
	isReady   atomic.Bool

	// Those who wait for the next reload to end, and the sign that there are some.
	lock    sync.Mutex
	waiting []chan struct{}
	wake    chan struct{}
}

// served are the APIs of one reload.
type served struct {
	http.Handler
	apis map[string]*api
}

// api is one API with its hooks.
type api struct {
	*apidef.APIDefinition
	handler  http.Handler
	checksum [sha256.Size]byte

	// What its files say: a definition in Tyk's classic shape, and for an OpenAPI document the document.
	classic json.RawMessage
	oas     json.RawMessage
}

func newGateway(ctx context.Context, config Config, files []string) *gateway {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = config.Timeout
	gateway := &gateway{
		config:    config,
		files:     files,
		loader:    loader{middlewarePath: config.MiddlewarePath, panics: config.EmbeddedPanic},
		sessions:  cache.New(config.SessionLifetime, config.SessionLifetime),
		transport: transport,
		stopping:  ctx.Done(),
		wake:      make(chan struct{}, 1),
	}
	gateway.served.Store(&served{Handler: http.NotFoundHandler()})
	return gateway
}

// reload asks for a reload; what it gives is closed when one has ended that began after this. Tyk looks for such wishes once a second,
// this gateway at once.
func (g *gateway) reload() <-chan struct{} {
	done := make(chan struct{})
	g.lock.Lock()
	g.waiting = append(g.waiting, done)
	g.lock.Unlock()
	select {
	case g.wake <- struct{}{}:
	default:
		// Somebody has given the sign, and it was not heard yet.
	}
	return done
}

// reloadLoop does one reload after the other. One that hangs in the init function of a plugin holds up all that come after it.
func (g *gateway) reloadLoop() {
	for {
		select {
		case <-g.stopping:
			return
		case <-g.wake:
		}
		g.lock.Lock()
		waiting := g.waiting
		g.waiting = nil
		g.lock.Unlock()
		log.Get().Info("reload: initiating")
		g.load()
		log.Get().Info("reload: complete")
		for _, done := range waiting {
			close(done)
		}
	}
}

// load reads all definitions, loads their hooks and puts them in the place of those that were served.
func (g *gateway) load() {
	before := g.served.Load()
	found := g.read()
	// That is how a request finds its API.
	sort.SliceStable(found, func(i, j int) bool {
		return len(found[i].Proxy.ListenPath) > len(found[j].Proxy.ListenPath)
	})
	router := mux.NewRouter()
	now := &served{Handler: router, apis: map[string]*api{}}
	for _, one := range found {
		// Tyk too reads the plugins of endpoints of an API that it then leaves as it was.
		endpoints := g.loader.loadEndpoints(one.APIDefinition)
		if old := before.apis[one.APIID]; old != nil && !changed(old, one) {
			one = old
		} else {
			section, err := g.loader.section(one.APIDefinition)
			if err != nil {
				log.Get().WithError(err).WithField("api_id", one.APIID).Error("Couldn't load the bundle, the API is not served")
				continue
			}
			loaded := g.loader.loadHooks(one.APIDefinition, section)
			loaded.endpoints = endpoints
			one.handler = newAPI(one.APIDefinition, loaded, g.sessions, g.transport)
		}
		now.apis[one.APIID] = one
		router.PathPrefix(one.Proxy.ListenPath).Handler(one.handler)
	}
	g.served.Store(now)
	g.isReady.Store(true)
	log.Get().Infof("%d APIs are served", len(now.apis))
	log.Get().Info("API reload complete")
}

// changed tells whether an API gets new hooks. As in Tyk, plugins of endpoints alone are no reason: their definition must change.
func changed(old *api, one *api) bool {
	if old.checksum != one.checksum || bundleOf(one.APIDefinition) != "" {
		return true
	}
	section := one.CustomMiddleware
	every := append([]apidef.MiddlewareDefinition{section.AuthCheck}, section.Pre...)
	for _, more := range [][]apidef.MiddlewareDefinition{section.PostKeyAuth, section.Post, section.Response} {
		every = append(every, more...)
	}
	return len(enabled(every)) > 0
}

// read gives the APIs of all definitions that can be served.
func (g *gateway) read() []*api {
	paths := append([]string{}, g.files...)
	if g.config.AppPath != "" {
		// The pattern is none that could be wrong, whatever the folder's name.
		inFolder, _ := filepath.Glob(filepath.Join(g.config.AppPath, "*.json"))
		paths = append(paths, inFolder...)
	}
	var found []*api
	ids, listening := map[string]string{}, map[string]string{}
	for _, path := range paths {
		// Beside an OpenAPI document there is a classic definition, which says it all.
		if strings.HasSuffix(path, "-oas.json") {
			continue
		}
		one, err := readAPI(path)
		if err != nil {
			log.Get().WithError(err).Error("Couldn't load the API definition, it is not served")
			continue
		}
		other, taken := ids[one.APIID]
		if !taken {
			// Tyk serves it on another path then.
			other, taken = listening[one.Proxy.ListenPath]
		}
		if taken {
			log.Get().Errorf("%s is not served: %s has its api_id %s or its listen path %s", path, other, one.APIID, one.Proxy.ListenPath)
			continue
		}
		ids[one.APIID], listening[one.Proxy.ListenPath] = path, path
		found = append(found, one)
	}
	return found
}

func readAPI(path string) (*api, error) {
	log.Get().Info("Loading API Specification from ", path)
	definition, err := apidef.Load(path)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	one := &api{APIDefinition: definition, checksum: sha256.Sum256(data), classic: data}
	if filepath.Ext(path) != ".json" {
		// Only what was decoded from JSON is certain to go into JSON: a YAML file may have keys that are no texts.
		one.classic, err = json.Marshal(definition)
	}
	if definition.IsOAS {
		one.oas, err = os.ReadFile(strings.TrimSuffix(path, ".json") + "-oas.json")
	}
	return one, err
}
