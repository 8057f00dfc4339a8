package main

import "testing"

func TestDouble(t *testing.T) {
	if got := double(21); got != 42 {
		t.Errorf("double = %d", got)
	}
}
