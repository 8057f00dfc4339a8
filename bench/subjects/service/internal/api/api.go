// Package api is the HTTP interface.
package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"example.com/service/internal/archive"
	"example.com/service/internal/auth"
	"example.com/service/internal/store"
	"example.com/service/internal/stream"
	"example.com/service/internal/telemetry"
	"github.com/go-playground/validator/v10"
	"github.com/google/uuid"
	"github.com/gorilla/handlers"
	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.uber.org/zap"
	"golang.org/x/time/rate"
)

// Options are what the interface works with.
type Options struct {
	Notes   *store.Store
	Hub     *stream.Hub
	Guard   *auth.Guard
	Log     *zap.Logger
	Version string
	// Rate is in requests per second.
	Rate float64
}

type server struct {
	Options
	check   *validator.Validate
	limiter *rate.Limiter
	count   *prometheus.CounterVec
}

// New makes the handler.
func New(options Options) http.Handler {
	registry := prometheus.NewRegistry()
	s := &server{
		Options: options,
		check:   validator.New(validator.WithRequiredStructEnabled()),
		limiter: rate.NewLimiter(rate.Limit(options.Rate), max(1, int(options.Rate))),
		count: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "notes_requests_total", Help: "Requests by outcome."},
			[]string{"outcome"}),
	}
	registry.MustRegister(s.count)
	router := mux.NewRouter()
	router.HandleFunc("/health", s.health).Methods(http.MethodGet)
	router.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{})).Methods(http.MethodGet)
	router.HandleFunc("/login", s.login).Methods(http.MethodPost)
	notes := router.PathPrefix("/notes").Subrouter()
	notes.Use(s.limit, s.authorise)
	notes.HandleFunc("", s.list).Methods(http.MethodGet)
	notes.HandleFunc("", s.add).Methods(http.MethodPost)
	notes.HandleFunc("/archive", s.archive).Methods(http.MethodGet)
	notes.Handle("/stream", options.Hub).Methods(http.MethodGet)
	notes.HandleFunc("/{id}", s.get).Methods(http.MethodGet)
	return handlers.RecoveryHandler()(handlers.CompressHandler(otelhttp.NewHandler(router, "http")))
}

func (s *server) health(writer http.ResponseWriter, _ *http.Request) {
	host, _ := os.Hostname()
	s.answer(writer, http.StatusOK, map[string]string{"status": "ok", "version": s.Version, "host": host})
}

func (s *server) login(writer http.ResponseWriter, request *http.Request) {
	user, password, _ := request.BasicAuth()
	token, err := s.Guard.Login(user, password, time.Now())
	if err != nil {
		s.fail(writer, http.StatusUnauthorized, err)
		return
	}
	s.answer(writer, http.StatusOK, map[string]string{"token": token})
}

func (s *server) list(writer http.ResponseWriter, request *http.Request) {
	_, span := telemetry.Span(request.Context(), "list")
	defer span.End()
	notes, err := s.Notes.All()
	if err != nil {
		s.fail(writer, http.StatusInternalServerError, err)
		return
	}
	s.answer(writer, http.StatusOK, notes)
}

func (s *server) add(writer http.ResponseWriter, request *http.Request) {
	var wanted store.Note
	if err := json.NewDecoder(http.MaxBytesReader(writer, request.Body, 1<<17)).Decode(&wanted); err != nil {
		s.fail(writer, http.StatusBadRequest, err)
		return
	}
	if err := s.check.Struct(wanted); err != nil {
		s.fail(writer, http.StatusUnprocessableEntity, err)
		return
	}
	note, err := s.Notes.Add(wanted.Title, wanted.Text, time.Now())
	if err != nil {
		s.fail(writer, http.StatusInternalServerError, err)
		return
	}
	s.Hub.Send(note)
	s.answer(writer, http.StatusCreated, note)
}

func (s *server) get(writer http.ResponseWriter, request *http.Request) {
	id, err := uuid.Parse(mux.Vars(request)["id"])
	if err != nil {
		s.fail(writer, http.StatusBadRequest, err)
		return
	}
	note, err := s.Notes.Get(id)
	if errors.Is(err, store.ErrNotFound) {
		s.fail(writer, http.StatusNotFound, err)
		return
	}
	if err != nil {
		s.fail(writer, http.StatusInternalServerError, err)
		return
	}
	s.answer(writer, http.StatusOK, note)
}

func (s *server) archive(writer http.ResponseWriter, _ *http.Request) {
	notes, err := s.Notes.All()
	if err != nil {
		s.fail(writer, http.StatusInternalServerError, err)
		return
	}
	writer.Header().Set("Content-Type", "application/zstd")
	if err := archive.Write(writer, notes); err != nil {
		s.Log.Warn("archive", zap.Error(err))
	}
}

func (s *server) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if !s.limiter.Allow() {
			s.fail(writer, http.StatusTooManyRequests, errors.New("too many requests"))
			return
		}
		next.ServeHTTP(writer, request)
	})
}

func (s *server) authorise(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if !s.Guard.Open() {
			token := strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")
			if _, err := s.Guard.Check(token, time.Now()); err != nil {
				s.fail(writer, http.StatusUnauthorized, err)
				return
			}
		}
		next.ServeHTTP(writer, request)
	})
}

func (s *server) answer(writer http.ResponseWriter, status int, value any) {
	s.count.WithLabelValues("ok").Inc()
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	if err := json.NewEncoder(writer).Encode(value); err != nil {
		s.Log.Warn("answer", zap.Error(err))
	}
}

func (s *server) fail(writer http.ResponseWriter, status int, err error) {
	s.count.WithLabelValues("failed").Inc()
	http.Error(writer, err.Error(), status)
}
