// Command worker carries out jobs in the background; over HTTP it tells only its health and how many are done.
package main

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"example.com/monorepo/services/worker/internal/queue"
	"example.com/monorepo/shared/httpx"
	"example.com/monorepo/shared/jobs"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, cmp.Or(os.Getenv("PORT"), "8081"), time.Second, logger)
	stop()
	if err != nil {
		logger.Error("worker", "error", err)
		os.Exit(1)
	}
}

// run feeds itself one job every interval; a real worker would take them from a broker.
func run(ctx context.Context, port string, interval time.Duration, logger *slog.Logger) error {
	work := queue.New(16)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /done", func(w http.ResponseWriter, _ *http.Request) {
		httpx.Reply(w, http.StatusOK, map[string]int64{"done": work.Done()})
	})

	var group sync.WaitGroup
	group.Go(func() {
		work.Run(ctx, func(job jobs.Job) {
			logger.Info("done", "job", job.ID, "words", job.Words())
		})
	})
	group.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for n := 1; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if err := work.Add(jobs.Job{ID: strconv.Itoa(n), Text: "the quick brown fox"}); err != nil {
					logger.Warn("job refused", "error", err)
				}
			}
		}
	})
	err := httpx.Serve(ctx, port, mux, 8*time.Second, logger)
	if err != nil && ctx.Err() == nil {
		return err // the port was never ours: the goroutines end with the process
	}
	group.Wait()
	return err
}
