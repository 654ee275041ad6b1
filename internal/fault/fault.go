// Package fault holds the errors that a person may be told. Everything else is
// internal: it is logged, and never leaves the process.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what went wrong in the caller's terms. It is an error itself, so
// that errors.Is(err, fault.NotFound) asks for the kind. The values travel
// through Temporal as application error types and never change.
type Kind string

// The kinds. The API's respond.go maps each to one HTTP status.
const (
	Invalid         Kind = "invalid"         // the request is malformed or breaks a rule of form; mend it
	Unauthenticated Kind = "unauthenticated" // no valid token or access code
	Forbidden       Kind = "forbidden"       // known caller, not allowed
	NotFound        Kind = "not_found"       // no such thing, or none that the caller may know of
	Conflict        Kind = "conflict"        // the thing is in another state than the request assumes
	Gone            Kind = "gone"            // over for good, such as a withdrawn report
	TooLarge        Kind = "too_large"       // body or text above its limit
	TooMany         Kind = "too_many"        // try again later
	Unavailable     Kind = "unavailable"     // a part that is needed is away; try again later
)

// Error makes Kind usable with errors.Is.
func (k Kind) Error() string { return string(k) }

// Error is one fault: its kind, a plain sentence for the person who asked, and
// the field to change, if one is to blame.
type Error struct {
	Kind    Kind
	Message string
	Field   string // JSON pointer into the request (RFC 6901), or empty
}

// New makes a fault of a kind with a formatted sentence.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// At makes an Invalid fault that blames the field at the JSON pointer.
func At(field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Message: fmt.Sprintf(format, args...), Field: field}
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Message }

// Is reports whether target is this fault's kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// KindOf returns the kind of the first fault in err's chain, or "" if there is
// none: such an error is internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if k, ok := errors.AsType[Kind](err); ok {
		return k
	}
	return ""
}
