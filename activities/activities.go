// Package activities is what the report workflow may do to the world: record
// transitions and ask for deadlines, in PostgreSQL. Every activity may run
// twice; its comment says what the second run does.
package activities

import (
	"errors"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/store"
)

// Activities holds what all activities share.
type Activities struct {
	Store       *store.Store  // required
	Temporal    client.Client // required by TellMoved
	TellASecond int           // workflows told of a decree a second; 0: 500
}

// worker is the actor of all activities.
var worker = store.Actor{Kind: store.Worker}

// final stops retries of a fault: asking again gives the same answer. The
// fault's kind travels as the error's type, its sentence as the message.
// Anything else is retried.
func final(err error) error {
	if err == nil {
		return nil
	}
	kind := fault.KindOf(err)
	if kind == "" || kind == fault.Unavailable {
		return err
	}
	message := err.Error()
	if f, ok := errors.AsType[*fault.Error](err); ok {
		message = f.Message
	}
	return temporal.NewApplicationErrorWithOptions(message, string(kind), temporal.ApplicationErrorOptions{NonRetryable: true})
}
