package e2e_test

import (
	"context"
	_ "embed" // rows of an older schema
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

//go:embed testdata/previous.sql
var previous string

// previousSchema is that of the build which made previous.
const previousSchema = 14

// The reports of previous, by the stage that they are in.
var left = map[string]report.Stage{
	"KWL-VEWD-64DQ-9": report.Verification, "KWL-BQNZ-84KN-4": report.AwaitingReporter, "KWL-BHSW-P798-3": report.FollowUp,
	leftLate: report.FollowUp, leftReopened: report.FollowUp, leftSecret: report.FollowUp, leftTarget: report.FollowUp,
	"KWL-V0GY-R9VE-Q": report.Closure, "KWL-7SYF-7196-C": report.Closed, "KWL-AACE-V7FB-C": report.Archived,
	leftMerged: report.Merged, "KWL-GVXD-TZ9A-C": report.Withdrawn,
}

const (
	leftLate     = "KWL-BTMZ-VZX6-A" // with a mark
	leftReopened = "KWL-RQB9-GGRT-Y" // in its second round
	leftSecret   = "KWL-SA18-NB8K-8" // published, then made secret
	leftTarget   = "KWL-TZ96-PWZF-6" // leftMerged was merged into it
	leftMerged   = "KWL-M1ZY-VFMH-Y"
)

// makePrevious makes the database that the build before privacy left.
func makePrevious(ctx context.Context, url string) error {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*c)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("../../store/migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, previousSchema); err != nil {
		return err
	}
	decrees, err := os.ReadFile("../../store/testdata/schema10.sql")
	if err != nil {
		return err
	}
	var rows strings.Builder
	for line := range strings.Lines(string(decrees)) {
		if strings.HasPrefix(line, "INSERT INTO public.decree ") || strings.HasPrefix(line, "INSERT INTO public.day ") {
			rows.WriteString(line)
		}
	}
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.PgConn().Exec(ctx, "SET session_replication_role = replica;"+rows.String()+previous).ReadAll()
	return err
}

// What the build before encryption, row-level security and audit left is served by
// this one: every report is read as it was by its reporter and by staff, its workflow
// runs again where Temporal has lost it, and what is open goes on to its end. That
// their workflows go on where Temporal has kept them shows the corpus of package
// workflows.
func TestADatabaseOfTheBuildBeforePrivacyIsServed(t *testing.T) {
	t.Parallel()
	on := shared(t)
	on.database = testdb.New(t, "previous1", makePrevious)
	require.NoError(t, store.Migrate(t.Context(), on.database))
	w := newWorld(t, on)
	w.stopWorker()
	n, err := w.store.SealOld(t.Context())
	require.NoError(t, err)
	require.Equal(t, len(left), n)
	l, f := lives{w}, map[string]filed{}
	for id := range left {
		f[id] = l.newCode(id)
	}
	before := map[string]report.State{}
	for id, stage := range left {
		before[id] = w.row(id).State
		require.Equal(t, stage, before[id].Stage, id)
	}
	w.startWorker()
	w.reconcile(true)

	for id, stage := range left {
		l.reads(f[id].reporter(), id, stage)
		l.reads(staff(anAdmin), id, stage)
		want := http.StatusOK
		if id == leftSecret || !before[id].Published {
			want = http.StatusNotFound
		}
		require.Equal(t, want, w.call(caller{}, http.MethodGet, "/reports/"+id, nil).status, id)
		if !stage.Open() {
			continue
		}
		w.agree(id)
		require.Equal(t, dues(before[id]), dues(w.row(id).State), "no deadline has moved")
	}
	l.goOn(f)
	ended := map[string]report.Stage{}
	for id := range left {
		ended[id] = w.row(id).State.Stage
	}
	want := maps.Clone(left)
	for id, stage := range left {
		if stage.Open() || stage == report.Merged {
			want[id] = report.Closed
		}
	}
	want["KWL-7SYF-7196-C"], want["KWL-BQNZ-84KN-4"] = report.FollowUp, report.Withdrawn
	require.Equal(t, want, ended)
}

// newCode gives a report the access code that its reporter would have, had the keys
// of the older build been kept.
func (l lives) newCode(id string) filed {
	l.t.Helper()
	code, err := l.sealed.NewAccessCode(strings.NewReader(strings.Repeat(id, 10)))
	require.NoError(l.t, err)
	l.exec(`UPDATE access SET mac = $2 WHERE report = $1`, id, l.sealed.CodeMAC(code))
	return filed{id, code}
}

// reads reads a report, its timeline and its deadlines.
func (l lives) reads(c caller, id string, stage report.Stage) {
	l.t.Helper()
	var seen struct {
		Stage report.Stage
		Body  string
	}
	l.ok(c, http.MethodGet, "/reports/"+id, nil).into(l.t, &seen)
	require.Equal(l.t, stage, seen.Stage, id)
	require.NotEmpty(l.t, seen.Body, id)
	for _, part := range []string{"/timeline", "/deadlines"} {
		l.ok(c, http.MethodGet, fmt.Sprint("/reports/", id, part), nil)
	}
}

// goOn takes what is open to its end, and reopens what is closed.
func (l lives) goOn(f map[string]filed) {
	l.t.Helper()
	verification, asked, forwarded, closure := f["KWL-VEWD-64DQ-9"], f["KWL-BQNZ-84KN-4"], f["KWL-BHSW-P798-3"], f["KWL-V0GY-R9VE-Q"]
	l.forward(verification, anAdmin, pupr)
	l.agree(verification.id)
	l.say(asked, "/supply-info", saying("Pasar lama."))
	l.say(asked, "/withdraw", nil)
	l.act(forwarded, anAdmin, "/extend", nil) // asked for in the build before
	for _, id := range []string{verification.id, forwarded.id, leftLate, leftReopened, leftSecret, leftTarget} {
		l.act(f[id], anOfficer, "/follow-ups", saying("Lubang sudah ditambal."))
		l.say(f[id], "/confirm", nil)
	}
	l.say(closure, "/replies", saying("Tinggal marka."))
	l.act(closure, anOfficer, "/follow-ups", saying("Marka juga sudah dicat."))
	l.say(closure, "/confirm", nil)
	l.await(leftMerged, report.Closed) // with its target
	l.ok(f["KWL-7SYF-7196-C"].reporter(), http.MethodPost, "/reports/KWL-7SYF-7196-C/reopen", nil)
	l.agree("KWL-7SYF-7196-C")
}
