package office_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
)

func TestExamineNamesEveryFieldThatIsWrongAndFilesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, wrong, err := b.Examine(t.Context(), office.Submission{Identity: office.IdentityOpen, NIK: "12", Contact: "di rumah"})
	require.NoError(t, err)
	var fields []string
	for _, w := range wrong {
		fields = append(fields, w.Field)
	}
	require.Equal(t, []string{"/title", "/body", "/class", "/category", "/region", "/name", "/nik", "/contact"}, fields)
	as, wrong, err := b.Examine(t.Context(), pothole())
	require.NoError(t, err)
	require.Empty(t, wrong)
	require.Equal(t, pothole().Identity, as.Identity)
	require.Zero(t, b.count(`SELECT count(*) FROM report`))
}

func TestExamineShowsWhatASensitiveTopicChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := pothole()
	s.Category = "corruption"
	as, wrong, err := b.Examine(t.Context(), s)
	require.NoError(t, err)
	require.Empty(t, wrong)
	require.Equal(t, []string{office.ContentSecret, office.IdentitySealed}, []string{as.Content, as.Identity})
}

func TestSimilarAndSatisfactionAreOfPublishedReportsOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.file()
	similar, err := b.Similar(t.Context(), pothole())
	require.NoError(t, err)
	require.Empty(t, similar)
	r := b.forwarded()
	similar, err = b.Similar(t.Context(), pothole())
	require.NoError(t, err)
	require.Len(t, similar, 1)
	require.Equal(t, r.ID, similar[0].ID)
	b.do("officer.pu", r.ID, office.Act{Action: "follow_up", Text: "Sudah ditambal."})
	_, err = b.Rate(t.Context(), with(r.AccessCode), r.ID, 4, "")
	require.NoError(t, err)
	scores, err := b.Satisfaction(t.Context(), office.Filter{})
	require.NoError(t, err)
	require.Equal(t, map[string]office.Scores{"kab.pu": {0, 0, 0, 1}}, scores)
}
