package jobs

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

type remover struct{ limits []time.Time }

func (r *remover) RemoveBefore(limit time.Time) (int, error) {
	r.limits = append(r.limits, limit)
	return 1, nil
}

func TestClean(t *testing.T) {
	notes := &remover{}
	cleaner, err := NewCleaner("@hourly", time.Hour, notes, zap.NewNop())
	require.NoError(t, err)
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	cleaner.Clean(now)
	assert.Equal(t, []time.Time{now.Add(-time.Hour)}, notes.limits)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	assert.NoError(t, cleaner.Run(ended))
}

func TestBadSchedule(t *testing.T) {
	_, err := NewCleaner("now and then", time.Hour, &remover{}, zap.NewNop())
	assert.Error(t, err)
}
