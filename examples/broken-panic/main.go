// Trap: a test panics, which ends the test binary: the tests after it never report.
package main

import "fmt"

func first(words []string) string { return words[0] }

func main() { fmt.Println(first([]string{"hello"})) }
