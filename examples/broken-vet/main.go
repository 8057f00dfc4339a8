// Trap: go vet finds a lock that is passed by value; the code compiles and its tests pass.
package main

import (
	"fmt"
	"sync"
)

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

// report gets a copy of the counter and of its lock, so it guards nothing.
func report(c counter) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("counted to %d", c.n)
}

func main() {
	var c counter
	c.add()
	fmt.Println(report(c))
}
