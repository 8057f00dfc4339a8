// Trap: a test fails, in one case of a table; the code compiles and vet is silent.
package main

import "fmt"

// leap says whether a year of the Gregorian calendar has a 29 February. It forgets the centuries.
func leap(year int) bool { return year%4 == 0 }

func main() { fmt.Println(leap(2028)) }
