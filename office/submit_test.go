package office_test

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

func at(v float64) *float64 { return &v }

func TestEveryRefusedSubmissionNamesItsField(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct {
		name, field string
		change      func(*office.Submission)
	}{
		{"no title", "/title", func(s *office.Submission) { s.Title = "   " }},
		{"short title", "/title", func(s *office.Submission) { s.Title = "Jalan" }},
		{"long title", "/title", func(s *office.Submission) { s.Title = strings.Repeat("é", office.MaxTitle+1) }},
		{"no body", "/body", func(s *office.Submission) { s.Body = "\n" }},
		{"long body", "/body", func(s *office.Submission) { s.Body = strings.Repeat("a", office.MaxBody+1) }},
		{"invalid UTF-8", "/body", func(s *office.Submission) { s.Body = "a\xff" }},
		{"a zero byte", "/body", func(s *office.Submission) { s.Body = "a\x00b" }},
		{"unknown class", "/class", func(s *office.Submission) { s.Class = "joke" }},
		{"unknown category", "/category", func(s *office.Submission) { s.Category = "moon" }},
		{"unknown region", "/region", func(s *office.Submission) { s.Region = "99" }},
		{"unknown agency", "/agency", func(s *office.Submission) { s.Agency = "nasa" }},
		{"closed agency", "/agency", func(s *office.Submission) { s.Agency = "kab.tutup" }},
		{"unknown accused", "/accused/1", func(s *office.Submission) { s.Accused = []string{"kab", "nasa"} }},
		{"unknown identity", "/identity", func(s *office.Submission) { s.Identity = "half" }},
		{"unknown content", "/content", func(s *office.Submission) { s.Content = "some" }},
		{"latitude without longitude", "/long", func(s *office.Submission) { s.Lat = at(-6) }},
		{"longitude without latitude", "/lat", func(s *office.Submission) { s.Long = at(107) }},
		{"north of Indonesia", "/lat", func(s *office.Submission) { s.Lat, s.Long = at(6.6), at(107) }},
		{"south of Indonesia", "/lat", func(s *office.Submission) { s.Lat, s.Long = at(-11.6), at(107) }},
		{"no number", "/lat", func(s *office.Submission) { s.Lat, s.Long = at(math.NaN()), at(107) }},
		{"west of Indonesia", "/long", func(s *office.Submission) { s.Lat, s.Long = at(-6), at(94.4) }},
		{"east of Indonesia", "/long", func(s *office.Submission) { s.Lat, s.Long = at(-6), at(141.6) }},
		{"no date", "/occurred_on", func(s *office.Submission) { s.OccurredOn = "2025-02-30" }},
		{"tomorrow in WIB", "/occurred_on", func(s *office.Submission) { s.OccurredOn = "2025-08-07" }},
		{"open without a name", "/name", func(s *office.Submission) { s.Name = "" }},
		{"sealed without a contact", "/contact", func(s *office.Submission) { s.Identity, s.Contact = "sealed", "" }},
		{"a name without identity", "/name", func(s *office.Submission) { s.Identity = "none" }},
		{"a contact that is none", "/contact", func(s *office.Submission) { s.Contact = "tetangga" }},
		{"a foreign number", "/contact", func(s *office.Submission) { s.Contact = "+4915112345678" }},
		{"a mail address with a name", "/contact", func(s *office.Submission) { s.Contact = "A <a@b.id>" }},
		{"NIK too short", "/nik", func(s *office.Submission) { s.NIK = "123" }},
		{"a sealed name shown", "/show_name", func(s *office.Submission) { s.Identity, s.ShowName = "sealed", true }},
		{"a long attribute", "/attributes/a~1b", func(s *office.Submission) {
			s.Attributes = map[string]string{"a/b": strings.Repeat("x", office.MaxAttribute+1)}
		}},
	} {
		s := pothole()
		c.change(&s)
		_, err := b.Submit(t.Context(), anyone, s, "")
		t.Log(c.name)
		requireField(t, err, fault.Invalid, c.field)
	}
	require.Zero(t, b.count(`SELECT count(*) FROM report`), "a refused submission leaves nothing")
}

func TestAReportWaitsInTheQueueOfTheLowestAdministratorThatIsNotAccused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct {
		name, agency, region string
		accused              []string
		queue                string
	}{
		{"the agency's own administrator", "kab.dinkes", "32.04", nil, "kab.dinkes"},
		{"the next above, if it has none", "kab.pu.jalan", "32.04", nil, "kab"},
		{"the region's government without a suggestion", "", "32.04", nil, "kab"},
		{"the suggestion before the region", "kab.dinkes", "32.73", nil, "kab.dinkes"},
		{"the national level where nobody governs", "", "91", nil, "national"},
		{"above an accused agency", "kab.dinkes", "32.04", []string{"kab.dinkes"}, "kab"},
		{"above an accused unit's tree", "kab.pu.jalan", "32.04", []string{"kab.pu"}, "kab"},
		{"the national level, if the government is accused", "kab.dinkes", "32.04", []string{"kab"}, "national"},
		{"also without a suggestion", "", "32.04", []string{"kab"}, "national"},
		{"another accused changes nothing", "kab.dinkes", "32.04", []string{"kota"}, "kab.dinkes"},
	} {
		r := b.file(func(s *office.Submission) { s.Agency, s.Region, s.Accused = c.agency, c.region, c.accused })
		v, err := b.Report(t.Context(), b.as("admin.nasional"), r.ID)
		require.NoError(t, err, c.name)
		require.Equal(t, c.queue, v.Desk.Queue, c.name)
	}
}

func TestASubmissionIsAcceptedWithItsFirstDeadline(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file(func(s *office.Submission) { s.Contact = "+62 812-3456-7890"; s.OccurredOn = "2025-08-06" })
	_, err := report.ParseID(r.ID)
	require.NoError(t, err)
	require.NotEmpty(t, r.AccessCode)
	require.Equal(t, report.Verification, r.Stage)
	require.Equal(t, "Belum terverifikasi", r.Label)
	// Thu 7, Fri 8, Mon 11 August 2025; the following midnight in WIB.
	require.Equal(t, time.Date(2025, 8, 11, 17, 0, 0, 0, time.UTC), *r.DueAt)
	require.Len(t, b.engine.started, 1)
	require.Equal(t, 1, b.engine.started[0].Run)
	v, err := b.Report(t.Context(), with(r.AccessCode), r.ID)
	require.NoError(t, err)
	require.Equal(t, "web", v.Channel)
	require.Equal(t, report.DefaultRules, b.engine.started[0].Rules.ID)
}

func TestTheChannelIsWhoFiled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct {
		caller  office.Caller
		channel string
	}{
		{anyone, "web"}, {office.Caller{Kind: office.Anyone}, "api"}, {b.as("sms"), "sms"}, {b.as("admin.kab"), "paper"},
	} {
		r, err := b.Submit(t.Context(), c.caller, pothole(), "")
		require.NoError(t, err)
		v, err := b.Report(t.Context(), with(r.AccessCode), r.ID)
		require.NoError(t, err)
		require.Equal(t, c.channel, v.Channel)
	}
}

func TestIdentityAndContactAreSealedAtSubmission(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file(func(s *office.Submission) { s.NIK, s.Contact = "3204000000000001", "+62 812-3456-7890" })
	person, contact := b.bytes(`SELECT person FROM identity`), b.bytes(`SELECT sealed FROM contact`)
	require.NotContains(t, string(person), "Pelapor Contoh")
	require.NotContains(t, string(person), "3204000000000001")
	opened, err := b.keys.OpenField(office.FieldContact, r.ID, contact)
	require.NoError(t, err)
	require.Equal(t, "+6281234567890", string(opened))
	_, err = b.keys.OpenField(office.FieldContact, "KWL-0000-0000-0", contact)
	require.Error(t, err, "bound to its report")
	require.Zero(t, b.count(`SELECT count(*) FROM access WHERE mac = $1`, []byte(r.AccessCode)), "only a MAC is kept")
	_, err = b.Report(t.Context(), with(strings.ToLower(r.AccessCode)), strings.ToLower(r.ID))
	require.NoError(t, err, "as people type it")
}

func TestTheUnitDemoIsPinnedToTheDemoRules(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file(func(s *office.Submission) { s.Agency = "demo" })
	require.Equal(t, wednesday.Add(20*time.Second), *r.DueAt)
}

func TestASensitiveCategoryIsSecretAndSealed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.file(func(s *office.Submission) { s.Category, s.ShowName = "corruption", true })
	require.Equal(t, office.ContentSecret, r.Content)
	require.Equal(t, office.IdentitySealed, r.Identity)
	v, err := b.Report(t.Context(), with(r.AccessCode), r.ID)
	require.NoError(t, err)
	require.True(t, v.Secret)
	require.False(t, v.Own.ShowName)
}

func TestASubmissionIsAcceptedWhileTheEngineIsAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.engine.set(func(e *engine) { e.away = true })
	r := b.file()
	require.Equal(t, report.Verification, r.Stage)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM report WHERE started_run < wanted_run`), "left to the sweeper")
}

func TestTheSameKeyTwentyTimesAtOnceFilesOneReport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const key = "0123456789abcdef"
	receipts := make([]office.Receipt, 20)
	var g sync.WaitGroup
	for i := range receipts {
		g.Go(func() {
			r, err := b.Submit(t.Context(), anyone, pothole(), key)
			if err == nil {
				receipts[i] = r
			}
		})
	}
	g.Wait()
	for _, r := range receipts {
		require.Equal(t, receipts[0].ID, r.ID)
		require.Equal(t, receipts[0].AccessCode, r.AccessCode)
	}
	require.NotEmpty(t, receipts[0].AccessCode)
	require.Equal(t, 1, b.count(`SELECT count(*) FROM report`))
	require.Len(t, b.engine.started, 1)

	other := pothole()
	other.Title = "Sungai meluap di kampung"
	_, err := b.Submit(t.Context(), anyone, other, key)
	require.ErrorIs(t, err, fault.Conflict, "the same key for another request")
	_, err = b.Submit(t.Context(), b.as("admin.kab"), other, key)
	require.NoError(t, err, "another caller's key is another key")
	for _, bad := range []string{"short", strings.Repeat("k", 256)} {
		_, err = b.Submit(t.Context(), anyone, pothole(), bad)
		require.ErrorIs(t, err, fault.Invalid)
	}
}

func TestARefusedSubmissionLeavesItsKeyFree(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const key = "0123456789abcdef"
	s := pothole()
	s.OccurredOn = "2025-08-07"
	_, err := b.Submit(t.Context(), anyone, s, key)
	requireField(t, err, fault.Invalid, "/occurred_on")
	b.pass(24 * time.Hour)
	_, err = b.Submit(t.Context(), anyone, s, key)
	require.NoError(t, err)
}
