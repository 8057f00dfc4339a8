package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"example.com/service/internal/api"
	"example.com/service/internal/auth"
	"example.com/service/internal/config"
	"example.com/service/internal/jobs"
	"example.com/service/internal/rpc"
	"example.com/service/internal/store"
	"example.com/service/internal/stream"
	"example.com/service/internal/telemetry"
	"go.uber.org/multierr"
	"go.uber.org/zap"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"
)

// serve runs everything until the context ends, and then stops it in order.
func serve(ctx context.Context, settings config.Config, log *zap.Logger) (err error) {
	tracing, err := telemetry.Start(ctx, version, settings.OTLPEndpoint)
	if err != nil {
		return err
	}
	defer func() { err = multierr.Append(err, tracing.Shutdown(context.WithoutCancel(ctx))) }()

	notes, err := store.Open(ctx, settings.Database, settings.CacheSize)
	if err != nil {
		return err
	}
	defer func() { err = multierr.Append(err, notes.Close()) }()

	hub := stream.NewHub(log)
	cleaner, err := jobs.NewCleaner(settings.CleanSchedule, settings.MaxAge, notes, log)
	if err != nil {
		return err
	}
	handler := api.New(api.Options{
		Notes: notes, Hub: hub, Log: log, Version: version,
		Guard: auth.New([]byte(settings.Secret), settings.PasswordHash),
		Rate:  settings.RequestsPerSecond,
	})
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	grpcServer := rpc.New(log)

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", settings.HTTP)
		if err != nil {
			return err
		}
		log.Info("listening", zap.String("http", settings.HTTP))
		if err := server.Serve(netutil.LimitListener(listener, 1024)); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", settings.GRPC)
		if err != nil {
			return err
		}
		return grpcServer.Serve(listener)
	})
	group.Go(func() error { return cleaner.Run(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		hub.Close()
		grpcServer.GracefulStop()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(stopping)
	})
	return group.Wait()
}
