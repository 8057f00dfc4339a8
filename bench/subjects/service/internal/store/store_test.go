package store

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func open(t *testing.T) *Store {
	t.Helper()
	store, err := Open(context.Background(), filepath.Join(t.TempDir(), "notes.db"), 2)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	return store
}

func TestAddGetAll(t *testing.T) {
	store := open(t)
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for _, title := range []string{"one", "two", "three"} {
		_, err := store.Add(title, "text", now)
		require.NoError(t, err)
	}
	notes, err := store.All()
	require.NoError(t, err)
	require.Len(t, notes, 3)
	found, err := store.Get(notes[0].ID)
	require.NoError(t, err)
	assert.Equal(t, notes[0], found)
	_, err = store.Get(uuid.New())
	assert.ErrorIs(t, err, ErrNotFound)
}

func TestRemoveBefore(t *testing.T) {
	store := open(t)
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	old, err := store.Add("old", "", now.Add(-time.Hour))
	require.NoError(t, err)
	_, err = store.Add("new", "", now)
	require.NoError(t, err)
	removed, err := store.RemoveBefore(now)
	require.NoError(t, err)
	assert.Equal(t, 1, removed)
	_, err = store.Get(old.ID)
	assert.ErrorIs(t, err, ErrNotFound)
}

func TestTitlesAreNormalised(t *testing.T) {
	store := open(t)
	note, err := store.Add("cafe\u0301", "", time.Now())
	require.NoError(t, err)
	assert.Equal(t, "caf\u00e9", note.Title)
}
