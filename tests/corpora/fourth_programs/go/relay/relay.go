// A relay that fails: `relay WAY FAILURE`.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
)

var healthy = [][2]string{
	{"info", "relay listening on :7000"},
	{"warn", "upstream b is slow: p99=812ms"},
	{"info", "flushed batch n=120 errors=0 err=<nil>"},
	{"info", "GET /panic/stats 200 3ms"},
	{"info", "reconnected after 2 attempts"},
}

type upstreamError struct{ Host string }

func (e *upstreamError) Error() string { return fmt.Sprintf("upstream %q: 502 {\"busy\":true}", e.Host) }

type message struct{ To *message; Body []int }

func mark(b byte) { os.Stderr.Write([]byte{b, '\n'}) }

func panics(failure string) {
	switch failure {
	case "nilPointer":
		var m *message
		fmt.Println(m.To.Body)
	case "index":
		m := message{Body: []int{1}}
		n := len(healthy)
		fmt.Println(m.Body[n])
	case "slice":
		m := message{Body: []int{1}}
		n := len(healthy)
		fmt.Println(m.Body[n:2])
	case "nilMap":
		var m map[string]int
		m["a"] = 1
	case "divide":
		zero := len(healthy) - 5
		fmt.Println(1 / zero)
	case "typeAssert":
		var v interface{} = "x"
		fmt.Println(v.(int))
	case "closed":
		c := make(chan int)
		close(c)
		close(c)
	case "panicError":
		panic(&upstreamError{"b"})
	case "panicText":
		panic("route table is empty: \"/\"")
	case "panicLines":
		panic("bad config:\n  line 3: port\n  line 9: tls")
	case "panicFormat":
		panic(fmt.Sprintf("cannot relay %v: %v", []int{1, 2}, io.ErrUnexpectedEOF))
	case "repanic":
		defer func() { panic(fmt.Sprint("while cleaning up: ", recover())) }()
		panic("first")
	case "goroutine":
		go func() { panic(errors.New("worker 3 stopped")) }()
		time.Sleep(time.Second)
	case "customType":
		panic(message{Body: []int{4}})
	}
}

func fails(failure string) error {
	switch failure {
	case "open":
		_, err := os.Open("/srv/relay/etc/routes.yaml")
		return err
	case "dial":
		_, err := net.Dial("tcp", "127.0.0.1:1")
		return fmt.Errorf("relay to b: %w", err)
	case "get":
		_, err := http.Get("http://127.0.0.1:1/health")
		return err
	case "json":
		return json.Unmarshal([]byte(`{"a": }`), &message{})
	case "number":
		_, err := strconv.Atoi("7x")
		return fmt.Errorf("header Retry-After: %w", err)
	case "upstream":
		return fmt.Errorf("attempt 3 of 3: %w", &upstreamError{"c"})
	case "deadline":
		c, _ := net.Pipe()
		c.SetReadDeadline(time.Now())
		_, err := c.Read(make([]byte, 1))
		return err
	case "lines":
		return errors.New("2 errors occurred:\n\t* port: missing\n\t* tls: bad key\n")
	}
	return errors.New("unknown")
}

func logged(failure string, say func(level, text string), report func(error)) {
	for _, h := range healthy[len(failure)%3:] {
		say(h[0], h[1])
	}
	err := fails(failure)
	mark(2)
	report(err)
	mark(3)
	for _, h := range healthy[:2] {
		say(h[0], h[1])
	}
}

func main() {
	way, failure := os.Args[1], os.Args[2]
	switch way {
	case "panic":
		for _, h := range healthy {
			fmt.Fprintln(os.Stderr, h[1])
		}
		mark(2)
		panics(failure)
	case "panicLog":
		for _, h := range healthy {
			log.Print(h[1])
		}
		mark(2)
		panics(failure)
	case "http":
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mark(2); panics(failure) }))
		log.Print(healthy[0][1])
		http.Get(server.URL)
		mark(3)
		log.Print(healthy[4][1])
	case "log":
		logged(failure, func(_, text string) { log.Print(text) }, func(err error) { log.Printf("error: %v", err) })
	case "logFatal":
		for _, h := range healthy {
			log.Print(h[1])
		}
		mark(2)
		log.Fatal("failed to start: ", fails(failure))
	case "logrus":
		logrus.SetLevel(logrus.DebugLevel)
		logged(failure, func(level, text string) { l, _ := logrus.ParseLevel(level); logrus.StandardLogger().Log(l, text) }, func(err error) { logrus.WithError(err).Error("relay failed") })
	case "logrusJson":
		logrus.SetFormatter(&logrus.JSONFormatter{})
		logged(failure, func(level, text string) { l, _ := logrus.ParseLevel(level); logrus.StandardLogger().Log(l, text) }, func(err error) { logrus.WithError(err).Error("relay failed") })
	case "zap":
		l, _ := zap.NewProduction()
		logged(failure, func(level, text string) { l.Info(text) }, func(err error) { l.Error("relay failed", zap.Error(err)) })
	case "zapDev":
		l, _ := zap.NewDevelopment()
		logged(failure, func(level, text string) { if level == "info" { l.Info(text) } else { l.Debug(text) } }, func(err error) { l.Error("relay failed", zap.Error(err)) })
	case "zerolog":
		l := zerolog.New(os.Stderr).With().Timestamp().Logger()
		logged(failure, func(level, text string) { v, _ := zerolog.ParseLevel(level); l.WithLevel(v).Msg(text) }, func(err error) { l.Error().Err(err).Msg("relay failed") })
	case "zerologConsole":
		l := zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, NoColor: true}).With().Timestamp().Logger()
		logged(failure, func(level, text string) { v, _ := zerolog.ParseLevel(level); l.WithLevel(v).Msg(text) }, func(err error) { l.Error().Err(err).Msg("relay failed") })
	case "plain":
		logged(failure, func(level, text string) { fmt.Fprintf(os.Stderr, "[%s] %s\n", strings.ToUpper(level), text) }, func(err error) { fmt.Fprintf(os.Stderr, "[ERROR] relay failed: %v\n", err) })
	}
}
