package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// Faults make the service worse. The zero value is a good service.
type Faults struct {
	// ErrorRatio of the requests to /work answer 500.
	ErrorRatio float64 `json:"errorRatio"`
	// LatencyFactor multiplies the time of a request; 0 means 1.
	LatencyFactor float64 `json:"latencyFactor"`
	// CPU is the part of all CPUs that is burnt in the background, whatever the load.
	CPU float64 `json:"cpu"`
	// AboveConcurrent: errors and latency only while more than this many requests are in flight.
	AboveConcurrent int64 `json:"aboveConcurrent"`
	// AboveRate: errors and latency only while more than this many requests arrive in a second.
	AboveRate float64 `json:"aboveRate"`
}

// parseFaults reads JSON; unknown fields and values out of range are faults of their own.
func parseFaults(text string) (Faults, error) {
	var faults Faults
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&faults); err != nil {
		return Faults{}, err
	}
	var wrong []error
	ratio := func(name string, value float64) {
		if !(value >= 0 && value <= 1) {
			wrong = append(wrong, fmt.Errorf("%s must lie between 0 and 1, not %v", name, value))
		}
	}
	ratio("errorRatio", faults.ErrorRatio)
	ratio("cpu", faults.CPU)
	if !(faults.LatencyFactor >= 0 && faults.LatencyFactor <= 1000) {
		wrong = append(wrong, fmt.Errorf("latencyFactor must lie between 0 and 1000, not %v", faults.LatencyFactor))
	}
	if faults.AboveConcurrent < 0 || faults.AboveRate < 0 {
		wrong = append(wrong, errors.New("aboveConcurrent and aboveRate must not be negative"))
	}
	return faults, errors.Join(wrong...)
}

// active says whether errors and latency apply at this load.
func (f Faults) active(inFlight int64, rate float64) bool {
	return inFlight > f.AboveConcurrent && rate > f.AboveRate || f.AboveConcurrent == 0 && f.AboveRate == 0
}

// workTime is a log-normal distribution: most requests take about the median, few take much longer.
type workTime struct {
	median time.Duration
	// spread is the standard deviation of the logarithm: P99 is the median times e^(2.326 · spread).
	spread float64
}

func (w workTime) draw(factor float64) time.Duration {
	if factor == 0 {
		factor = 1
	}
	return time.Duration(float64(w.median) * factor * math.Exp(w.spread*rand.NormFloat64()))
}
