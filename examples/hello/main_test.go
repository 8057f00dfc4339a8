package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func env(values map[string]string) func(string) string {
	return func(key string) string { return values[key] }
}

func TestServeStopsGracefully(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	finished := make(chan error, 1)
	go func() {
		err := run(ctx, nil, env(map[string]string{"PORT": "0"}), writer)
		_ = writer.Close()
		finished <- err
	}()

	logs := bufio.NewScanner(reader)
	port := listeningPort(t, logs)
	var lines []string
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for logs.Scan() {
			lines = append(lines, logs.Text())
		}
	}()

	if err := run(ctx, []string{"healthcheck"}, env(map[string]string{"PORT": port}), io.Discard); err != nil {
		t.Errorf("healthcheck: %v", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort("127.0.0.1", port)+"/?name=Ada", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(string(body), "Hello, Ada!") {
		t.Errorf("GET / = %s", body)
	}

	cancel()
	select {
	case err := <-finished:
		if err != nil {
			t.Errorf("run after the signal: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the service did not stop")
	}
	<-drained
	if last := lines[len(lines)-1]; !strings.Contains(last, `"msg":"stopped"`) {
		t.Errorf("last log line %q, want stopped", last)
	}
}

// listeningPort reads the first log line and returns the port it names.
func listeningPort(t *testing.T, logs *bufio.Scanner) string {
	t.Helper()
	if !logs.Scan() {
		t.Fatalf("no log line: %v", logs.Err())
	}
	var line struct{ Msg, Address string }
	if err := json.Unmarshal(logs.Bytes(), &line); err != nil {
		t.Fatalf("log line %q: %v", logs.Text(), err)
	}
	host, port, err := net.SplitHostPort(line.Address)
	if err != nil {
		t.Fatal(err)
	}
	if line.Msg != "listening" || !net.ParseIP(host).IsUnspecified() {
		t.Errorf("first log line %q: want it to listen on every interface", logs.Text())
	}
	return port
}

func TestStart(t *testing.T) {
	t.Parallel()
	busy, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() }) // not defer: the parallel subtests outlive this function
	_, busyPort, err := net.SplitHostPort(busy.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		name   string
		args   []string
		env    map[string]string
		code   int
		stdout string
		stderr string
	}{
		{"version", []string{"version"}, nil, 0, "dev (none, unknown)\n", ""},
		{"unknown command", []string{"dance"}, nil, 1, "", `unknown command "dance"`},
		{"too many commands", []string{"serve", "version"}, nil, 1, "", "one command at most"},
		{"bad port", nil, map[string]string{"PORT": "x"}, 1, "", `PORT: "x" is not a port`},
		{"port in use", []string{"serve"}, map[string]string{"PORT": busyPort}, 1, "", "listen tcp"},
		{"healthcheck without a service", []string{"healthcheck"}, map[string]string{"PORT": "0"}, 1, "", "hello:"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			if code := start(test.args, env(test.env), &stdout, &stderr); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if stdout.String() != test.stdout {
				t.Errorf("stdout %q, want %q", stdout.String(), test.stdout)
			}
			if !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("stderr %q, want %q in it", stderr.String(), test.stderr)
			}
		})
	}
}

func TestHealthcheckRefusesOtherAnswers(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sick := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go func() { _ = sick.Serve(listener) }()
	defer func() { _ = sick.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := healthcheck(t.Context(), port); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("healthcheck = %v, want an error that names 404", err)
	}
}
