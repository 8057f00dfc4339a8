package main

import (
	"net/http/httptest"
	"testing"
)

func TestHealth(t *testing.T) {
	recorder := httptest.NewRecorder()
	handler().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), "GET", "/health", nil))
	if recorder.Code != 200 || recorder.Body.String() != "ok\n" {
		t.Errorf("GET /health = %d %q", recorder.Code, recorder.Body.String())
	}
}
