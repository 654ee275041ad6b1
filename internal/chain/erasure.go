package chain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Erasure says that the personal data of a report was erased. The ledger of
// erasures lies outside the database, so that a restore from a backup, which
// brings them back, is followed by erasing them again.
type Erasure struct {
	Report string    `json:"report"` // tracking id
	At     time.Time `json:"at"`     // UTC
}

// AppendErasure adds an erasure to a ledger and returns once the disk has it. A
// report may stand there twice. Else as [Append].
func AppendErasure(path string, e Erasure) error {
	return appendLine(path, e, func([]byte) error { return nil })
}

// ReadErasures reads a ledger; a missing file is an empty one. What stands behind
// the last end of line was never whole. Any other line that is no erasure is an
// error that names it: to go on without it could serve what somebody had erased.
func ReadErasures(path string) ([]Erasure, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read ledger of erasures: %w", err)
	}
	var all []Erasure
	for line := range bytes.Lines(b[:bytes.LastIndexByte(b, '\n')+1]) {
		var e Erasure
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil || e.Report == "" {
			return nil, fmt.Errorf("line %d of the ledger of erasures %s is none: restore the file", len(all)+1, path)
		}
		all = append(all, e)
	}
	return all, nil
}
