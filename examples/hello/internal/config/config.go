// Package config reads the settings of the service from its environment.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// Config holds the settings of the service.
type Config struct {
	// Port is the TCP port to listen on (PORT, default 8080). 0 takes any free port.
	Port string
	// Greeting is the word before the name (GREETING, default "Hello").
	Greeting string
	// LogLevel is the lowest level that is logged (LOG_LEVEL: debug, info, warn or error; default info).
	LogLevel slog.Level
	// ShutdownGrace is how long requests in flight may take after SIGTERM (SHUTDOWN_GRACE, default 8s).
	// It stays below the 10 s after which Docker kills a container, and far below the 30 s of Kubernetes.
	ShutdownGrace time.Duration
}

// FromEnv reads every setting by getenv and reports all faults at once.
func FromEnv(getenv func(string) string) (Config, error) {
	cfg := Config{Port: "8080", Greeting: "Hello", LogLevel: slog.LevelInfo, ShutdownGrace: 8 * time.Second}
	var faults []error

	if text := getenv("PORT"); text != "" {
		if _, err := strconv.ParseUint(text, 10, 16); err != nil {
			faults = append(faults, fmt.Errorf("PORT: %q is not a port from 0 to 65535", text))
		}
		cfg.Port = text
	}
	if text := getenv("GREETING"); text != "" {
		cfg.Greeting = text
	}
	if text := getenv("LOG_LEVEL"); text != "" {
		if err := cfg.LogLevel.UnmarshalText([]byte(text)); err != nil {
			faults = append(faults, fmt.Errorf("LOG_LEVEL: %q is not debug, info, warn or error", text))
		}
	}
	if text := getenv("SHUTDOWN_GRACE"); text != "" {
		grace, err := time.ParseDuration(text)
		if err != nil || grace <= 0 {
			faults = append(faults, fmt.Errorf("SHUTDOWN_GRACE: %q is not a duration above zero, such as 8s", text))
		}
		cfg.ShutdownGrace = grace
	}
	return cfg, errors.Join(faults...)
}
