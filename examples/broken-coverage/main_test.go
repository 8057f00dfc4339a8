package main

import "testing"

func TestGrade(t *testing.T) {
	if got := grade(100); got != "A" {
		t.Errorf("grade(100) = %q", got)
	}
}
