// What Go prints when it falls, case by case: the marks (`@@ severity`, `@@ calm`) say what the next lines are.
package main

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"time"
)

func mark(what string) { fmt.Fprintln(os.Stderr, "@@ "+what) }

type till struct{ total int }

func (t *till) charge() int { return t.total }

func handler(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/nil" {
		var t *till
		t.charge()
	}
	panic(fmt.Sprintf("no handler for %s", r.URL.Path))
}

func serve() {
	server := httptest.NewServer(http.HandlerFunc(handler))
	for _, path := range []string{"/nil", "/orders", "/nil"} {
		mark("critical")
		if answer, err := http.Get(server.URL + path); err == nil {
			answer.Body.Close()
		}
		time.Sleep(50 * time.Millisecond)
		mark("calm")
		log.Printf("request for %s was answered", path)
	}
}

func main() {
	switch os.Args[1] {
	case "nil":
		var t *till
		t.charge()
	case "map":
		var prices map[string]int
		prices["tea"] = 1
	case "range":
		shelf := make([]int, 3)
		fmt.Println(shelf[len(os.Args)+5])
	case "error":
		panic(fmt.Errorf("order: %w", errors.New("no tea")))
	case "lines":
		panic("shelf A: 3\nshelf B: 0")
	case "zero":
		fmt.Println(7 / (len(os.Args) - 2))
	case "cast":
		var tea interface{} = "tea"
		fmt.Println(tea.(int))
	case "closed":
		line := make(chan int)
		close(line)
		close(line)
	case "repanic":
		defer func() { panic("while closing") }()
		panic("no tea")
	case "workers":
		for i := 0; i < 3; i++ {
			go func() { time.Sleep(time.Hour) }()
		}
		time.Sleep(10 * time.Millisecond)
		go func() { panic("till fell") }()
		time.Sleep(time.Second)
	case "unlock":
		var lock sync.Mutex
		lock.Unlock()
	case "writes":
		prices := map[int]int{}
		for i := 0; i < 8; i++ {
			go func() {
				for {
					prices[1]++
				}
			}()
		}
		time.Sleep(time.Second)
	case "overflow":
		var down func(int) int
		down = func(n int) int { return down(n+1) + 1 }
		down(0)
	case "serve":
		serve()
	}
}
