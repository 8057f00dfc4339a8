package queue

import (
	"context"
	"errors"
	"slices"
	"testing"

	"example.com/monorepo/shared/jobs"
)

func TestRunEmptiesTheQueueBeforeItStops(t *testing.T) {
	t.Parallel()
	q := New(3)
	for _, id := range []string{"a", "b", "c"} {
		if err := q.Add(jobs.Job{ID: id, Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Add(jobs.Job{ID: "d", Text: "x"}); !errors.Is(err, ErrFull) {
		t.Errorf("Add to a full queue = %v, want ErrFull", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var got []string
	q.Run(ctx, func(job jobs.Job) { got = append(got, job.ID) })
	if want := []string{"a", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("jobs done: %v, want %v", got, want)
	}
	if q.Done() != 3 {
		t.Errorf("Done = %d, want 3", q.Done())
	}
}

func TestAddRefusesABadJob(t *testing.T) {
	t.Parallel()
	if err := New(1).Add(jobs.Job{}); err == nil || errors.Is(err, ErrFull) {
		t.Errorf("Add of an empty job = %v", err)
	}
}
