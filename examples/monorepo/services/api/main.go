// Command api takes jobs over HTTP and counts their words at once.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/monorepo/shared/httpx"
	"example.com/monorepo/shared/jobs"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := httpx.Serve(ctx, cmp.Or(os.Getenv("PORT"), "8080"), routes(), 8*time.Second, logger)
	stop()
	if err != nil {
		logger.Error("api", "error", err)
		os.Exit(1)
	}
}

func routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /jobs", func(w http.ResponseWriter, r *http.Request) {
		var job jobs.Job
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&job); err != nil {
			httpx.Reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		if err := job.Validate(); err != nil {
			httpx.Reply(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
			return
		}
		httpx.Reply(w, http.StatusOK, map[string]int{"words": job.Words()})
	})
	return mux
}
