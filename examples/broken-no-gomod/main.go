// Trap: there is no go.mod, as in the days of GOPATH.
package main

import "fmt"

func main() { fmt.Println("go mod init is missing") }
