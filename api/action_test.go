package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/api"
	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/policy"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// away is a workflow engine that does not answer: commands are accepted and wait.
type away struct{}

func (away) Start(context.Context, report.State) error { return fault.New(fault.Unavailable, "away") }
func (away) Update(context.Context, string, int, report.Command) (contract.Outcome, error) {
	return contract.Outcome{}, fault.New(fault.Unavailable, "away")
}
func (away) Signal(context.Context, string, report.Command) error {
	return fault.New(fault.Unavailable, "away")
}

// subject is a verifier: a token is whose it is.
type subject struct{}

func (subject) Verify(_ context.Context, token string) (string, error) { return token, nil }

// hall is the API in front of the real office, which tells what it asks of the
// policy.
type hall struct {
	http.Handler
	t     *testing.T
	store *store.Store
	mu    sync.Mutex
	asked map[policy.Action]bool
}

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{t: t, asked: map[policy.Action]bool{}}
	s, err := store.Open(t.Context(), store.Config{Keys: testdb.Keys(t), URL: testdb.New(t, store.MigrationsHash()[:16], store.Migrate), Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	h.store = s
	keys := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(keys))
	k, err := seal.Open(keys)
	require.NoError(t, err)
	var public []seal.Custodian
	for _, name := range []string{"kustodian.1", "kustodian.2"} {
		c, err := seal.NewCustodianKey(name)
		require.NoError(t, err)
		public = append(public, c.Custodian)
	}
	custodians, err := seal.NewCustodians(public...)
	require.NoError(t, err)
	o, err := office.New(office.Config{Store: s, Engine: away{}, Keys: k, Custodians: custodians, Now: time.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
		StartTimeout: 10 * time.Millisecond, UpdateTimeout: 10 * time.Millisecond, Asked: h.note})
	require.NoError(t, err)
	t.Cleanup(o.Wait)
	h.Handler, err = api.New(api.Config{Office: o, Verifier: subject{}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Ready: func(context.Context) map[string]error { return nil }, NotFoundAfter: time.Millisecond})
	require.NoError(t, err)
	require.NoError(t, s.As(t.Context(), store.Actor{Kind: store.Worker}, furnish))
	return h
}

func furnish(ctx context.Context, tx *store.Tx) error {
	if err := tx.PutRegions(ctx, []store.Region{{Code: "32.04", Name: "Kabupaten Contoh"}}); err != nil {
		return err
	}
	if err := tx.PutCategory(ctx, store.Category{Code: "roads", NameID: "Jalan", NameEN: "Roads", DefaultContent: "public"}); err != nil {
		return err
	}
	above := ""
	for _, unit := range []string{"national", "kabupaten", "diskominfo", "dinas-pu", "dinas-pu.bina-marga"} {
		if err := tx.PutAgency(ctx, store.Agency{ID: unit, Name: unit, Parent: above, Active: true}); err != nil {
			return err
		}
		above = unit
	}
	if err := tx.PutStaff(ctx, store.StaffMember{Subject: "petugas", Name: "Petugas", Unit: "dinas-pu", Roles: []string{"officer"}, Active: true}); err != nil {
		return err
	}
	if err := tx.PutStaff(ctx, store.StaffMember{Subject: "pimpinan", Name: "Pimpinan", Unit: "dinas-pu", Roles: []string{"head"}, Active: true}); err != nil {
		return err
	}
	for who, roles := range map[string][]string{"admin": {"admin"}, "auditor": {"auditor"}, "supervisor": {"supervisor"},
		"kustodian.1": {"custodian"}, "kustodian.2": {"custodian"}} {
		if err := tx.PutStaff(ctx, store.StaffMember{Subject: who, Name: who, Roles: roles, Active: true}); err != nil {
			return err
		}
	}
	return nil
}

func (h *hall) note(a policy.Action) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked[a] = true
}

// heard returns what was asked since it was last called.
func (h *hall) heard() map[policy.Action]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.asked
	h.asked = map[policy.Action]bool{}
	return was
}

// send sends a request and returns the answer, which is no failure of ours.
func (h *hall) send(method, path, body string, headers as) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.NotEqual(h.t, http.StatusInternalServerError, w.Code, "%s %s: %s", method, path, w.Body)
	return w
}

// filed is a new report, with the code of its reporter and a command of his.
type filed struct {
	id, code, command string
}

func (h *hall) file() filed {
	h.t.Helper()
	w := h.send(http.MethodPost, "/v1/reports", `{"title":"Jalan berlubang di depan pasar","body":"Lubang sedalam 20 cm.",
		"class":"complaint_ordinary","category":"roads","region":"32.04","identity":"none"}`, nobody)
	require.Equal(h.t, http.StatusCreated, w.Code, "%s", w.Body)
	var receipt struct {
		ID   string `json:"tracking_id"`
		Code string `json:"access_code"`
	}
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &receipt))
	f := filed{id: receipt.ID, code: receipt.Code}
	w = h.send(http.MethodPost, "/v1/reports/"+f.id+"/replies", `{"text":"Masih ada."}`, as{"X-Kawal-Code": f.code})
	require.Equal(h.t, http.StatusAccepted, w.Code, "%s", w.Body)
	f.command = strings.TrimPrefix(w.Header().Get("Location"), "/v1/commands/")
	return f
}

// bodies are what an operation is tried with.
func bodies(t *testing.T, op *openapi3.Operation) []string {
	t.Helper()
	if op.OperationID == "setVisibility" {
		return []string{`{"content":"secret"}`, `{"content":"public"}`}
	}
	return []string{exampleBody(t, op)}
}

// try does an operation as everybody does it and returns what was asked of the
// policy.
func (h *hall) try(method, path string, op *openapi3.Operation) map[policy.Action]bool {
	h.t.Helper()
	all := map[policy.Action]bool{}
	for _, body := range bodies(h.t, op) {
		for _, who := range []string{"", "admin", "auditor", "code"} {
			f := h.file()
			h.heard()
			headers := as{"Authorization": "Bearer " + who}
			switch who {
			case "":
				headers = nobody
			case "code":
				headers = as{"X-Kawal-Code": f.code}
			}
			url := strings.NewReplacer(someID, f.id, someCommand, f.command).Replace(examplePath(path, op))
			h.send(method, url, body, headers)
			for a := range h.heard() {
				all[a] = true
			}
		}
	}
	if strings.Contains(path, "identity-requests") {
		maps.Copy(all, h.tryCustody(method, path, op))
	}
	if strings.HasPrefix(path, "/v1/bulk/") {
		maps.Copy(all, h.tryBulk(method, path))
	}
	if strings.Contains(path, "draft") {
		maps.Copy(all, h.tryDraft(method, path, op))
	}
	if op.OperationID == "deleteTemplate" {
		admin := as{"Authorization": "Bearer admin"}
		require.Equal(h.t, http.StatusOK, h.send(http.MethodPut, "/v1/templates/dinas-pu", `{"unit":"dinas-pu","name":"Jadwal","text":"Sudah dijadwalkan."}`, admin).Code)
		h.heard()
		require.Equal(h.t, http.StatusNoContent, h.send(method, examplePath(path, op), "", admin).Code)
		maps.Copy(all, h.heard())
	}
	if op.OperationID == "listHeld" || op.OperationID == "confirmPost" {
		maps.Copy(all, h.tryHeld(method, path, op))
	}
	return all
}

// tryDraft does an operation on a draft, as who may.
func (h *hall) tryDraft(method, path string, op *openapi3.Operation) map[policy.Action]bool {
	h.t.Helper()
	f, who := h.file(), "petugas"
	h.forwardHeld(f)
	w := h.send(http.MethodPut, "/v1/reports/"+f.id+"/draft", `{"text":"Sudah ditambal."}`, as{"Authorization": "Bearer petugas"})
	require.Equal(h.t, http.StatusOK, w.Code, "%s", w.Body)
	var saved struct {
		ID string `json:"id"`
	}
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &saved))
	if op.OperationID != "saveDraft" && op.OperationID != "deleteDraft" {
		who = "pimpinan"
	}
	h.heard()
	body := ""
	if op.RequestBody != nil {
		body = exampleBody(h.t, op)
	}
	url := strings.NewReplacer(someID, f.id, someCommand, saved.ID).Replace(examplePath(path, op))
	w = h.send(method, url, body, as{"Authorization": "Bearer " + who})
	require.Less(h.t, w.Code, 300, "%s", w.Body)
	return h.heard()
}

// tryHeld does an operation on held texts: an administrator on a reply, an officer
// on a follow-up of his own.
func (h *hall) tryHeld(method, path string, op *openapi3.Operation) map[policy.Action]bool {
	h.t.Helper()
	f, all := h.file(), map[policy.Action]bool{}
	answer := h.forwardHeld(f)
	for who, command := range map[string]string{"admin": f.command, "petugas": answer} {
		h.heard()
		url, body := strings.NewReplacer(someID, f.id, someCommand, command).Replace(examplePath(path, op)), ""
		if method == http.MethodPost {
			body = "{}"
		}
		require.Less(h.t, h.send(method, url, body, as{"Authorization": "Bearer " + who}).Code, 300)
		maps.Copy(all, h.heard())
	}
	return all
}

// forwardHeld brings a report to dinas-pu and follows it up, with texts that are held,
// and returns the command of the follow-up.
func (h *hall) forwardHeld(f filed) string {
	h.t.Helper()
	const forwarded, answered = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
	suffix := f.command[len(f.command)-12:] // each try is a report of its own
	forward, answer := forwarded[:24]+suffix, answered[:24]+suffix
	give := func(ctx context.Context, tx *store.Tx, c report.Command, subject string, texts ...store.Text) error {
		for _, t := range texts {
			sum := sha256.Sum256([]byte(t.Body))
			c.Digests = append(c.Digests, hex.EncodeToString(sum[:]))
		}
		n := store.NewCommand{Report: f.id, Command: c, Subject: subject, Texts: texts, Hold: c.Action == report.PostFollowUp}
		if _, err := tx.InsertCommand(ctx, n); err != nil {
			return err
		}
		c.ReceivedAt = time.Now()
		_, err := tx.ApplyDirect(ctx, f.id, c)
		return err
	}
	require.NoError(h.t, h.store.As(h.t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		sum := sha256.Sum256([]byte("Masih ada."))
		reply := report.Command{ID: f.command, Action: report.Reply, By: report.Reporter, ReceivedAt: time.Now(), Digests: []string{hex.EncodeToString(sum[:])}}
		if _, err := tx.ApplyDirect(ctx, f.id, reply); err != nil {
			return err
		}
		err := give(ctx, tx, report.Command{ID: forward, Action: report.Forward, By: report.Admin, Office: "national", Unit: "dinas-pu"}, "admin",
			store.Text{Kind: store.TextTitle, Body: "Judul salinan"}, store.Text{Kind: store.TextBody, Body: "Salinan."})
		if err != nil {
			return err
		}
		return give(ctx, tx, report.Command{ID: answer, Action: report.PostFollowUp, By: report.Officer, Office: "dinas-pu", Kind: report.Concluding}, "petugas",
			store.Text{Kind: store.TextFollowUp, Body: "B 1234 XYZ"})
	}))
	return answer
}

// tryBulk runs every act that can be done to many reports, or reads what became of
// it.
func (h *hall) tryBulk(method, path string) map[policy.Action]bool {
	h.t.Helper()
	all, admin := map[policy.Action]bool{}, as{"Authorization": "Bearer admin"}
	for _, act := range office.BulkActs {
		body, err := json.Marshal(map[string]any{"action": act, "reports": []string{h.file().id}, "text": "Catatan.", "reason": "out_of_scope", "agency": "dinas-pu"})
		require.NoError(h.t, err)
		w := h.send(http.MethodPost, "/v1/bulk", string(body), admin)
		require.Equal(h.t, http.StatusCreated, w.Code, "%s", w.Body)
		job := w.Header().Get("Location")
		if method == http.MethodGet {
			require.Equal(h.t, http.StatusOK, h.send(http.MethodPost, job+"/run", "{}", admin).Code)
		}
		h.heard()
		body = nil
		if method == http.MethodPost {
			body = []byte("{}")
		}
		w = h.send(method, strings.Replace(path, "/v1/bulk/{id}", job, 1), string(body), admin)
		require.Equal(h.t, http.StatusOK, w.Code, "%s", w.Body)
		maps.Copy(all, h.heard())
	}
	return all
}

// tryCustody does an operation of custodians as the second of them, with a sealed
// report and a request of the first.
func (h *hall) tryCustody(method, path string, op *openapi3.Operation) map[policy.Action]bool {
	h.t.Helper()
	w := h.send(http.MethodPost, "/v1/reports", `{"title":"Jalan berlubang di depan pasar","body":"Lubang sedalam 20 cm.",
		"class":"complaint_ordinary","category":"roads","region":"32.04","identity":"sealed","name":"Pelapor Contoh","contact":"pelapor@contoh.id"}`, nobody)
	require.Equal(h.t, http.StatusCreated, w.Code, "%s", w.Body)
	var sealed, request struct {
		Report string `json:"tracking_id"`
		ID     string `json:"id"`
	}
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &sealed))
	all, second := "/v1/reports/"+sealed.Report+"/identity-requests", as{"Authorization": "Bearer kustodian.2"}
	w = h.send(http.MethodPost, all, `{"reason":"Permintaan penyidik nomor 12."}`, as{"Authorization": "Bearer kustodian.1"})
	require.Equal(h.t, http.StatusCreated, w.Code, "%s", w.Body)
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &request))
	if method == http.MethodGet {
		require.Equal(h.t, http.StatusOK, h.send(http.MethodPost, all+"/"+request.ID+"/consent", "", second).Code)
	}
	h.heard()
	url := strings.NewReplacer(someID, sealed.Report, someCommand, request.ID).Replace(examplePath(path, op))
	require.Less(h.t, h.send(method, url, exampleBody(h.t, op), second).Code, 300)
	return h.heard()
}

// TestEveryOperationAsksForTheActionsItNames walks the contract, does every
// operation with the real office and hears what it asks of the policy. An
// operation that asks nothing may name only what is open to anyone. Tried by
// naming pass_up for archive, by leaving an operation without a name, and by
// taking authorize out of PutCategory.
func TestEveryOperationAsksForTheActionsItNames(t *testing.T) {
	t.Parallel()
	doc, err := strictContract()
	require.NoError(t, err)
	h := newHall(t)
	named := map[policy.Action]bool{}
	var wrong []string
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			asked := h.try(method, path, op)
			for _, name := range api.Actions(op) {
				act := policy.Action(name)
				if named[act] = true; !asked[act] && !openToAll(act) {
					wrong = append(wrong, op.OperationID+" does not ask for "+name)
				}
				delete(asked, act)
			}
			for act := range asked {
				wrong = append(wrong, op.OperationID+" asks for "+string(act)+", which x-kawal-action does not name")
			}
		}
	}
	require.Empty(t, wrong)
	require.Subset(t, policy.Actions(), slices.Collect(maps.Keys(named)))
	for _, r := range report.Table {
		if !slices.Equal(r.By, []report.Role{report.System}) {
			require.True(t, named[policy.Of(r.Action)], "no route for %s", r.Action)
		}
	}
}

// openToAll: an action that no operation has to ask for, since whoever it is may
// do it to what is public.
func openToAll(act policy.Action) bool {
	anyone := policy.Actor{Roles: []policy.Role{policy.Anyone}}
	public := policy.Resource{Published: true}
	return (act == policy.ReadPublic || act == policy.ReadCatalogue) && policy.Authorize(anyone, act, public).Allowed
}

// A route that nobody gave an action to is not served.
func TestAnOperationWithoutAnActionIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	_, err = api.Read(raw)
	require.NoError(t, err)
	_, err = api.Read(bytes.Replace(raw, []byte("x-kawal-action: [read, archive]"), nil, 1))
	require.ErrorContains(t, err, "POST /v1/reports/{id}/archive names no x-kawal-action")
	_, err = api.Read(bytes.Replace(raw, []byte("x-kawal-action: [read, archive]"), []byte("x-kawal-action: archive"), 1))
	require.ErrorContains(t, err, "/archive names no x-kawal-action")
}

// RULES.md section 5: through the route, with the real office behind it.
func TestOnePersonIsNotGivenDutiesThatMustBeApart(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	for roles, status := range map[string]int{
		`["admin","custodian"]`: http.StatusBadRequest, `["auditor","admin"]`: http.StatusBadRequest,
		`["supervisor","head"]`: http.StatusBadRequest, `["custodian","auditor"]`: http.StatusBadRequest, `["custodian","supervisor"]`: http.StatusNoContent,
	} {
		w := h.send(http.MethodPut, "/v1/staff/dua", `{"name":"Dua Jabatan","roles":`+roles+`,"active":true}`, as{"Authorization": "Bearer admin"})
		require.Equal(t, status, w.Code, "%s: %s", roles, w.Body)
		if status != http.StatusNoContent {
			require.Contains(t, w.Body.String(), "/roles")
		}
	}
}
