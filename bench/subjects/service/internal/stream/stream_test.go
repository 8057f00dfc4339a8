package stream

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

func TestListenersHear(t *testing.T) {
	hub := NewHub(zap.NewNop())
	server := httptest.NewServer(hub)
	defer server.Close()
	client, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close(); _ = client.Close() }()
	require.Eventually(t, func() bool { return hub.Send(map[string]string{"title": "hello"}) == 1 }, 5*time.Second, time.Millisecond)
	var heard map[string]string
	require.NoError(t, client.ReadJSON(&heard))
	assert.Equal(t, "hello", heard["title"])
	hub.Close()
	assert.Equal(t, 0, hub.Send("nobody"))
}
