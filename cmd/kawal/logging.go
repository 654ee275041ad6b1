package main

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
)

// logged lists the attributes that may stand in a log. Everything else is
// dropped, so that nobody can log a name, a text or an address by mistake.
var logged = map[string]bool{
	slog.TimeKey: true, slog.LevelKey: true, slog.MessageKey: true,
	"method": true, "route": true, "status": true, "bytes": true, "duration": true, "request": true, // of a request
	"error": true, "kind": true, "action": true, "loop": true, "run": true, "activity": true, "signal": true, "part": true,
	"Namespace": true, "TaskQueue": true, "WorkerID": true, "WorkflowType": true, "ActivityType": true, "Attempt": true, "Error": true, // of the SDK
}

// trackingID finds ids in messages and errors: who can read a log must not
// learn which reports exist.
var trackingID = regexp.MustCompile(`KWL-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]`)

// logger writes JSON lines with the allowed attributes only, without tracking
// ids.
func logger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: allow}))
}

func allow(_ []string, a slog.Attr) slog.Attr {
	if !logged[a.Key] {
		return slog.Attr{}
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(trackingID.ReplaceAllString(a.Value.String(), "KWL-…"))
	case slog.KindAny:
		a.Value = slog.StringValue(trackingID.ReplaceAllString(fmt.Sprint(a.Value.Any()), "KWL-…"))
	}
	return a
}
