// Package server holds the HTTP interface of the service.
package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/hello/internal/greeting"
)

// Build says which build of the service is running.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"`
}

// Server answers the requests of the service. Make one with New.
type Server struct {
	build    Build
	greeting string
	logger   *slog.Logger
	draining atomic.Bool

	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// New returns a Server with metrics of its own, so that several can live in one process.
func New(build Build, word string, logger *slog.Logger) *Server {
	s := &Server{
		build:    build,
		greeting: word,
		logger:   logger,
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total",
			Help: "Requests answered, by route, method and status code.",
		}, []string{"route", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Time from the request's arrival to the end of its answer.",
			Buckets: prometheus.DefBuckets,
		}, []string{"route", "method"}),
	}
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "hello_build_info",
		Help: "Always 1; the labels name the build that is running.",
	}, []string{"version", "commit"})
	info.WithLabelValues(build.Version, build.Commit).Set(1)
	s.registry.MustRegister(
		s.requests, s.duration, info,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return s
}

// Drain makes /ready answer 503, so that load balancers send no new requests while the service stops.
func (s *Server) Drain() { s.draining.Store(true) }

// Handler returns the routes of the service.
func (s *Server) Handler() http.Handler {
	router := chi.NewRouter()
	router.Use(s.observe, middleware.Recoverer)
	router.Get("/", s.hello)
	router.Get("/health", s.health)
	router.Get("/ready", s.ready)
	router.Get("/version", s.version)
	router.Method(http.MethodGet, "/metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{Registry: s.registry}))
	return router
}

func (s *Server) hello(w http.ResponseWriter, r *http.Request) {
	text, err := greeting.For(s.greeting, r.URL.Query().Get("name"))
	if err != nil {
		s.reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	s.reply(w, http.StatusOK, map[string]string{"message": text})
}

// health says that the process works (liveness). It asks nothing of other services: theirs is not our health.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	s.reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready says whether new requests are welcome (readiness).
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		s.reply(w, http.StatusServiceUnavailable, map[string]string{"status": "stopping"})
		return
	}
	s.reply(w, http.StatusOK, map[string]string{"status": "ready"})
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	s.reply(w, http.StatusOK, s.build)
}

func (s *Server) reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.logger.Warn("reply not sent", "error", err)
	}
}

// observe gives each request an id, counts and times it, and logs it.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		id := requestID(r)
		w.Header().Set("X-Request-Id", id)
		answer := middleware.NewWrapResponseWriter(w, r.ProtoMajor)

		next.ServeHTTP(answer, r)

		// The pattern, not the path: a label must not grow with what strangers type.
		route := chi.RouteContext(r.Context()).RoutePattern()
		if route == "" {
			route = "unknown"
		}
		code := answer.Status()
		if code == 0 {
			code = http.StatusOK
		}
		elapsed := time.Since(start)
		s.requests.WithLabelValues(route, r.Method, strconv.Itoa(code)).Inc()
		s.duration.WithLabelValues(route, r.Method).Observe(elapsed.Seconds())
		s.logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("id", id),
			slog.String("method", r.Method),
			slog.String("path", r.URL.Path),
			slog.Int("code", code),
			slog.Int("bytes", answer.BytesWritten()),
			slog.Duration("elapsed", elapsed),
		)
	})
}

// requestID keeps the caller's id when it is a UUID, so that one request can be followed across services.
func requestID(r *http.Request) string {
	if id, err := uuid.Parse(r.Header.Get("X-Request-Id")); err == nil {
		return id.String()
	}
	return uuid.NewString()
}
