// Package archive writes all notes as zstd-compressed JSON lines and reads them again.
package archive

import (
	"bufio"
	"encoding/json"
	"io"

	"example.com/service/internal/store"
	"github.com/Masterminds/semver/v3"
	"github.com/klauspost/compress/zstd"
)

// Format is the version of the format; readers take the same major version.
const Format = "1.2.0"

type header struct {
	Format string `json:"format"`
}

// Write writes a header and one line for each note.
func Write(to io.Writer, notes []store.Note) error {
	packed, err := zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(packed)
	if err := encoder.Encode(header{Format}); err != nil {
		return err
	}
	for _, note := range notes {
		if err := encoder.Encode(note); err != nil {
			return err
		}
	}
	return packed.Close()
}

// Read reads what Write wrote.
func Read(from io.Reader) ([]store.Note, error) {
	unpacked, err := zstd.NewReader(from)
	if err != nil {
		return nil, err
	}
	defer unpacked.Close()
	decoder := json.NewDecoder(bufio.NewReader(unpacked))
	var head header
	if err := decoder.Decode(&head); err != nil {
		return nil, err
	}
	if err := readable(head.Format); err != nil {
		return nil, err
	}
	notes := []store.Note{}
	for decoder.More() {
		var note store.Note
		if err := decoder.Decode(&note); err != nil {
			return nil, err
		}
		notes = append(notes, note)
	}
	return notes, nil
}

func readable(format string) error {
	version, err := semver.NewVersion(format)
	if err != nil {
		return err
	}
	wanted, err := semver.NewConstraint("^1")
	if err != nil {
		return err
	}
	if ok, reasons := wanted.Validate(version); !ok {
		return reasons[0]
	}
	return nil
}
