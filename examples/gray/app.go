package main

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type app struct {
	cfg      config
	faults   atomic.Pointer[Faults]
	draining atomic.Bool
	inFlight atomic.Int64
	rate     rateMeter
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration prometheus.Histogram
	stop     context.CancelFunc
}

func newApp(cfg config) *app {
	registry := prometheus.NewRegistry()
	// What is judged carries the version, so that two versions of one job can be told apart.
	labelled := prometheus.WrapRegistererWith(prometheus.Labels{"version": cfg.version}, registry)
	a := &app{
		cfg:      cfg,
		registry: registry,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total",
			Help: "Answered requests by status code.",
		}, []string{"code"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Time from a request to its answer.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	// A series that begins at 0 shows its first event; one that is born with its first event hides it.
	for _, code := range []string{"200", "500"} {
		a.requests.WithLabelValues(code)
	}
	labelled.MustRegister(a.requests, a.duration, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	// Not labelled: go_info has a label "version" of its own, which is Go's.
	registry.MustRegister(collectors.NewGoCollector())
	a.faults.Store(&cfg.faults)
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	for range runtime.GOMAXPROCS(0) {
		go a.burn(ctx)
	}
	return a
}

func (a *app) close() { a.stop() }

func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		if a.draining.Load() {
			http.Error(w, "draining", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok "+a.cfg.version+"\n")
	})
	mux.HandleFunc("GET /work", a.work)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{}))
	return mux
}

func (a *app) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(a.faults.Load())
	})
	mux.HandleFunc("PUT /faults", func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		faults, err := parseFaults(string(text))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a.faults.Store(&faults)
		_ = json.NewEncoder(w).Encode(faults)
	})
	return mux
}

// work takes its time and answers, or fails as the faults say.
func (a *app) work(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	inFlight := a.inFlight.Add(1)
	defer a.inFlight.Add(-1)
	rate := a.rate.hit(began)
	faults := *a.faults.Load()
	if !faults.active(inFlight, rate) {
		faults = Faults{}
	}
	select {
	case <-time.After(a.cfg.work.draw(faults.LatencyFactor)):
	case <-r.Context().Done():
		// The client has gone: what nobody waits for is neither a success nor an error of this service.
		return
	}
	code := http.StatusOK
	if rand.Float64() < faults.ErrorRatio {
		code = http.StatusInternalServerError
	}
	a.requests.WithLabelValues(strconv.Itoa(code)).Inc()
	a.duration.Observe(time.Since(began).Seconds())
	w.Header().Set("X-Version", a.cfg.version)
	w.WriteHeader(code)
	_, _ = io.WriteString(w, a.cfg.version+"\n")
}

// burn keeps one CPU busy for the asked part of the time, in slices of 20 ms.
func (a *app) burn(ctx context.Context) {
	const slice = 20 * time.Millisecond
	for ctx.Err() == nil {
		busy := time.Duration(float64(slice) * a.faults.Load().CPU)
		for began := time.Now(); time.Since(began) < busy; {
		}
		select {
		case <-time.After(max(slice-busy, time.Millisecond)):
		case <-ctx.Done():
		}
	}
}

// rateMeter counts the requests of the last second.
type rateMeter struct {
	mu     sync.Mutex
	recent []time.Time
}

func (m *rateMeter) hit(now time.Time) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recent = append(m.recent, now)
	old := 0
	for old < len(m.recent) && now.Sub(m.recent[old]) > time.Second {
		old++
	}
	m.recent = append(m.recent[:0], m.recent[old:]...)
	return float64(len(m.recent))
}
