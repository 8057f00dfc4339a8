package logging

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
)

func TestLevelsAndFields(t *testing.T) {
	var out bytes.Buffer
	log, err := New("warn", &out)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("not seen")
	log.Warn("seen", zap.Int("count", 3))
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	delete(line, "ts")
	if diff := cmp.Diff(map[string]any{"level": "warn", "msg": "seen", "count": float64(3)}, line); diff != "" {
		t.Error(diff)
	}
	if _, err := New("loud", &out); err == nil {
		t.Error("an unknown level was taken")
	}
}
