// Trap: go.mod asks for Go 1.99.0, which no source offers.
package main

import "fmt"

func main() { fmt.Println("hello from the future") }
