package config

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestFromEnv(t *testing.T) {
	t.Parallel()
	defaults := Config{Port: "8080", Greeting: "Hello", LogLevel: slog.LevelInfo, ShutdownGrace: 8 * time.Second}

	tests := []struct {
		name string
		env  map[string]string
		want Config
	}{
		{"nothing set", nil, defaults},
		{
			"everything set",
			map[string]string{"PORT": "9000", "GREETING": "Hi", "LOG_LEVEL": "debug", "SHUTDOWN_GRACE": "250ms"},
			Config{Port: "9000", Greeting: "Hi", LogLevel: slog.LevelDebug, ShutdownGrace: 250 * time.Millisecond},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := FromEnv(func(key string) string { return test.env[key] })
			if err != nil {
				t.Fatalf("FromEnv: %v", err)
			}
			if got != test.want {
				t.Errorf("FromEnv = %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestFromEnvReportsAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	env := map[string]string{"PORT": "http", "LOG_LEVEL": "loud", "SHUTDOWN_GRACE": "-1s"}
	_, err := FromEnv(func(key string) string { return env[key] })
	if err == nil {
		t.Fatal("FromEnv took a bad environment")
	}
	for key := range env {
		if !strings.Contains(err.Error(), key+":") {
			t.Errorf("error %q does not name %s", err, key)
		}
	}
}
