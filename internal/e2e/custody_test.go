package e2e_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/report"
)

// canaries are what only two custodians may ever read.
var canaries = []string{"Kenari Tersegel Contoh", "3204009911770001", "Gang Kenari Nomor 7"}

const because = "Penyidik meminta keterangan, surat nomor 12."

// incognito is the submission of a sealed reporter who is those canaries.
func incognito() map[string]any {
	s := named("sealed")
	s["name"], s["nik"], s["address"] = canaries[0], canaries[1], canaries[2]
	return s
}

// custody is a request as a custodian reads it.
type custody struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Sealed *struct {
		Field    string `json:"field"`
		First    string `json:"first"`
		Second   string `json:"second"`
		Envelope []byte `json:"envelope"`
		Person   []byte `json:"person"`
	} `json:"sealed"`
}

func TestASealedIdentityOpensToTwoCustodiansAndToNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	f := w.submit(incognito())
	w.forward(f, admin, "dinas-pupr")
	w.await(f.id, report.FollowUp)
	path := "/reports/" + f.id + "/identity-requests"
	var q custody
	a := w.ok(staff("kustodian.1"), http.MethodPost, path, map[string]string{"reason": because})
	a.into(t, &q)
	require.Equal(t, http.StatusCreated, a.status)
	require.Equal(t, "/v1"+path+"/"+q.ID, a.header.Get("Location"))

	reads := func() int {
		var v struct {
			Own struct {
				Opened []struct {
					At     time.Time `json:"at"`
					Reason string    `json:"reason"`
					By     []struct{ Role, Subject string }
				} `json:"identity_opened"`
			} `json:"own"`
		}
		w.ok(f.reporter(), http.MethodGet, "/reports/"+f.id, nil).into(t, &v)
		for _, o := range v.Own.Opened {
			require.Equal(t, because, o.Reason)
			require.Equal(t, []struct{ Role, Subject string }{{"custodian", "kustodian.1"}, {"custodian", "kustodian.2"}}, o.By)
			require.WithinDuration(t, time.Now(), o.At, 10*time.Minute)
		}
		return len(v.Own.Opened)
	}
	for _, c := range []struct {
		by     caller
		status int
	}{
		{staff("admin.national"), 403}, {staff(admin), 403}, {staff(officer), 403}, {staff("auditor"), 403},
		{staff("admin.samudralaya"), 403}, {f.reporter(), 403}, {caller{}, 401},
	} {
		for _, call := range [][2]string{{http.MethodGet, path + "/" + q.ID}, {http.MethodPost, path + "/" + q.ID + "/consent"}} {
			require.Equal(t, c.status, w.call(c.by, call[0], call[1], nil).status, "%+v %v", c.by, call)
		}
		require.Equal(t, c.status, w.call(c.by, http.MethodPost, path, map[string]string{"reason": because}).status, "%+v", c.by)
	}
	hidden := incognito()
	hidden["content"] = "secret"
	secret := w.submit(hidden)
	refused(t, w.call(staff("admin.samudralaya"), http.MethodPost, "/reports/"+secret.id+"/identity-requests", map[string]string{"reason": because}), http.StatusNotFound)

	w.ok(staff("kustodian.1"), http.MethodGet, path+"/"+q.ID, nil).into(t, &q)
	require.Nil(t, q.Sealed, "one custodian")
	refused(t, w.call(staff("kustodian.1"), http.MethodPost, path+"/"+q.ID+"/consent", nil), http.StatusConflict)
	w.ok(staff("kustodian.2"), http.MethodPost, path+"/"+q.ID+"/consent", nil).into(t, &q)
	require.Nil(t, q.Sealed)
	require.Zero(t, reads(), "nobody has opened it")

	w.ok(staff("kustodian.2"), http.MethodGet, path+"/"+q.ID, nil).into(t, &q)
	require.Equal(t, 1, reads(), "the trace is there before the name is")
	s := q.Sealed
	e := seal.Envelope{First: s.First, Second: s.Second, Layer: seal.OuterLayer, Sealed: s.Envelope}
	for _, who := range []string{s.First, s.Second} {
		var err error
		e, err = w.ring[who].OpenOne(s.Field, f.id, e)
		require.NoError(t, err)
	}
	plain, err := seal.OpenSealed(s.Field, f.id, e, s.Person)
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"`+canaries[0]+`","nik":"`+canaries[1]+`","address":"`+canaries[2]+`"}`, string(plain))

	var timeline struct {
		Entries []struct {
			Action, Reason, Office string
		} `json:"entries"`
	}
	w.ok(f.reporter(), http.MethodGet, "/reports/"+f.id+"/timeline", nil).into(t, &timeline)
	last := timeline.Entries[len(timeline.Entries)-1]
	require.Equal(t, []string{"identity_opened", because, "kustodian.1, kustodian.2"}, []string{last.Action, last.Reason, last.Office})
	for _, letter := range w.awaitLetters(mailbox, 4) { // two reports received, one forwarded, one opened
		require.Contains(t, letter, "Ada kabar.")
		require.NotContains(t, letter, "kustodian")
	}
	for _, action := range []string{"request_identity", "consent_identity", "open_identity"} {
		require.Equal(t, 1, w.count(`SELECT count(*) FROM audit WHERE report = $1 AND action = $2 AND allowed`, f.id, action), action)
	}
}

func TestNoKeyOfAPIAndWorkerOpensASealedIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	f := w.submit(incognito())
	var person, envelope []byte
	w.scan([]any{&person, &envelope}, `SELECT i.person, e.sealed FROM identity i JOIN envelope e ON e.report = i.report WHERE i.report = $1`, f.id)
	files, err := filepath.Glob(filepath.Join(w.keys, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	bindings := [][]byte{nil, []byte("kawal/1|identity|" + f.id), []byte("kawal/1|contact|" + f.id), []byte(f.id)}
	keysets := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		if h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(content))); err == nil {
			keysets++
			a, err := aead.New(h)
			require.NoError(t, err)
			for _, sealed := range [][]byte{person, envelope} {
				for _, bound := range bindings {
					_, err := a.Decrypt(sealed, bound)
					require.Error(t, err, file)
				}
			}
		}
		if len(content) == 32 { // as if it were the data key
			_, err := seal.OpenSealed("identity", f.id, seal.Envelope{Layer: seal.DataKey, Sealed: content}, person)
			require.Error(t, err, file)
		}
	}
	require.GreaterOrEqual(t, keysets, 3, "the keysets were tried")
}

func TestASealedNameIsInNoColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	f := w.submit(incognito())
	w.forward(f, admin, "dinas-pupr")
	w.await(f.id, report.FollowUp) // a busy machine may leave the answer to the sweeper
	w.followUp(f, officer)
	w.await(f.id, report.Closure)
	w.say(f, "/replies", text("Terima kasih."))
	require.Empty(t, w.holding("Lubang sedalam dua jengkal"), "nor is what he wrote")
	require.Equal(t, []string{"published"}, w.holding("Lubang di depan pasar."), "the sweep sees")
	for _, canary := range canaries {
		require.Empty(t, w.holding(canary), canary)
	}
	for name, leak := range map[string]string{
		"plain": canaries[0], "hex": hex.EncodeToString([]byte(canaries[0])), "upper hex": strings.ToUpper(hex.EncodeToString([]byte(canaries[0]))),
		"base64": base64.StdEncoding.EncodeToString([]byte("x" + canaries[0])), "URL base64": base64.RawURLEncoding.EncodeToString([]byte("xy" + canaries[0])),
	} {
		w.exec(`UPDATE content SET attributes = jsonb_build_object('bocor', $1::text)`, leak)
		require.Equal(t, []string{"content"}, w.holding(canaries[0]), "a leak in %s is found", name)
	}
	w.exec(`UPDATE content SET attributes = '{}'`)
	w.exec(`UPDATE identity SET person = convert_to($1, 'UTF8')`, `{"name":"`+canaries[0]+`"}`)
	require.Equal(t, []string{"identity"}, w.holding(canaries[0]), "bytes are looked into")
}

// holding returns the tables with a row in which a text stands, in plain, base64
// or hex. Bytes are read as hex, so a text in them is found too.
func (w *world) holding(canary string) []string {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.database)
	require.NoError(w.t, err)
	defer conn.Close(context.Background())
	rows, err := conn.Query(w.t.Context(), `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`)
	require.NoError(w.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(w.t, err)
	var found []string
	for _, table := range tables {
		rows, err := conn.Query(w.t.Context(), `SELECT t::text FROM `+pgx.Identifier{table}.Sanitize()+` t`)
		require.NoError(w.t, err)
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(w.t, err)
		text := strings.Join(all, "\n")
		for _, b := range forms(canary) {
			form := string(b)
			if strings.Contains(text, form) || strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte(form))) {
				found = append(found, table)
				break
			}
		}
	}
	return found
}
