package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestJobs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, want string
		code             int
	}{
		{"counts", `{"id":"1","text":"to be"}`, `{"words":2}`, http.StatusOK},
		{"names the fault", `{"id":"1"}`, `{"error":"text: empty"}`, http.StatusUnprocessableEntity},
		{"no JSON", `{`, `{"error":"unexpected EOF"}`, http.StatusBadRequest},
		{"too large", `{"text":"` + strings.Repeat("a", 1<<20) + `"}`, `{"error":"http: request body too large"}`, http.StatusBadRequest},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			recorder := httptest.NewRecorder()
			routes().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), "POST", "/jobs", strings.NewReader(test.body)))
			if got := strings.TrimSpace(recorder.Body.String()); recorder.Code != test.code || got != test.want {
				t.Errorf("POST /jobs = %d %s, want %d %s", recorder.Code, got, test.code, test.want)
			}
		})
	}
}
