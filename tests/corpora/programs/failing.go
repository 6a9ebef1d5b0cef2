// Prints what Go prints: a logged chain of errors, a recovered handler, and by argument one way of falling each.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"sync"
	"time"
)

type stockError struct {
	item string
	err  error
}

func (e *stockError) Error() string { return "stock of " + e.item + ": " + e.err.Error() }
func (e *stockError) Unwrap() error { return e.err }

type cart struct{ total int }

func charge(c *cart) int { return c.total }

func reserve() error {
	_, err := os.Open("/etc/shop/stock.json")
	return fmt.Errorf("order 4711: %w", &stockError{"tea", err})
}

func main() {
	switch os.Args[1] {
	case "chain":
		log.Fatalf("cannot reserve: %v", reserve())
	case "nilpointer":
		var c *cart
		charge(c)
	case "nilmap":
		var prices map[string]int
		prices["tea"] = 3
	case "index":
		items := []int{1, 2, 3}
		fmt.Println(items[len(os.Args)+3])
	case "custom":
		panic(fmt.Errorf("boot: %w", &stockError{"tea", errors.New("gone")}))
	case "repanic":
		defer func() { panic(fmt.Sprintf("while cleaning up: %v", recover())) }()
		panic("first")
	case "workers":
		for worker := 0; worker < 2; worker++ {
			go func() { time.Sleep(time.Hour) }()
		}
		time.Sleep(10 * time.Millisecond)
		panic("worker pool is gone")
	case "deadlock":
		var group sync.WaitGroup
		group.Add(1)
		group.Wait()
	case "writes":
		prices := map[int]int{}
		for worker := 0; worker < 8; worker++ {
			go func() {
				for {
					prices[1]++
				}
			}()
		}
		time.Sleep(time.Second)
	case "memory":
		_ = make([]byte, 1<<46)
	}
}
