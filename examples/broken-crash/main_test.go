package main

import "testing"

func TestCheck(t *testing.T) {
	if err := check(func(string) string { return "postgres://db.example/app" }); err != nil {
		t.Error(err)
	}
	if err := check(func(string) string { return "" }); err == nil {
		t.Error("check is content without DATABASE_URL")
	}
}
