// Falls as Go programs fall: by argument, one way each.
package main

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"time"
)

type stockError struct {
	item string
	err  error
}

func (e *stockError) Error() string { return "stock of " + e.item + ": " + e.err.Error() }

type cart struct{ total int }

func charge(c *cart) int { return c.total }

func again(depth int) int { return again(depth+1) + 1 }

func reserve() error {
	_, err := os.Open("/etc/shop/stock.json")
	return fmt.Errorf("order 4711: %w", &stockError{"tea", err})
}

func main() {
	log.Print("cart 17 was opened")
	defer func() {
		if os.Args[1] == "served" || os.Args[1] == "calm-printed" {
			log.Print("cart 17 was closed")
		}
	}()
	switch os.Args[1] {
	case "nilpointer":
		var c *cart
		charge(c)
	case "nilmap":
		var prices map[string]int
		prices["tea"] = 3
	case "index":
		items := []int{1, 2, 3}
		fmt.Println(items[len(os.Args)+3])
	case "slice":
		fmt.Println("tea"[len(os.Args)+3:])
	case "error":
		panic(reserve())
	case "text":
		panic("till is gone")
	case "lines":
		panic("the bank said:\n\tcode 12\n\tdeclined")
	case "repanic":
		defer func() { panic(fmt.Sprintf("while cleaning up: %v", recover())) }()
		panic("first")
	case "deferred":
		defer panic("second")
		panic("first")
	case "workers":
		for worker := 0; worker < 3; worker++ {
			go func() { time.Sleep(time.Hour) }()
		}
		time.Sleep(10 * time.Millisecond)
		panic(errors.New("worker pool is gone"))
	case "worker":
		var group sync.WaitGroup
		group.Add(1)
		go func() { defer group.Done(); charge(nil) }()
		group.Wait()
	case "deadlock":
		var group sync.WaitGroup
		group.Add(1)
		group.Wait()
	case "deadlock-two":
		gate := make(chan int)
		go func() { gate <- <-gate }()
		<-gate
	case "writes":
		prices := map[int]int{}
		for worker := 0; worker < 2; worker++ {
			go func() {
				for {
					prices[1]++
				}
			}()
		}
		time.Sleep(time.Second)
	case "closed":
		gate := make(chan int)
		close(gate)
		close(gate)
	case "divide":
		fmt.Println(1 / (len(os.Args) - 2))
	case "type":
		var any interface{} = "four"
		fmt.Println(any.(int))
	case "stack":
		again(0)
	case "memory":
		_ = make([]byte, 1<<46)
	case "fatal":
		log.Fatalf("failed to reserve: %v", reserve())
	case "served":
		shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { charge(nil) }))
		http.Get(shop.URL)
		shop.Close()
	case "calm-printed":
		log.Print("no error found, 0 errors")
		log.Printf("errors=%d error=%v", 0, error(nil))
		log.Print(strings.Repeat("panicked customers ", 2))
	}
}
