// Package config reads flags, environment and a file into one checked value.
package config

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/go-playground/validator/v10"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"gopkg.in/yaml.v3"
)

// Config is everything that can be set.
type Config struct {
	HTTP              string        `mapstructure:"http" yaml:"http" validate:"required,hostname_port"`
	GRPC              string        `mapstructure:"grpc" yaml:"grpc" validate:"required,hostname_port"`
	Database          string        `mapstructure:"database" yaml:"database" validate:"required"`
	LogLevel          string        `mapstructure:"log-level" yaml:"logLevel" validate:"oneof=debug info warn error"`
	OTLPEndpoint      string        `mapstructure:"otlp-endpoint" yaml:"otlpEndpoint" validate:"omitempty,url"`
	Secret            string        `mapstructure:"secret" yaml:"-" validate:"required,min=8"`
	PasswordHash      string        `mapstructure:"password-hash" yaml:"-"`
	CacheSize         int           `mapstructure:"cache-size" yaml:"cacheSize" validate:"min=1,max=1000000"`
	RequestsPerSecond float64       `mapstructure:"rate" yaml:"rate" validate:"gt=0"`
	CleanSchedule     string        `mapstructure:"clean-schedule" yaml:"cleanSchedule" validate:"required"`
	MaxAge            time.Duration `mapstructure:"max-age" yaml:"maxAge" validate:"gt=0"`
}

// Flags declares the command-line flags, which are also the defaults.
func Flags(flags *pflag.FlagSet) {
	flags.String("http", "0.0.0.0:8080", "address of the HTTP server")
	flags.String("grpc", "0.0.0.0:9090", "address of the gRPC server")
	flags.String("database", "/tmp/notes.db", "file of the database")
	flags.String("log-level", "info", "debug, info, warn or error")
	flags.String("otlp-endpoint", "", "where traces go; empty: nowhere")
	flags.String("secret", "change-me-please", "key of the tokens")
	flags.String("password-hash", "", "bcrypt hash of the password that gives tokens")
	flags.Int("cache-size", 1024, "notes kept in memory")
	flags.Float64("rate", 100, "requests per second")
	flags.String("clean-schedule", "@hourly", "when old notes are removed")
	flags.Duration("max-age", 30*24*time.Hour, "age at which a note is removed")
	flags.String("config", "", "YAML file")
}

// Load reads and checks the configuration.
func Load(settings *viper.Viper) (Config, error) {
	settings.SetEnvPrefix("NOTES")
	settings.SetEnvKeyReplacer(strings.NewReplacer("-", "_"))
	settings.AutomaticEnv()
	if file := settings.GetString("config"); file != "" {
		settings.SetConfigFile(file)
		if err := settings.ReadInConfig(); err != nil {
			return Config{}, fmt.Errorf("config file: %w", err)
		}
	}
	var config Config
	if err := settings.Unmarshal(&config); err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	if err := validator.New(validator.WithRequiredStructEnabled()).Struct(config); err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	return config, nil
}

// Watch calls changed when the configuration file is written.
func Watch(settings *viper.Viper, changed func(name string)) {
	settings.OnConfigChange(func(event fsnotify.Event) {
		if event.Has(fsnotify.Write) {
			changed(event.Name)
		}
	})
	settings.WatchConfig()
}

// Print writes the configuration without its secrets.
func (config Config) Print(to io.Writer) error {
	encoder := yaml.NewEncoder(to)
	encoder.SetIndent(2)
	if err := encoder.Encode(config); err != nil {
		return err
	}
	return encoder.Close()
}
