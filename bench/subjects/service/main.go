// Command service keeps notes: HTTP and gRPC, metrics, traces, an embedded database. It is the subject of the
// benchmarks: about thirty direct dependencies of the usual kind, all of them really used.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"example.com/service/internal/config"
	"example.com/service/internal/logging"
	"github.com/spf13/cobra"
	"github.com/spf13/viper"
	"go.uber.org/zap"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	settings := viper.New()
	root := &cobra.Command{
		Use:           "service",
		Short:         "Keeps notes",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := config.Load(settings)
			if err != nil {
				return err
			}
			log, err := logging.New(loaded.LogLevel, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			defer func() { _ = log.Sync() }()
			if settings.GetString("config") != "" {
				config.Watch(settings, func(name string) { log.Warn("changed, restart to use it", zap.String("file", name)) })
			}
			return serve(cmd.Context(), loaded, log)
		},
	}
	config.Flags(root.PersistentFlags())
	if err := settings.BindPFlags(root.PersistentFlags()); err != nil {
		panic(err)
	}
	root.AddCommand(&cobra.Command{
		Use:   "config",
		Short: "Prints the configuration as YAML",
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := config.Load(settings)
			if err != nil {
				return err
			}
			return loaded.Print(cmd.OutOrStdout())
		},
	})
	return root
}
