package auth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
)

func TestTokens(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("open sesame"), bcrypt.MinCost)
	require.NoError(t, err)
	guard := New([]byte("0123456789abcdef"), string(hash))
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	_, err = guard.Login("ada", "wrong", now)
	assert.ErrorIs(t, err, ErrRefused)
	token, err := guard.Login("ada", "open sesame", now)
	require.NoError(t, err)
	user, err := guard.Check(token, now.Add(59*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, "ada", user)
	_, err = guard.Check(token, now.Add(61*time.Minute))
	assert.ErrorIs(t, err, ErrRefused, "a token ends after an hour")
	_, err = New([]byte("another key, too"), string(hash)).Check(token, now)
	assert.ErrorIs(t, err, ErrRefused, "a token of another key")
}
