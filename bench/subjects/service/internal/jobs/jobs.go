// Package jobs does what has to be done from time to time.
package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
	"go.uber.org/zap"
)

// Remover removes what is older than a time.
type Remover interface {
	RemoveBefore(limit time.Time) (int, error)
}

// Cleaner removes old notes by a schedule.
type Cleaner struct {
	schedule cron.Schedule
	maxAge   time.Duration
	notes    Remover
	log      *zap.Logger
}

// NewCleaner reads the schedule.
func NewCleaner(schedule string, maxAge time.Duration, notes Remover, log *zap.Logger) (*Cleaner, error) {
	parsed, err := cron.ParseStandard(schedule)
	if err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	return &Cleaner{schedule: parsed, maxAge: maxAge, notes: notes, log: log}, nil
}

// Run works until the context ends.
func (c *Cleaner) Run(ctx context.Context) error {
	for {
		timer := time.NewTimer(time.Until(c.schedule.Next(time.Now())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case now := <-timer.C:
			c.Clean(now)
		}
	}
}

// Clean removes what is too old at now.
func (c *Cleaner) Clean(now time.Time) {
	removed, err := c.notes.RemoveBefore(now.Add(-c.maxAge))
	if err != nil {
		c.log.Error("not cleaned", zap.Error(err))
		return
	}
	c.log.Info("cleaned", zap.Int("removed", removed))
}
