// Trap: the code does not compile: a string where a number is wanted.
package main

import "fmt"

func double(n int) int { return 2 * n }

func main() {
	fmt.Println(double("21"))
}
