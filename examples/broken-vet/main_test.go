package main

import "testing"

func TestReport(t *testing.T) {
	c := counter{n: 1}
	c.add()
	if got := report(c); got != "counted to 2" {
		t.Errorf("report = %q", got)
	}
}
