package httpx

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"
)

func TestServe(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /own", func(w http.ResponseWriter, _ *http.Request) { Reply(w, http.StatusTeapot, "own") })
	reader, writer := io.Pipe()
	finished := make(chan error, 1)
	go func() {
		finished <- Serve(ctx, "0", mux, 5*time.Second, slog.New(slog.NewJSONHandler(writer, nil)))
	}()
	var line struct{ Address string }
	if err := json.NewDecoder(reader).Decode(&line); err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(line.Address)
	if err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		path, body string
		code       int
	}{
		{"/health", `{"status":"ok"}` + "\n", http.StatusOK},
		{"/own", `"own"` + "\n", http.StatusTeapot},
	}
	for _, test := range tests {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort("127.0.0.1", port)+test.path, nil)
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
		_ = response.Body.Close()
		if response.StatusCode != test.code || string(body) != test.body {
			t.Errorf("GET %s = %d %q, want %d %q", test.path, response.StatusCode, body, test.code, test.body)
		}
	}

	cancel()
	select {
	case err := <-finished:
		if err != nil {
			t.Errorf("Serve after the signal: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Serve did not stop")
	}
}

func TestServeReportsABadPort(t *testing.T) {
	t.Parallel()
	if err := Serve(t.Context(), "no-such-port", http.NewServeMux(), time.Second, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("Serve took a bad port")
	}
}
