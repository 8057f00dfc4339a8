// Package jobs holds what the API takes in and the worker carries out.
package jobs

import (
	"errors"
	"strings"
)

// Job is a piece of text to count the words of.
type Job struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Validate reports every fault of the job at once.
func (j Job) Validate() error {
	var faults []error
	if j.ID == "" {
		faults = append(faults, errors.New("id: missing"))
	}
	if strings.TrimSpace(j.Text) == "" {
		faults = append(faults, errors.New("text: empty"))
	}
	return errors.Join(faults...)
}

// Words counts the words of the job's text.
func (j Job) Words() int { return len(strings.Fields(j.Text)) }
