package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env  map[string]string
		want string
	}{
		"defaults":             {nil, ""},
		"all set":              {map[string]string{"PORT": "0", "WORK_MEDIAN": "1ms", "WORK_SPREAD": "0", "ADMIN_ADDR": "127.0.0.1:0", "FAULTS": `{"errorRatio":0.5}`}, ""},
		"bad port":             {map[string]string{"PORT": "http"}, "PORT"},
		"bad time":             {map[string]string{"WORK_MEDIAN": "20"}, "WORK_MEDIAN"},
		"bad spread":           {map[string]string{"WORK_SPREAD": "4"}, "WORK_SPREAD"},
		"admin open to others": {map[string]string{"ADMIN_ADDR": "0.0.0.0:9090"}, "loopback"},
		"unknown fault":        {map[string]string{"FAULTS": `{"errors":1}`}, "errors"},
		"fault out of range":   {map[string]string{"FAULTS": `{"errorRatio":2}`}, "errorRatio"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := configFrom(func(key string) string { return test.env[key] })
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestActive(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults   Faults
		inFlight int64
		rate     float64
		want     bool
	}{
		"always":           {Faults{}, 1, 1, true},
		"few in flight":    {Faults{AboveConcurrent: 5}, 5, 100, false},
		"many in flight":   {Faults{AboveConcurrent: 5}, 6, 1, true},
		"slow traffic":     {Faults{AboveRate: 50}, 9, 50, false},
		"fast traffic":     {Faults{AboveRate: 50}, 1, 51, true},
		"only one of both": {Faults{AboveConcurrent: 5, AboveRate: 50}, 6, 50, false},
	} {
		if got := test.faults.active(test.inFlight, test.rate); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func get(t *testing.T, handler http.Handler, method, path, body string) (int, string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
	text, err := io.ReadAll(recorder.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return recorder.Code, string(text)
}

func TestService(t *testing.T) {
	t.Parallel()
	a := newApp(config{version: "7", work: workTime{median: time.Microsecond}})
	t.Cleanup(a.close)
	if code, text := get(t, a.handler(), "GET", "/health", ""); code != 200 || text != "ok 7\n" {
		t.Fatal(code, text)
	}
	if code, _ := get(t, a.handler(), "GET", "/work", ""); code != 200 {
		t.Fatal(code)
	}
	if code, text := get(t, a.adminHandler(), "PUT", "/faults", `{"errorRatio":1}`); code != 200 {
		t.Fatal(code, text)
	}
	if code, _ := get(t, a.adminHandler(), "PUT", "/faults", `{"errorRatio":"all"}`); code != 400 {
		t.Fatal(code)
	}
	if code, _ := get(t, a.handler(), "GET", "/work", ""); code != 500 {
		t.Fatal(code)
	}
	_, metrics := get(t, a.handler(), "GET", "/metrics", "")
	for _, line := range []string{
		`http_requests_total{code="200",version="7"} 1`,
		`http_requests_total{code="500",version="7"} 1`,
		`http_request_duration_seconds_count{version="7"} 2`,
		`http_request_duration_seconds_bucket{version="7",le="1"} 2`,
		"\ngo_sched_gomaxprocs_threads ",
		`process_cpu_seconds_total{version="7"}`,
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	a.draining.Store(true)
	if code, _ := get(t, a.handler(), "GET", "/health", ""); code != 503 {
		t.Fatal(code)
	}
}

func TestWorkTime(t *testing.T) {
	t.Parallel()
	if got := (workTime{median: time.Second}).draw(0); got != time.Second {
		t.Error(got)
	}
	if got := (workTime{median: time.Second}).draw(1.4); got != 1400*time.Millisecond {
		t.Error(got)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	var meter rateMeter
	begin := time.Now()
	for i := range 30 {
		meter.hit(begin.Add(time.Duration(i) * 100 * time.Millisecond))
	}
	if got := meter.hit(begin.Add(2900 * time.Millisecond)); got != 12 {
		t.Error(got)
	}
}
