package server

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/kelseyhightower/envconfig"
)

// Config is read from a tyk.conf, and from the environment, which outranks it: TYK_GW_ and the name of the field in capitals. The fields
// with a name in the file are Tyk's, except for EmbeddedPanic; everything else in a tyk.conf is not read.
type Config struct {
	ListenAddress  string `json:"listen_address"`
	ListenPort     int    `json:"listen_port"`
	ControlAPIPort int    `json:"control_api_port"`
	Secret         string `json:"secret"`
	AppPath        string `json:"app_path"`
	MiddlewarePath string `json:"middleware_path"`

	// EmbeddedPanic says what a client gets when a request hook panics: see panicAnswer.
	EmbeddedPanic panicAnswer `json:"embedded_panic"`

	// Listen is an address with its port, which outranks the two above.
	Listen          string        `json:"-"`
	Timeout         time.Duration `json:"-"`
	SessionLifetime time.Duration `json:"-"`
}

// ReadConfig reads a tyk.conf, if there is a path, and the environment.
func ReadConfig(path string) (Config, error) {
	config := Config{EmbeddedPanic: panicFails, Timeout: 30 * time.Second, SessionLifetime: time.Minute}
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return config, err
		}
		if err := json.Unmarshal(data, &config); err != nil {
			return config, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := envconfig.Process("TYK_GW", &config); err != nil {
		return config, err
	}
	switch config.EmbeddedPanic {
	case panicFails, panicIsEmpty, panicCloses:
		return config, nil
	default:
		return config, fmt.Errorf("embedded_panic is %q, it must be %s, %s or %s", config.EmbeddedPanic, panicFails, panicIsEmpty, panicCloses)
	}
}

// address is where requests to APIs come in.
func (c Config) address() string {
	switch {
	case c.Listen != "":
		return c.Listen
	case c.ListenPort != 0:
		return net.JoinHostPort(c.ListenAddress, strconv.Itoa(c.ListenPort))
	default:
		return "127.0.0.1:8080"
	}
}

// controlAddress is where the control API is, or "" where it shares the address of the APIs.
func (c Config) controlAddress() string {
	if c.ControlAPIPort == 0 || c.ControlAPIPort == c.ListenPort {
		return ""
	}
	return net.JoinHostPort(c.ListenAddress, strconv.Itoa(c.ControlAPIPort))
}
