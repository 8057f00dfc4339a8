package server

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func newServer(t *testing.T) (*Server, *bytes.Buffer) {
	t.Helper()
	logs := new(bytes.Buffer)
	build := Build{Version: "1.2.3", Commit: "abc", Date: "2026-01-02"}
	return New(build, "Hello", slog.New(slog.NewJSONHandler(logs, nil))), logs
}

func get(t *testing.T, s *Server, method, target string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for key, values := range header {
		request.Header[key] = values
	}
	recorder := httptest.NewRecorder()
	s.Handler().ServeHTTP(recorder, request)
	return recorder
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, target string
		code                 int
		body                 string
	}{
		{"greets the world", "GET", "/", 200, `{"message":"Hello, world!"}`},
		{"greets by name", "GET", "/?name=Ada", 200, `{"message":"Hello, Ada!"}`},
		{"refuses a bad name", "GET", "/?name=%00", 400, `{"error":"a name has at most 64 printable characters"}`},
		{"is alive", "GET", "/health", 200, `{"status":"ok"}`},
		{"is ready", "GET", "/ready", 200, `{"status":"ready"}`},
		{"tells its version", "GET", "/version", 200, `{"version":"1.2.3","commit":"abc","date":"2026-01-02"}`},
		{"knows no other path", "GET", "/nothing", 404, "404 page not found"},
		{"takes no POST", "POST", "/health", 405, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newServer(t)
			answer := get(t, s, test.method, test.target, nil)
			if answer.Code != test.code {
				t.Errorf("%s %s: code %d, want %d", test.method, test.target, answer.Code, test.code)
			}
			if body := strings.TrimSpace(answer.Body.String()); body != test.body {
				t.Errorf("%s %s: body %q, want %q", test.method, test.target, body, test.body)
			}
		})
	}
}

func TestDrainTurnsReadinessOnly(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	s.Drain()
	if code := get(t, s, "GET", "/ready", nil).Code; code != http.StatusServiceUnavailable {
		t.Errorf("/ready while draining: %d, want 503", code)
	}
	if code := get(t, s, "GET", "/health", nil).Code; code != http.StatusOK {
		t.Errorf("/health while draining: %d, want 200", code)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	get(t, s, "GET", "/?name=Ada", nil)
	get(t, s, "GET", "/?name=%00", nil)
	get(t, s, "GET", "/a/stranger/typed/this", nil)

	metrics := get(t, s, "GET", "/metrics", nil).Body.String()
	for _, line := range []string{
		`http_requests_total{code="200",method="GET",route="/"} 1`,
		`http_requests_total{code="400",method="GET",route="/"} 1`,
		`http_requests_total{code="404",method="GET",route="unknown"} 1`,
		`http_request_duration_seconds_count{method="GET",route="/"} 2`,
		`hello_build_info{commit="abc",version="1.2.3"} 1`,
		"go_goroutines ",
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %q", line)
		}
	}
	if strings.Contains(metrics, "stranger") {
		t.Error("/metrics holds a path that a client made up")
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	given := uuid.NewString()
	tests := []struct {
		name, header string
		kept         bool
	}{
		{"a UUID is kept", given, true},
		{"anything else is replaced", "not-a-uuid\" injected", false},
		{"none is made", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, logs := newServer(t)
			answer := get(t, s, "GET", "/", http.Header{"X-Request-Id": {test.header}})
			id := answer.Header().Get("X-Request-Id")
			if (id == test.header) != test.kept {
				t.Errorf("X-Request-Id = %q for %q", id, test.header)
			}
			if _, err := uuid.Parse(id); err != nil {
				t.Errorf("X-Request-Id: %v", err)
			}
			var line struct {
				ID   string `json:"id"`
				Code int    `json:"code"`
			}
			if err := json.Unmarshal(logs.Bytes(), &line); err != nil {
				t.Fatalf("log line: %v", err)
			}
			if line.ID != id || line.Code != http.StatusOK {
				t.Errorf("log line = %+v, want id %q and code 200", line, id)
			}
		})
	}
}
