// Trap: cmd/one and cmd/two are both main packages, and the input main chooses none of them.
package main

import "fmt"

func main() { fmt.Println("two") }
