package archive

import (
	"bytes"
	"testing"
	"time"

	"example.com/service/internal/store"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestRoundTrip(t *testing.T) {
	notes := []store.Note{
		{ID: uuid.New(), Title: "one", Text: "text", Created: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)},
		{ID: uuid.New(), Title: "two", Created: time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)},
	}
	var file bytes.Buffer
	require.NoError(t, Write(&file, notes))
	read, err := Read(&file)
	require.NoError(t, err)
	if diff := cmp.Diff(notes, read); diff != "" {
		t.Error(diff)
	}
}

func TestAnotherFormat(t *testing.T) {
	require.NoError(t, readable("1.9.9"))
	require.Error(t, readable("2.0.0"))
	require.Error(t, readable("new"))
}
