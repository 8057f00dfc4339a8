// Package store keeps notes in an embedded database, with the latest ones in memory.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/text/unicode/norm"
)

// ErrNotFound says that there is no such note.
var ErrNotFound = errors.New("no such note")

var bucket = []byte("notes")

// Note is one note.
type Note struct {
	ID      uuid.UUID `json:"id"`
	Title   string    `json:"title" validate:"required,max=200"`
	Text    string    `json:"text" validate:"max=65536"`
	Created time.Time `json:"created"`
}

// Store is safe for concurrent use.
type Store struct {
	db     *bolt.DB
	recent *lru.Cache[uuid.UUID, Note]
}

// Open opens the database; one that another process still holds is tried again for a while.
func Open(ctx context.Context, file string, cached int) (*Store, error) {
	recent, err := lru.New[uuid.UUID, Note](cached)
	if err != nil {
		return nil, err
	}
	db, err := backoff.Retry(ctx, func() (*bolt.DB, error) {
		return bolt.Open(file, 0o600, &bolt.Options{Timeout: time.Second})
	}, backoff.WithMaxTries(3))
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Store{db: db, recent: recent}, nil
}

// Close writes everything and lets the file go.
func (s *Store) Close() error { return s.db.Close() }

// Add keeps a new note.
func (s *Store) Add(title, text string, now time.Time) (Note, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Note{}, err
	}
	note := Note{ID: id, Title: norm.NFC.String(title), Text: text, Created: now.UTC()}
	data, err := json.Marshal(note)
	if err != nil {
		return Note{}, err
	}
	err = s.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucket).Put(id[:], data) })
	if err != nil {
		return Note{}, fmt.Errorf("store: %w", err)
	}
	s.recent.Add(id, note)
	return note, nil
}

// Get finds a note.
func (s *Store) Get(id uuid.UUID) (Note, error) {
	if note, found := s.recent.Get(id); found {
		return note, nil
	}
	var note Note
	err := s.db.View(func(tx *bolt.Tx) error {
		data := tx.Bucket(bucket).Get(id[:])
		if data == nil {
			return ErrNotFound
		}
		return json.Unmarshal(data, &note)
	})
	if err == nil {
		s.recent.Add(id, note)
	}
	return note, err
}

// All gives every note, oldest first.
func (s *Store) All() ([]Note, error) {
	notes := []Note{}
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(_, data []byte) error {
			var note Note
			if err := json.Unmarshal(data, &note); err != nil {
				return err
			}
			notes = append(notes, note)
			return nil
		})
	})
	return notes, err
}

// RemoveBefore removes what is older than limit and says how many notes that were.
func (s *Store) RemoveBefore(limit time.Time) (int, error) {
	notes, err := s.All()
	if err != nil {
		return 0, err
	}
	removed := 0
	err = s.db.Update(func(tx *bolt.Tx) error {
		for _, note := range notes {
			if !note.Created.Before(limit) {
				continue
			}
			if err := tx.Bucket(bucket).Delete(note.ID[:]); err != nil {
				return err
			}
			s.recent.Remove(note.ID)
			removed++
		}
		return nil
	})
	return removed, err
}
