// A ledger: `ledger WAY CASE` runs into one failure in one logging set-up, marking what belongs to it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

type account struct {
	owner   *string
	entries []int
	tags    map[string]string
}

type store interface{ load(id int) (*account, error) }

type memory struct{ accounts map[int]*account }

func (m *memory) load(id int) (*account, error) {
	if found, ok := m.accounts[id]; ok {
		return found, nil
	}
	return nil, fmt.Errorf("account %d: %w", id, os.ErrNotExist)
}

var (
	chatter = [][2]string{
		{"info", "GET /accounts/17 200 3ms"}, {"info", "compaction finished segments=12 errors=0"},
		{"warn", "slow fsync took=812ms"}, {"info", "lease renewed, ttl=30s"},
		{"debug", "error channel has 0 waiting"}, {"warn", "retrying in 200ms"}, {"info", "snapshot ok, err=<nil>"},
	}
	panics = map[string]func(){
		"nilAccount": func() { a, _ := (&memory{}).load(17); fmt.Println(a.entries) },
		"index":      func() { a := &account{}; fmt.Println(a.entries[len(os.Args)]) },
		"nilMap":     func() { a := &account{}; a.tags["region"] = "eu" },
		"cast":       func() { var v interface{} = "17"; fmt.Println(v.(int)) },
		"divide":     func() { n := len(os.Args) - 3; fmt.Println(100 / n) },
		"custom":     func() { panic(fmt.Errorf("ledger: balance of account 17 is negative: %w", os.ErrInvalid)) },
		"text":       func() { panic("unreachable: unknown entry kind 9") },
		"closed":     func() { c := make(chan int); close(c); close(c) },
		"slice":      func() { rows := []int{1, 2}; n := len(os.Args); fmt.Println(rows[n:]) },
		"waitGroup":  func() { var w sync.WaitGroup; w.Done() },
		"nilStore":   func() { var s store; s.load(17) },
		"must":       func() { must(strconv.Atoi("12,5")) },
	}
	failures = map[string]func() error{
		"refused": func() error { _, err := net.DialTimeout("tcp", "127.0.0.1:9", time.Second); return err },
		"missing": func() error { _, err := os.ReadFile("/etc/ledger/ledger.yaml"); return err },
		"parse":   func() error { _, err := strconv.Atoi("12,5"); return err },
		"json":    func() error { var v map[string]int; return json.Unmarshal([]byte(`{"id": x}`), &v) },
		"http":    func() error { _, err := http.Get("http://127.0.0.1:9/rates"); return err },
		"deadline": func() error {
			ctx, stop := context.WithTimeout(context.Background(), time.Millisecond)
			defer stop()
			<-ctx.Done()
			return fmt.Errorf("rates: %w", ctx.Err())
		},
		"full":     func() error { return os.WriteFile("/dev/full", []byte("entry"), 0o600) },
		"notFound": func() error { _, err := (&memory{}).load(17); return err },
		"joined":   func() error { return fmt.Errorf("posting entry 871: %w", errors.New("balance would be negative")) },
	}
)

func must(n int, err error) int {
	if err != nil {
		panic(err)
	}
	return n
}

func mark(text string) { os.Stderr.WriteString(text + "\n") }
func begin()           { mark("\x02") }
func end()             { mark("\x03") }

func logger(way string) func(level, text string, err error) {
	now := func() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }
	upper := strings.ToUpper
	switch way {
	case "logfmt":
		return func(level, text string, err error) {
			line := fmt.Sprintf("time=%s level=%s msg=%q", now(), level, text)
			if err != nil {
				line += fmt.Sprintf(" err=%q", err)
			}
			mark(line)
		}
	case "zap":
		return func(level, text string, err error) {
			line := map[string]interface{}{"level": level, "ts": time.Now().Unix(), "caller": "ledger/server.go:88", "msg": text}
			if err != nil {
				line["error"] = err.Error()
			}
			data, _ := json.Marshal(line)
			mark(string(data))
		}
	case "zapConsole":
		return func(level, text string, err error) {
			line := now() + "\t" + upper(level) + "\tledger/server.go:88\t" + text
			if err != nil {
				line += fmt.Sprintf("\t{\"error\": %q}\nmain.(*server).post\n\t/srv/ledger/server.go:88\nmain.main\n\t/srv/ledger/main.go:31", err)
			}
			mark(line)
		}
	case "slog":
		return func(level, text string, err error) {
			line := fmt.Sprintf("%s %s %s", time.Now().Format("2006/01/02 15:04:05"), upper(level), text)
			if err != nil {
				line += fmt.Sprintf(" err=%q", err)
			}
			mark(line)
		}
	case "klog":
		return func(level, text string, err error) {
			line := fmt.Sprintf("%s%s       1 server.go:88] %s", upper(level[:1]), time.Now().Format("0102 15:04:05.000000"), text)
			if err != nil {
				line += fmt.Sprintf(": %v", err)
			}
			mark(line)
		}
	case "logrus":
		return func(level, text string, err error) {
			line := fmt.Sprintf("%s[%04d] %-44s", upper(level + "    ")[:4], 12, text)
			if err != nil {
				line += fmt.Sprintf(" error=%q", err)
			}
			mark(line)
		}
	}
	standard := log.New(os.Stderr, "", log.LstdFlags)
	return func(level, text string, err error) {
		if err != nil {
			standard.Printf("ERROR: %s: %v", text, err)
		} else {
			standard.Printf("%s: %s", upper(level), text)
		}
	}
}

func main() {
	failing := []string{"plain", "logfmt", "zap", "zapConsole", "slog", "klog", "logrus", "fatal", "failed"}
	panicking := []string{"panic", "goroutine", "http", "recovered", "panicked"}
	if os.Args[1] == "list" {
		names := func(ways []string, cases []string) {
			fmt.Println(strings.Join(ways, " "))
			fmt.Println(strings.Join(cases, " "))
		}
		var f, p []string
		for name := range failures {
			f = append(f, name)
		}
		for name := range panics {
			p = append(p, name)
		}
		names(failing, f)
		names(panicking, p)
		return
	}
	way, name := os.Args[1], os.Args[2]
	say := logger(way)
	seed := 0
	for _, c := range way + name {
		seed += int(c)
	}
	for n := 0; n < 3; n++ {
		say(chatter[(seed+n)%7][0], chatter[(seed+n)%7][1], nil)
	}
	switch way {
	case "panic":
		begin()
		panics[name]()
	case "panicked":
		begin()
		say("error", "cannot go on", errors.New(name))
		end()
		begin()
		panics[name]()
	case "goroutine":
		begin()
		go panics[name]()
		time.Sleep(time.Second)
	case "http":
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panics[name]() }))
		server.Config.ErrorLog = log.New(os.Stderr, "", log.LstdFlags)
		server.Start()
		begin()
		http.Get(server.URL)
		time.Sleep(20 * time.Millisecond)
		end()
	case "recovered":
		func() {
			defer func() {
				if r := recover(); r != nil {
					begin()
					log.Printf("ERROR: panic in worker: %v\n%s", r, debug.Stack())
					end()
				}
			}()
			panics[name]()
		}()
	case "fatal":
		begin()
		log.Fatalf("could not start: %v", failures[name]())
	case "failed":
		begin()
		log.Printf("failed to post entry 871: %v", failures[name]())
		end()
	default:
		err := failures[name]()
		begin()
		say("error", "could not post entry 871", err)
		end()
	}
	for n := 4; n < 6; n++ {
		say(chatter[(seed+n)%7][0], chatter[(seed+n)%7][1], nil)
	}
}
