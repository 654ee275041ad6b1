package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/internal/played"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// town is an API in front of a real office on a database of its own, with a
// clock that the test sets. A token is the name of whose it is.
type town struct {
	*door
	t   *testing.T
	url string
	mu  sync.Mutex
	at  time.Time
}

// newTown makes a town at 09:00 WIB of a day that has heard of no decree issued
// on another day or later.
func newTown(t *testing.T, today, installed string) *town {
	t.Helper()
	w := &town{t: t, url: testdb.New(t, store.MigrationsHash()[:16], store.Migrate)}
	w.on(today)
	opened := testdb.Keys(t)
	s, err := store.Open(t.Context(), store.Config{Keys: opened, URL: w.url, Now: w.now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	o, err := office.New(office.Config{Store: s, Engine: played.Engine{Store: s, Now: w.now}, Keys: opened, Now: w.now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(o.Wait)
	h, err := api.New(api.Config{Office: o, Verifier: names{}, Now: w.now, Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(),
		Ready: func(context.Context) map[string]error { return nil }, NotFoundAfter: time.Millisecond})
	require.NoError(t, err)
	w.door = &door{Handler: h, log: &bytes.Buffer{}}
	w.furnish(s)
	w.installedOn(installed)
	return w
}

func (w *town) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

// on sets the clock to 09:00 WIB of a day.
func (w *town) on(day string) {
	w.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", day+" 09:00", time.FixedZone("WIB", 7*3600))
	require.NoError(w.t, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = at.UTC()
}

func (w *town) furnish(s *store.Store) {
	w.t.Helper()
	err := s.As(w.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutRegions(ctx, []store.Region{{Code: "32", Name: "Jawa Contoh"}, {Code: "32.04", Parent: "32", Name: "Kabupaten Contoh"}}); err != nil {
			return err
		}
		if err := tx.PutCategory(ctx, store.Category{Code: "jalan", NameID: "Jalan", NameEN: "Roads", DefaultContent: "public"}); err != nil {
			return err
		}
		for _, a := range []store.Agency{
			{ID: "national", Name: "Admin Nasional", Active: true},
			{ID: "kab", Name: "Kabupaten Contoh", Parent: "national", Region: "32.04", Active: true},
			{ID: "kab.pu", Name: "Dinas PU", Parent: "kab", Region: "32.04", Active: true},
		} {
			if err := tx.PutAgency(ctx, a); err != nil {
				return err
			}
		}
		for _, m := range []store.StaffMember{
			{Subject: "admin.nasional", Unit: "national", Roles: []string{"admin"}},
			{Subject: "admin.nasional2", Unit: "national", Roles: []string{"admin"}},
			{Subject: "admin.kab", Unit: "kab", Roles: []string{"admin"}},
		} {
			m.Name, m.Active = m.Subject, true
			if err := tx.PutStaff(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(w.t, err)
}

// installedOn takes away what was decreed on a day or later.
func (w *town) installedOn(day string) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.url)
	require.NoError(w.t, err)
	defer conn.Close(w.t.Context())
	for _, sql := range []string{
		`DELETE FROM day WHERE decree IN (SELECT key FROM decree WHERE issued_on >= '%s')`,
		`UPDATE day SET superseded_by = NULL WHERE superseded_by IN (SELECT key FROM decree WHERE issued_on >= '%s')`,
		`DELETE FROM decree WHERE issued_on >= '%s'`,
	} {
		_, err = conn.Exec(w.t.Context(), fmt.Sprintf(sql, day))
		require.NoError(w.t, err)
	}
	_, err = conn.Exec(w.t.Context(), `UPDATE calendar SET revision = (SELECT count(*) FROM decree WHERE issued_on IS NOT NULL)`)
	require.NoError(w.t, err)
}

// by are the headers of a member of staff.
func by(subject string) as { return as{"Authorization": "Bearer " + subject} }

// call sends one request, which must be answered with a status, and reads the
// answer into out, if not nil.
func (w *town) call(who as, status int, method, path string, body, out any) {
	w.t.Helper()
	sent := ""
	if body != nil {
		b, err := json.Marshal(body)
		require.NoError(w.t, err)
		sent = string(b)
	}
	r := w.ask(w.t, method, path, sent, who)
	require.Equal(w.t, status, r.Code, "%s %s: %s", method, path, r.Body)
	if out != nil {
		require.NoError(w.t, json.Unmarshal(r.Body.Bytes(), out), "%s", r.Body)
	}
}

// refused sends what must be refused, and returns why.
func (w *town) refused(who as, status int, method, path string, body any) api.Problem {
	w.t.Helper()
	var p api.Problem
	w.call(who, status, method, path, body, &p)
	require.Equal(w.t, status, p.Status)
	require.NotEmpty(w.t, p.Detail)
	return p
}

// forwarded files a report, brings it to kab.pu and publishes it.
func (w *town) forwarded(class report.Class) (id string, reporter as) {
	w.t.Helper()
	var r api.Receipt
	w.call(nobody, http.StatusCreated, "POST", "/v1/reports", json.RawMessage(with(w.t, "class", class)), &r)
	w.call(by("admin.kab"), http.StatusOK, "POST", "/v1/reports/"+r.TrackingId+"/forward",
		map[string]string{"agency": "kab.pu", "public_title": "Jalan berlubang", "public_body": "Ada lubang di jalan."}, nil)
	return r.TrackingId, as{"X-Kawal-Code": r.AccessCode}
}

// names takes every token for the name of its bearer.
type names struct{}

func (names) Verify(_ context.Context, token string) (string, error) { return token, nil }
