package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func free(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func TestConfigCommand(t *testing.T) {
	var out bytes.Buffer
	root := command()
	root.SetOut(&out)
	root.SetArgs([]string{"config", "--cache-size", "5"})
	require.NoError(t, root.Execute())
	assert.Contains(t, out.String(), "cacheSize: 5")
}

func TestServesAndStops(t *testing.T) {
	address := free(t)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	root := command()
	root.SetOut(&bytes.Buffer{})
	root.SetArgs([]string{"--http", address, "--grpc", free(t), "--database", filepath.Join(t.TempDir(), "notes.db")})
	ended := make(chan error, 1)
	go func() { ended <- root.ExecuteContext(ctx) }()
	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/health", nil)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer func() { _ = response.Body.Close() }()
		return response.StatusCode == http.StatusOK
	}, 10*time.Second, 20*time.Millisecond)
	stop()
	select {
	case err := <-ended:
		assert.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Error("does not stop")
	}
}
