// What a mail program in Go prints when it falls; like services.go, written after the code that reads it.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"time"
)

type letter struct{ to *string }

type undeliverable struct{ why string }

func (u undeliverable) Error() string { return "undeliverable: " + u.why }

func (l letter) send() int { return len(*l.to) }

func main() {
	switch os.Args[1] {
	case "pointer":
		letter{}.send()
	case "slice":
		fmt.Println([]int{1, 2, 3}[len(os.Args)*2:])
	case "custom":
		panic(undeliverable{"no address"})
	case "number":
		panic(42)
	case "repeat":
		strings.Repeat("x", -len(os.Args))
	case "nilfunc":
		var f func()
		f()
	case "group":
		var g sync.WaitGroup
		g.Done()
	case "closed":
		c := make(chan int)
		close(c)
		c <- 1
	case "length":
		_ = make([]int, len(os.Args)-9)
	case "asleep":
		var lock sync.Mutex
		lock.Lock()
		lock.Lock()
	case "waiting":
		var g sync.WaitGroup
		g.Add(1)
		go func() { select {} }()
		g.Wait()
	case "maps":
		m := map[int]int{}
		for i := 0; i < 8; i++ {
			go func() {
				for {
					m[1] = len(m)
				}
			}()
		}
		time.Sleep(time.Second)
	case "recovered":
		for i := 0; i < 3; i++ {
			fmt.Fprintln(os.Stderr, "@@ calm")
			log.Printf("letter %d taken up", i)
			fmt.Fprintln(os.Stderr, "@@ error")
			b, _ := json.Marshal(map[string]any{"level": "error", "ts": 1.5, "msg": fmt.Sprint("letter ", i, " lost")})
			fmt.Fprintln(os.Stderr, string(b))
		}
	}
}
