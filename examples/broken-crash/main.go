// Trap: exits with code 1 right after its start, because a setting is missing that the image does not bring.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := check(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "fatal:", err)
		os.Exit(1)
	}
	select {}
}

func check(getenv func(string) string) error {
	if getenv("DATABASE_URL") == "" {
		return errors.New("DATABASE_URL is not set")
	}
	return nil
}
