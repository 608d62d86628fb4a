// A CPU profile for optimization: `go run main.go FILE` spends a second on what gateways do.
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

func main() {
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		panic(err)
	}
	for start := time.Now(); time.Since(start) < time.Second; {
		header := http.Header{}
		for number := 0; number < 100; number++ {
			header.Set("X-"+strconv.Itoa(number), strings.Repeat("value ", number))
		}
		if _, err := json.Marshal(header); err != nil {
			panic(err)
		}
	}
	pprof.StopCPUProfile()
	if err := file.Close(); err != nil {
		panic(err)
	}
}
