// Package telemetry sets traces up.
package telemetry

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Start sets the global tracer; without an endpoint, spans are made and dropped.
func Start(ctx context.Context, version, endpoint string) (*sdk.TracerProvider, error) {
	described, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "notes"),
		attribute.String("service.version", version),
	))
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	options := []sdk.TracerProviderOption{sdk.WithResource(described)}
	if endpoint != "" {
		exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
		if err != nil {
			return nil, fmt.Errorf("telemetry: %w", err)
		}
		options = append(options, sdk.WithBatcher(exporter))
	}
	provider := sdk.NewTracerProvider(options...)
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return provider, nil
}

// Span starts a span of this service.
func Span(ctx context.Context, name string) (context.Context, trace.Span) {
	return otel.Tracer("example.com/service").Start(ctx, name)
}
