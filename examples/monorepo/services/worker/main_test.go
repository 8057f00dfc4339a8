package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	reader, writer := io.Pipe()
	finished := make(chan error, 1)
	go func() {
		err := run(ctx, "0", time.Millisecond, slog.New(slog.NewJSONHandler(writer, nil)))
		_ = writer.Close()
		finished <- err
	}()

	// Read the log until a job is done, then stop the worker and read what is left.
	logs := json.NewDecoder(reader)
	seen := false
	for {
		var line struct {
			Msg   string
			Words int
		}
		if err := logs.Decode(&line); err != nil {
			break
		}
		if line.Msg == "done" && !seen {
			seen = true
			if line.Words != 4 {
				t.Errorf("words = %d, want 4", line.Words)
			}
			cancel()
		}
	}
	if err := <-finished; err != nil {
		t.Errorf("run after the signal: %v", err)
	}
	if !seen {
		t.Error("no job was done")
	}
}

func TestRunReportsABadPort(t *testing.T) {
	t.Parallel()
	if err := run(t.Context(), "no-such-port", time.Hour, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("run took a bad port")
	}
}
