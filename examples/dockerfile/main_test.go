package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want dice
		ok   bool
	}{
		{"2d6", dice{2, 6}, true},
		{"d20", dice{1, 20}, true},
		{"100D1000", dice{100, 1000}, true},
		{"0d6", dice{}, false},
		{"101d6", dice{}, false},
		{"1d1", dice{}, false},
		{"1d", dice{}, false},
		{"six", dice{}, false},
		{"", dice{}, false},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			got, err := parse(test.text)
			if got != test.want || (err == nil) != test.ok {
				t.Errorf("parse(%q) = %v, %v", test.text, got, err)
			}
		})
	}
}

func TestRoll(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for _, n := range (dice{count: 100, sides: 2}).roll() {
		if n < 1 || n > 2 {
			t.Fatalf("a die of two sides shows %d", n)
		}
		seen[n] = true
	}
	if len(seen) != 2 {
		t.Errorf("100 throws show only %v", seen)
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	tests := []struct {
		target string
		code   int
	}{
		{"/health", http.StatusOK},
		{"/roll/3d6", http.StatusOK},
		{"/roll/nothing", http.StatusBadRequest},
		{"/other", http.StatusNotFound},
	}
	for _, test := range tests {
		t.Run(test.target, func(t *testing.T) {
			t.Parallel()
			recorder := httptest.NewRecorder()
			handler().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), "GET", test.target, nil))
			if recorder.Code != test.code {
				t.Errorf("GET %s: %d, want %d", test.target, recorder.Code, test.code)
			}
		})
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	finished := make(chan error, 1)
	go func() { finished <- serve(ctx, "0", slog.New(slog.NewJSONHandler(writer, nil))) }()

	logs := json.NewDecoder(reader)
	var line struct{ Address string }
	if err := logs.Decode(&line); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	_, port, err := net.SplitHostPort(line.Address)
	if err != nil {
		t.Fatal(err)
	}
	if err := healthcheck(ctx, port); err != nil {
		t.Errorf("healthcheck: %v", err)
	}

	cancel()
	select {
	case err := <-finished:
		if err != nil {
			t.Errorf("serve after the signal: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the service did not stop")
	}
	if err := healthcheck(t.Context(), port); err == nil {
		t.Error("healthcheck succeeds after the stop")
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		args   []string
		port   string
		stderr string
	}{
		{"unknown command", []string{"dance"}, "", `unknown command "dance"`},
		{"bad port", nil, "http-but-wrong", "listen tcp"},
		{"healthcheck without a service", []string{"healthcheck"}, "0", "dice:"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			if code := start(test.args, test.port, io.Discard, &stderr); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			if !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("stderr %q, want %q in it", stderr.String(), test.stderr)
			}
		})
	}
}
