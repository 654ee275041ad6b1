package main

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheLogHoldsNothingThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := logger(&b)
	log.With("WorkflowID", "KWL-7F3K-9Q2M-T", "report", "KWL-7F3K-9Q2M-T").Warn("record KWL-7F3K-9Q2M-T",
		"error", errors.New("select report KWL-7F3K-9Q2M-T: no rows"), "name", "rahasia", "body", "rahasia", "route", "/v1/reports/{id}",
		slog.Group("reporter", "address", "rahasia"))
	require.NotContains(t, b.String(), "7F3K")
	require.NotContains(t, b.String(), "rahasia")
	require.Contains(t, b.String(), "/v1/reports/{id}")
	require.Contains(t, b.String(), "no rows")
}
