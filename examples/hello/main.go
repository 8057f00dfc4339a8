// Command hello is a small HTTP service that greets people, reports its health and exports its metrics.
//
//	hello               serve until SIGTERM or Ctrl-C
//	hello healthcheck   ask the running service for /health: exit code 0 when it answers 200, else 1
//	hello version       print the version
//
// The second form is for a container's HEALTHCHECK, so that the image needs neither a shell nor curl.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/hello/internal/config"
	"example.com/hello/internal/server"
)

// Set by the linker: -ldflags "-X main.version=… -X main.commit=… -X main.date=…".
var (
	version = "dev"
	commit  = "none"
	date    = "unknown"
)

func main() {
	os.Exit(start(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// start runs the command that args name and returns the exit code.
func start(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, args, getenv, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, "hello:", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	cfg, err := config.FromEnv(getenv)
	if err != nil {
		return err
	}
	if len(args) > 1 {
		return fmt.Errorf("one command at most, not %q", args)
	}
	command := "serve"
	if len(args) == 1 {
		command = args[0]
	}
	switch command {
	case "serve":
		return serve(ctx, cfg, stdout)
	case "healthcheck":
		return healthcheck(ctx, cfg.Port)
	case "version":
		_, err := fmt.Fprintf(stdout, "%s (%s, %s)\n", version, commit, date)
		return err
	default:
		return fmt.Errorf("unknown command %q: want serve, healthcheck or version", command)
	}
}

// serve answers requests until ctx ends, then stops taking new ones and waits for those in flight.
func serve(ctx context.Context, cfg config.Config, logs io.Writer) error {
	logger := slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: cfg.LogLevel}))

	// An empty host means every interface: 127.0.0.1 would be deaf inside a container.
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("", cfg.Port))
	if err != nil {
		return err
	}

	hello := server.New(server.Build{Version: version, Commit: commit, Date: date}, cfg.Greeting, logger)
	httpServer := &http.Server{
		Handler:           hello.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       60 * time.Second,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}

	served := make(chan error, 1)
	go func() { served <- httpServer.Serve(listener) }()
	logger.Info("listening", "address", listener.Addr().String(), "version", version)

	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}

	logger.Info("stopping", "grace", cfg.ShutdownGrace.String())
	hello.Drain()
	// ctx has ended already; the requests in flight get a deadline of their own.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.ShutdownGrace)
	defer cancel()
	if err := httpServer.Shutdown(grace); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	logger.Info("stopped")
	return nil
}

// healthcheck succeeds when the service on this host answers /health with 200 within two seconds.
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
