package office_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// bare takes row-level security and the audit log from a database. What is left of
// the cost of privacy is sealing, which BenchmarkCost takes off by its own time.
func (b *bench) bare() {
	b.exec(`
		DO $$
		DECLARE
			tab text;
		BEGIN
			FOR tab IN SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace LOOP
				EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', tab);
			END LOOP;
		END
		$$;
		CREATE FUNCTION unwritten() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TRIGGER a_unwritten BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION unwritten()`)
}

// sealing is what a submission seals, and nothing else.
func sealing(tb testing.TB, k *seal.Keys, to seal.Custodians, s office.Submission) {
	key, err := k.NewReportKey("KWL-7F3K-9Q2M-E")
	require.NoError(tb, err)
	person, err := json.Marshal(office.Person{Name: s.Name, NIK: s.NIK, Address: s.Address})
	require.NoError(tb, err)
	for _, plain := range []string{s.Title, s.Body, "{}"} {
		_, err := key.Seal(seal.Cell{Table: "content", Column: "body", Row: "KWL-7F3K-9Q2M-E"}, []byte(plain))
		require.NoError(tb, err)
	}
	if s.Identity == office.IdentitySealed {
		_, _, err = to.SealFor(office.FieldIdentity, "KWL-7F3K-9Q2M-E", person)
	} else {
		_, err = key.Seal(seal.Cell{Table: "identity", Column: "person", Row: "KWL-7F3K-9Q2M-E"}, person)
	}
	require.NoError(tb, err)
	_, err = k.SealField(office.FieldContact, "KWL-7F3K-9Q2M-E", []byte(s.Contact))
	require.NoError(tb, err)
}

// BenchmarkCost prints what privacy costs: the time of an act as it is, over the
// time without row-level security, audit log and sealing, in one run, one after the
// other in turn. Medians. Issue 4's goal for submissions and public reads is 1.3;
// reads by staff are told only. Each of both worlds has the same reports.
func BenchmarkCost(tb *testing.B) {
	const reports, rounds = 150, 400
	full, bare := newBench(tb), newBench(tb)
	bare.bare()
	var ids, codes [2][]string
	for i, b := range []*bench{full, bare} {
		for n := range reports {
			r := b.forwarded(func(s *office.Submission) {
				s.Title = fmt.Sprintf("Jalan berlubang %d", n)
				if n%3 == 0 {
					s.Identity = office.IdentitySealed
				}
			})
			ids[i], codes[i] = append(ids[i], r.ID), append(codes[i], r.AccessCode)
			b.do("officer.pu", r.ID, office.Act{Action: report.PostFollowUp, Text: "Sudah ditambal."})
		}
	}
	for _, b := range []*bench{full, bare} {
		b.exec(`ANALYZE`)
	}
	open, sealed := pothole(), pothole()
	sealed.Identity = office.IdentitySealed
	submit := func(s office.Submission) func(*bench, int, int) error {
		return func(b *bench, _, _ int) error {
			_, err := b.Submit(tb.Context(), anyone, s, "")
			return err
		}
	}
	for _, act := range []struct {
		name   string
		do     func(b *bench, world, n int) error
		sealed *office.Submission // what it seals
	}{
		{"submission", submit(open), &open},
		{"submission sealed", submit(sealed), &sealed},
		{"public report", func(b *bench, w, n int) error { _, err := b.Report(tb.Context(), anyone, ids[w][n]); return err }, nil},
		{"public list", func(b *bench, _, _ int) error {
			_, err := b.List(tb.Context(), anyone, office.Filter{Limit: 50}, "")
			return err
		}, nil},
		{"reporter", func(b *bench, w, n int) error {
			_, err := b.Report(tb.Context(), with(codes[w][n]), ids[w][n])
			return err
		}, nil},
		{"staff report", func(b *bench, w, n int) error {
			_, err := b.Report(tb.Context(), b.as("admin.kab"), ids[w][n])
			return err
		}, nil},
		{"staff list", func(b *bench, _, _ int) error {
			_, err := b.List(tb.Context(), b.as("admin.kab"), office.Filter{Limit: 50}, "")
			return err
		}, nil},
	} {
		tb.Run(act.name, func(tb *testing.B) {
			var took [3][]time.Duration
			measure := func(at int, do func() error) {
				begun := time.Now()
				require.NoError(tb, do())
				took[at] = append(took[at], time.Since(begun))
			}
			for tb.Loop() {
				for n := range rounds {
					measure(0, func() error { return act.do(full, 0, n%reports) })
					measure(1, func() error { return act.do(bare, 1, n%reports) })
					if act.sealed != nil {
						measure(2, func() error { sealing(tb, full.keys, full.Custodians, *act.sealed); return nil })
					}
				}
			}
			median := func(at int) float64 {
				if len(took[at]) == 0 {
					return 0
				}
				slices.Sort(took[at])
				return float64(took[at][len(took[at])/2].Microseconds())
			}
			tb.ReportMetric(median(0), "µs")
			tb.ReportMetric(median(2), "µs-sealing")
			tb.ReportMetric(median(0)/(median(1)-median(2)), "ratio")
			tb.ReportMetric(0, "ns/op")
		})
	}
}
