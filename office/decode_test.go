package office_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
)

// Tried by judging every workflow as one that is not secret: the supervisor
// opens the secret one.
func TestTheWorkflowOfAReportIsReadByWhoMayReadTheReport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open, secret := b.file(), b.file(func(s *office.Submission) { s.Content = "secret" })
	ids := []string{open.ID, secret.ID, "tell-moved-national", "", "KWL-0000-0000-0"}
	for who, want := range map[string][]bool{
		"supervisor": {true, false, true, false, false},
		"auditor":    {true, true, true, true, true},
		"admin.kab":  {false, false, false, false, false},
	} {
		got, err := b.MayDecode(t.Context(), b.as(who), ids)
		require.NoError(t, err)
		require.Equal(t, want, got, who)
		require.Equal(t, len(ids), b.count(`SELECT count(*) FROM audit WHERE action = 'decode_history' AND subject = $1`, who), "each is written down")
	}
}
