package telemetry

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSpansReachTheCollector(t *testing.T) {
	var posts atomic.Int32
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/v1/traces" {
			posts.Add(1)
		}
	}))
	defer collector.Close()
	provider, err := Start(context.Background(), "test", collector.URL+"/v1/traces")
	require.NoError(t, err)
	ctx, span := Span(context.Background(), "work")
	assert.NotNil(t, ctx)
	assert.True(t, span.SpanContext().IsValid())
	span.End()
	require.NoError(t, provider.Shutdown(context.Background()))
	assert.EqualValues(t, 1, posts.Load())
}
