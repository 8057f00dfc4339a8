// Package queue is a bounded queue of jobs in memory.
package queue

import (
	"context"
	"errors"
	"sync/atomic"

	"example.com/monorepo/shared/jobs"
)

// ErrFull is returned when the queue holds as many jobs as it may.
var ErrFull = errors.New("the queue is full")

// Queue takes jobs from any number of goroutines. Make one with New.
type Queue struct {
	waiting chan jobs.Job
	done    atomic.Int64
}

// New returns a queue for at most size waiting jobs.
func New(size int) *Queue { return &Queue{waiting: make(chan jobs.Job, size)} }

// Add puts a job in the queue. It never waits: a full queue is an error, so that the caller can slow down.
func (q *Queue) Add(job jobs.Job) error {
	if err := job.Validate(); err != nil {
		return err
	}
	select {
	case q.waiting <- job:
		return nil
	default:
		return ErrFull
	}
}

// Run hands the jobs to do, one after the other, until ctx ends and the jobs waiting then are done too.
func (q *Queue) Run(ctx context.Context, do func(jobs.Job)) {
	handle := func(job jobs.Job) {
		do(job)
		q.done.Add(1)
	}
	for {
		select {
		case job := <-q.waiting:
			handle(job)
		case <-ctx.Done():
			for {
				select {
				case job := <-q.waiting:
					handle(job)
				default:
					return
				}
			}
		}
	}
}

// Done says how many jobs were carried out.
func (q *Queue) Done() int64 { return q.done.Load() }
