// Command gray is a small service to try a gray release with: it works, exports its metrics with a version label, and
// can be made worse while it runs.
//
//	gray               serve until SIGTERM or Ctrl-C
//	gray healthcheck   ask the running service for /health: exit code 0 when it answers 200, else 1
//	gray version       print the version
//
// It reads PORT (8080), VERSION (the built-in one), WORK_MEDIAN (20ms), WORK_SPREAD (0.4), ADMIN_ADDR (off) and FAULTS
// (none). ADMIN_ADDR must be a loopback address; a PUT of a FAULTS object to its /faults changes the faults at once:
//
//	curl -X PUT -d '{"errorRatio": 0.03}' http://127.0.0.1:9090/faults
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Set by the linker: -ldflags "-X main.version=…".
var version = "dev"

func main() {
	os.Exit(start(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// start runs the command that args name and returns the exit code.
func start(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, args, getenv, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, "gray:", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	cfg, err := configFrom(getenv)
	if err != nil {
		return err
	}
	switch strings.Join(args, " ") {
	case "", "serve":
		return serve(ctx, cfg, stdout)
	case "healthcheck":
		return healthcheck(ctx, cfg.port)
	case "version":
		_, err := fmt.Fprintln(stdout, cfg.version)
		return err
	default:
		return fmt.Errorf("unknown command %q: want serve, healthcheck or version", strings.Join(args, " "))
	}
}

type config struct {
	port    string
	version string
	// work is the time a request takes, without faults.
	work   workTime
	admin  string
	faults Faults
}

// configFrom reads the environment and names every variable that cannot be used.
func configFrom(getenv func(string) string) (config, error) {
	or := func(name, otherwise string) string {
		if value := getenv(name); value != "" {
			return value
		}
		return otherwise
	}
	cfg := config{port: or("PORT", "8080"), version: or("VERSION", version), admin: getenv("ADMIN_ADDR")}
	var faults []error
	if port, err := strconv.Atoi(cfg.port); err != nil || port < 0 || port > 65535 {
		faults = append(faults, fmt.Errorf("PORT=%q is no port", cfg.port))
	}
	var err error
	if cfg.work.median, err = time.ParseDuration(or("WORK_MEDIAN", "20ms")); err != nil || cfg.work.median < 0 {
		faults = append(faults, fmt.Errorf("WORK_MEDIAN=%q is no time: write it like 20ms", getenv("WORK_MEDIAN")))
	}
	if cfg.work.spread, err = strconv.ParseFloat(or("WORK_SPREAD", "0.4"), 64); err != nil || cfg.work.spread < 0 || cfg.work.spread > 3 {
		faults = append(faults, fmt.Errorf("WORK_SPREAD=%q is no number from 0 to 3", getenv("WORK_SPREAD")))
	}
	if cfg.admin != "" && !isLoopback(cfg.admin) {
		faults = append(faults, fmt.Errorf("ADMIN_ADDR=%q is not a loopback address such as 127.0.0.1:9090", cfg.admin))
	}
	if cfg.faults, err = parseFaults(or("FAULTS", "{}")); err != nil {
		faults = append(faults, fmt.Errorf("FAULTS: %w", err))
	}
	return cfg, errors.Join(faults...)
}

// isLoopback says whether only this machine can reach the address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// serve answers requests until ctx ends, then stops taking new ones and waits for those in flight.
func serve(ctx context.Context, cfg config, logs io.Writer) error {
	app := newApp(cfg)
	defer app.close()
	// An empty host means every interface: 127.0.0.1 would be deaf inside a container.
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("", cfg.port))
	if err != nil {
		return err
	}
	servers := []*http.Server{newServer(app.handler())}
	served := make(chan error, 2)
	go func() { served <- servers[0].Serve(listener) }()
	_, _ = fmt.Fprintf(logs, "listening on %s, version %s\n", listener.Addr(), cfg.version)
	if cfg.admin != "" {
		adminListener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.admin)
		if err != nil {
			_ = servers[0].Close()
			return err
		}
		servers = append(servers, newServer(app.adminHandler()))
		go func() { served <- servers[1].Serve(adminListener) }()
		_, _ = fmt.Fprintf(logs, "admin on %s\n", adminListener.Addr())
	}

	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	app.draining.Store(true)
	// ctx has ended already; the requests in flight get a deadline of their own.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, server := range servers {
		if err := server.Shutdown(grace); err != nil {
			return fmt.Errorf("stop: %w", err)
		}
	}
	return nil
}

func newServer(handler http.Handler) *http.Server {
	return &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 60 * time.Second}
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
