// Command dice rolls dice over HTTP. It has no dependencies, so its image builds without a network.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// version is set by the linker: -ldflags "-X main.version=…".
var version = "dev"

func main() {
	os.Exit(start(os.Args[1:], os.Getenv("PORT"), os.Stdout, os.Stderr))
}

// start serves, or checks the running service when args says healthcheck, and returns the exit code.
func start(args []string, port string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if port == "" {
		port = "8080"
	}
	var err error
	switch {
	case len(args) == 0:
		err = serve(ctx, port, slog.New(slog.NewJSONHandler(stdout, nil)))
	case args[0] == "healthcheck":
		err = healthcheck(ctx, port)
	default:
		err = fmt.Errorf("unknown command %q: want none, or healthcheck", args[0])
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "dice:", err)
		return 1
	}
	return 0
}

// serve answers on every interface until ctx ends, then lets the requests in flight finish.
func serve(ctx context.Context, port string, logger *slog.Logger) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("", port))
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       60 * time.Second,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	logger.Info("listening", "address", listener.Addr().String(), "version", version)

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	logger.Info("stopped")
	return nil
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]string{"status": "ok", "version": version})
	})
	mux.HandleFunc("GET /roll/{dice}", func(w http.ResponseWriter, r *http.Request) {
		dice, err := parse(r.PathValue("dice"))
		if err != nil {
			reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		reply(w, http.StatusOK, map[string][]int{"rolls": dice.roll()})
	})
	return mux
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Warn("reply not sent", "error", err)
	}
}

type dice struct{ count, sides int }

// parse reads the usual notation: 2d6 is two dice of six sides, d20 one of twenty. At most 100 dice of 1000 sides are thrown.
func parse(text string) (dice, error) {
	count, sides, _ := strings.Cut(strings.ToLower(text), "d")
	if count == "" {
		count = "1"
	}
	d := dice{count: number(count), sides: number(sides)}
	if d.count < 1 || d.count > 100 || d.sides < 2 || d.sides > 1000 {
		return dice{}, fmt.Errorf("%q is not like 2d6 (1 to 100 dice of 2 to 1000 sides)", text)
	}
	return d, nil
}

// number reads a whole number; anything else is 0, which no die has.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

func (d dice) roll() []int {
	rolls := make([]int, d.count)
	for i := range rolls {
		rolls[i] = 1 + rand.IntN(d.sides)
	}
	return rolls
}

// healthcheck is the container's HEALTHCHECK: it succeeds when /health answers 200 within two seconds.
func healthcheck(ctx context.Context, port string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort("127.0.0.1", port)+"/health", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("/health answered %s", response.Status)
	}
	return nil
}
