package main

import "testing"

func TestBefore(t *testing.T) {
	if got := first([]string{"a", "b"}); got != "a" {
		t.Errorf("first = %q", got)
	}
}

func TestFirstOfNone(t *testing.T) {
	if got := first(nil); got != "" {
		t.Errorf("first = %q", got)
	}
}

func TestAfter(t *testing.T) {
	if got := first([]string{"b"}); got != "b" {
		t.Errorf("first = %q", got)
	}
}
