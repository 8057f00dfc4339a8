// Package stream tells listeners of new notes over WebSockets.
package stream

import (
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"
)

// Hub keeps the listeners.
type Hub struct {
	log      *zap.Logger
	upgrader websocket.Upgrader
	mutex    sync.Mutex
	clients  map[*websocket.Conn]struct{}
}

// NewHub makes an empty hub.
func NewHub(log *zap.Logger) *Hub {
	return &Hub{log: log, clients: map[*websocket.Conn]struct{}{}}
}

// ServeHTTP takes a listener in until it goes.
func (h *Hub) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	connection, err := h.upgrader.Upgrade(writer, request, nil)
	if err != nil {
		h.log.Warn("no websocket", zap.Error(err))
		return
	}
	h.mutex.Lock()
	h.clients[connection] = struct{}{}
	h.mutex.Unlock()
	for {
		if _, _, err := connection.NextReader(); err != nil {
			h.drop(connection)
			return
		}
	}
}

// Send tells every listener; one that does not listen any more is dropped.
func (h *Hub) Send(value any) int {
	h.mutex.Lock()
	listeners := make([]*websocket.Conn, 0, len(h.clients))
	for client := range h.clients {
		listeners = append(listeners, client)
	}
	h.mutex.Unlock()
	sent := 0
	for _, client := range listeners {
		_ = client.SetWriteDeadline(time.Now().Add(time.Second))
		if err := client.WriteJSON(value); err != nil {
			h.drop(client)
			continue
		}
		sent++
	}
	return sent
}

// Close sends every listener away.
func (h *Hub) Close() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for client := range h.clients {
		_ = client.Close()
	}
	clear(h.clients)
}

func (h *Hub) drop(connection *websocket.Conn) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.clients, connection)
	_ = connection.Close()
}
