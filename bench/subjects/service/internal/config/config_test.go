package config

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func settings(t *testing.T, arguments ...string) *viper.Viper {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	Flags(flags)
	require.NoError(t, flags.Parse(arguments))
	settings := viper.New()
	require.NoError(t, settings.BindPFlags(flags))
	return settings
}

func TestDefaultsAreValid(t *testing.T) {
	config, err := Load(settings(t))
	require.NoError(t, err)
	assert.Equal(t, "0.0.0.0:8080", config.HTTP)
	assert.Equal(t, 30*24*time.Hour, config.MaxAge)
}

func TestFileAndFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "notes.yaml")
	require.NoError(t, os.WriteFile(file, []byte("log-level: debug\ncache-size: 7\n"), 0o600))
	config, err := Load(settings(t, "--config", file, "--cache-size", "9"))
	require.NoError(t, err)
	assert.Equal(t, "debug", config.LogLevel)
	assert.Equal(t, 9, config.CacheSize, "a flag wins over the file")
}

func TestBadValuesAreRefused(t *testing.T) {
	for _, arguments := range [][]string{{"--http", "nowhere"}, {"--log-level", "loud"}, {"--secret", "short"}, {"--rate", "0"}} {
		_, err := Load(settings(t, arguments...))
		assert.Error(t, err, arguments)
	}
}

func TestPrintKeepsSecrets(t *testing.T) {
	config, err := Load(settings(t, "--secret", "very-secret-value"))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, config.Print(&out))
	assert.Contains(t, out.String(), "logLevel: info")
	assert.NotContains(t, out.String(), "very-secret-value")
}
