//go:build integration

package main

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"
)

// TestService asks the running image; the stage integration says in DICE_ADDR where it is.
func TestService(t *testing.T) {
	address := os.Getenv("DICE_ADDR")
	if address == "" {
		t.Fatal("DICE_ADDR is empty: start the service by the stage integration, or set it")
	}
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get("http://" + address + "/roll/3d6")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct{ Rolls []int }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || len(answer.Rolls) != 3 {
		t.Errorf("three dice: %s, %v", response.Status, answer.Rolls)
	}
}
