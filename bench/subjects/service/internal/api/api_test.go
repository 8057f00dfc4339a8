package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"example.com/service/internal/archive"
	"example.com/service/internal/auth"
	"example.com/service/internal/store"
	"example.com/service/internal/stream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"
)

func handler(t *testing.T, hash string, rate float64) http.Handler {
	t.Helper()
	notes, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "notes.db"), 8)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, notes.Close()) })
	return New(Options{
		Notes: notes, Hub: stream.NewHub(zap.NewNop()), Guard: auth.New([]byte("0123456789"), hash),
		Log: zap.NewNop(), Version: "test", Rate: rate,
	})
}

func call(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	for at := 0; at+1 < len(headers); at += 2 {
		request.Header.Set(headers[at], headers[at+1])
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return recorder
}

func TestHealthAndMetrics(t *testing.T) {
	h := handler(t, "", 100)
	assert.Contains(t, call(h, http.MethodGet, "/health", "").Body.String(), `"version":"test"`)
	assert.Contains(t, call(h, http.MethodGet, "/metrics", "").Body.String(), `notes_requests_total{outcome="ok"} 1`)
}

func TestNotes(t *testing.T) {
	h := handler(t, "", 100)
	for body, status := range map[string]int{
		`{"title":"one","text":"first"}`: http.StatusCreated,
		`{"text":"no title"}`:            http.StatusUnprocessableEntity,
		`no json`:                        http.StatusBadRequest,
	} {
		assert.Equal(t, status, call(h, http.MethodPost, "/notes", body).Code, body)
	}
	var notes []store.Note
	require.NoError(t, json.Unmarshal(call(h, http.MethodGet, "/notes", "").Body.Bytes(), &notes))
	require.Len(t, notes, 1)
	assert.Equal(t, http.StatusOK, call(h, http.MethodGet, "/notes/"+notes[0].ID.String(), "").Code)
	assert.Equal(t, http.StatusNotFound, call(h, http.MethodGet, "/notes/00000000-0000-7000-8000-000000000000", "").Code)
	assert.Equal(t, http.StatusBadRequest, call(h, http.MethodGet, "/notes/x", "").Code)
	read, err := archive.Read(call(h, http.MethodGet, "/notes/archive", "").Body)
	require.NoError(t, err)
	assert.Len(t, read, 1)
}

func TestLogin(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("pw"), bcrypt.MinCost)
	require.NoError(t, err)
	h := handler(t, string(hash), 100)
	assert.Equal(t, http.StatusUnauthorized, call(h, http.MethodGet, "/notes", "").Code)
	assert.Equal(t, http.StatusUnauthorized, call(h, http.MethodPost, "/login", "").Code)
	answer := call(h, http.MethodPost, "/login", "", "Authorization", "Basic YWRhOnB3")
	require.Equal(t, http.StatusOK, answer.Code)
	var token struct{ Token string }
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &token))
	assert.Equal(t, http.StatusOK, call(h, http.MethodGet, "/notes", "", "Authorization", "Bearer "+token.Token).Code)
}

func TestLimit(t *testing.T) {
	h := handler(t, "", 1)
	assert.Equal(t, http.StatusOK, call(h, http.MethodGet, "/notes", "").Code)
	assert.Equal(t, http.StatusTooManyRequests, call(h, http.MethodGet, "/notes", "").Code)
}
