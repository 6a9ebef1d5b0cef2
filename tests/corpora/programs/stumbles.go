// Falls in other ways than `falls.go`, and logs as logrus and zap lay out their lines.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"sync"
	"time"
	"unsafe"
)

type tea interface{ Pour() int }
type pot struct{ cups []int }

func (p *pot) Pour() int { return p.cups[0] }

func say(format, level, message, rest string) {
	switch format {
	case "logrus":
		fmt.Fprintf(os.Stderr, "time=\"2026-11-22T10:01:02Z\" level=%s msg=%q%s\n", map[string]string{"I": "info", "E": "error", "F": "fatal"}[level], message, rest)
	case "zap":
		fmt.Fprintf(os.Stderr, "2026-11-22T10:01:02.123Z\t%s\tbank/teller.go:12\t%s%s\n", map[string]string{"I": "INFO", "E": "ERROR", "F": "FATAL"}[level], message, rest)
	default:
		fmt.Fprintf(os.Stderr, "2026/11/22 10:01:02 %s%s\n", message, rest)
	}
}

func main() {
	way := os.Args[1]
	say(way, "I", "cart 17 was opened", "")
	switch way {
	case "interface":
		var none tea
		none.Pour()
	case "method":
		(&pot{}).Pour()
	case "regexp":
		regexp.MustCompile("(tea")
	case "negative":
		fmt.Println(make([]int, len(os.Args)-4))
	case "wait":
		var group sync.WaitGroup
		group.Done()
	case "unlock":
		var lock sync.Mutex
		lock.Unlock()
	case "reflect":
		reflect.ValueOf(3).SetInt(4)
	case "mutex":
		var lock sync.Mutex
		lock.Lock()
		lock.Lock()
	case "select":
		select {}
	case "pointer":
		fmt.Println(*(*int)(unsafe.Pointer(uintptr(8))))
	case "nested":
		defer func() {
			defer func() { panic(fmt.Errorf("third: %v", recover())) }()
			panic(fmt.Errorf("second: %v", recover()))
		}()
		panic("first")
	case "value":
		panic(struct{ Code int }{12})
	case "goroutine":
		go func() {
			_, err := strconv.Atoi("four")
			panic(err)
		}()
		time.Sleep(time.Second)
	case "logrus", "zap":
		var err error = json.Unmarshal([]byte("{"), &struct{}{})
		say(way, "E", "cannot read order", map[string]string{"logrus": fmt.Sprintf(" error=%q", err), "zap": "\t{\"error\": \"" + err.Error() + "\"}\nmain.read\n\t/srv/till/stumbles.go:12\nmain.main\n\t/srv/till/stumbles.go:40"}[way])
		say(way, "I", "cart 18 was opened", "")
		say(way, "F", "giving up", "")
		say(way, "I", "cart 17 was closed", "")
	}
}
