package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/issuer"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/office"
)

const (
	sealedReport = "KWL-7F3K-9Q2M-E"
	somebody     = `{"name":"Pelapor Contoh","nik":"3204000000000001","address":"Jalan Contoh 1"}`
	because      = "Penyidik meminta keterangan, surat 12."
)

// custodyAPI is an API that holds one sealed identity and one request.
type custodyAPI struct {
	q      office.IdentityRequest
	sealed office.SealedIdentity
}

const someRequest = "0f8e3b8e-3d55-4c92-9d8b-6f3f2a1a7c11"

func (c *custodyAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var claims struct{ Sub string }
	part, err := base64.RawURLEncoding.DecodeString(strings.Split(r.Header.Get("Authorization"), ".")[1])
	if err != nil || json.Unmarshal(part, &claims) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	now := time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC)
	switch path := strings.TrimPrefix(r.URL.Path, "/v1/reports/"+sealedReport+"/identity-requests"); {
	case path == "":
		var body struct{ Reason string }
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.q = office.IdentityRequest{ID: someRequest, Report: sealedReport, State: office.IdentityRequested, Reason: body.Reason, RequestedBy: claims.Sub, RequestedAt: now, ExpiresAt: now}
	case strings.HasSuffix(path, "/consent"):
		c.q.State, c.q.ConsentedBy, c.q.ConsentedAt = office.IdentityAgreed, claims.Sub, &now
	case c.q.ConsentedBy != "" && (claims.Sub == c.q.RequestedBy || claims.Sub == c.q.ConsentedBy):
		c.q.State, c.q.OpenedAt, c.q.Sealed = office.IdentityOpened, &now, &c.sealed
	}
	answer := c.q
	if r.Method == http.MethodPost {
		answer.Sealed = nil
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// machine is a custodian's computer: a folder of private keys, and the API.
type machine struct {
	t   *testing.T
	env map[string]string
}

// run runs kawal custodian there.
func (m machine) run(args ...string) (code int, out, errOut string) {
	m.t.Helper()
	var o, e bytes.Buffer
	code = custodian(m.t.Context(), args, program{in: strings.NewReader(m.env["stdin"]), out: &o, errOut: &e, getenv: func(k string) string { return m.env[k] }})
	return code, o.String(), e.String()
}

// custody makes the keys of two custodians, each on a machine of his own, and a
// third machine that has both and the local issuer.
func custody(t *testing.T) (api *custodyAPI, one, two, both machine) {
	t.Helper()
	home := t.TempDir()
	var public []seal.Custodian
	for _, name := range []string{"kustodian.1", "kustodian.2"} {
		k, err := seal.CreateCustodian(filepath.Join(home, name), name)
		require.NoError(t, err)
		public = append(public, k.Custodian)
		key, err := os.ReadFile(filepath.Join(home, name, name+".key"))
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Join(home, "both"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(home, "both", name+".key"), key, 0o600))
	}
	all, err := seal.NewCustodians(public...)
	require.NoError(t, err)
	person, envelopes, err := all.SealFor(office.FieldIdentity, sealedReport, []byte(somebody))
	require.NoError(t, err)
	api = &custodyAPI{sealed: office.SealedIdentity{Field: office.FieldIdentity, First: envelopes[0].First, Second: envelopes[0].Second,
		Envelope: envelopes[0].Sealed, Person: person}}
	srv := httptest.NewServer(api)
	t.Cleanup(srv.Close)
	require.NoError(t, os.Mkdir(filepath.Join(home, "keys"), 0o700))
	_, err = issuer.New(issuer.Config{URL: "http://127.0.0.1:1", KeyFile: filepath.Join(home, "keys", "issuer.json"), Audience: "kawal", Now: time.Now})
	require.NoError(t, err)
	at := func(keys string) machine {
		return machine{t, map[string]string{"KAWAL_API": srv.URL, "KAWAL_DATA": home, "KAWAL_OIDC_ISSUER": "http://127.0.0.1:1", "KAWAL_CUSTODIANS": filepath.Join(home, keys)}}
	}
	return api, at("kustodian.1"), at("kustodian.2"), at("both")
}

func TestTwoCustodiansOpenOnTwoMachines(t *testing.T) {
	t.Parallel()
	api, one, two, _ := custody(t)
	code, out, errOut := two.run("open", sealedReport, "--as", "kustodian.2", "--reason", because)
	require.Zero(t, code, errOut)
	require.Contains(t, out, someRequest)
	request := []string{"open", strings.ToLower(sealedReport), "--request", someRequest, "--as"}
	ask := func(m machine, more ...string) (int, string, string) {
		return m.run(append(append([]string{}, request...), more...)...)
	}

	code, _, errOut = ask(two, "kustodian.2")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "satu kunci tidak membuka apa pun")
	code, out, errOut = ask(one, "kustodian.1")
	require.Equal(t, 1, code, "who has not agreed opens nothing")
	require.Empty(t, out)
	require.Contains(t, errOut, because, "he reads why first")
	require.Empty(t, api.q.ConsentedBy)

	code, layer, errOut := ask(one, "kustodian.1", "--agree")
	require.Zero(t, code, errOut)
	require.Equal(t, "kustodian.1", api.q.ConsentedBy)
	require.Contains(t, layer, "BEGIN KAWAL CUSTODIAN LAYER")
	require.NotContains(t, layer+errOut, "Pelapor Contoh")
	require.Contains(t, errOut, "kustodian.2")

	file := filepath.Join(t.TempDir(), "lapis.pem")
	require.NoError(t, os.WriteFile(file, []byte(layer), 0o600))
	code, out, errOut = ask(one, "kustodian.1", "--layer", file)
	require.Zero(t, code, errOut)
	require.NotContains(t, out+errOut, "Pelapor Contoh", "the first alone never reads it")
	code, out, errOut = ask(two, "kustodian.2")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "kustodian.1 membuka lapis luar")
	require.NotContains(t, out+errOut, "Pelapor Contoh")
	code, out, errOut = ask(two, "kustodian.2", "--layer", file)
	require.Zero(t, code, errOut)
	require.Equal(t, "Laporan: "+sealedReport+"\nNama:    Pelapor Contoh\nNIK:     3204000000000001\nAlamat:  Jalan Contoh 1\n", out)
	require.Regexp(t, `dibuka 2026-01-05 09:00 WIB oleh kustodian.2 dan kustodian.1`, errOut)
	two.env["stdin"] = layer
	code, out, _ = ask(two, "kustodian.2", "--layer", "-")
	require.Zero(t, code)
	require.Contains(t, out, "Pelapor Contoh")

	for name, c := range map[string]struct{ text, want string }{
		"no layer":                   {"halo", "bukan lapis"},
		"a layer of another request": {strings.Replace(layer, "Request: 0", "Request: 1", 1), "lapis ini dari permintaan"},
		"a layer that was changed":   {regexp.MustCompile(`\n\n[A-Za-z0-9+/]`).ReplaceAllString(layer, "\n\n#"), "bukan lapis"},
		"somebody else's layer":      {strings.Replace(layer, "\n\n"+layer[strings.Index(layer, "\n\n")+2:][:4], "\n\nAAAA", 1), "tidak membuka lapis ini"},
	} {
		two.env["stdin"] = c.text
		code, out, errOut := ask(two, "kustodian.2", "--layer", "-")
		require.Equal(t, 1, code, name)
		require.Contains(t, errOut, c.want, name)
		require.NotContains(t, out, "Pelapor Contoh", name)
	}
	api.q.State, api.q.Sealed, api.q.ConsentedBy = office.IdentityExpired, nil, ""
	_, _, errOut = ask(two, "kustodian.2")
	require.Contains(t, errOut, "kedaluwarsa")
}

func TestBothKeysInOneFolderOpenAtOnce(t *testing.T) {
	t.Parallel()
	api, one, _, both := custody(t)
	args := []string{"open", sealedReport, "--as", "kustodian.2", "--with", "kustodian.1", "--reason", because}
	code, _, errOut := one.run(args...)
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "kunci pribadi")
	require.Empty(t, api.q.ID, "without both keys nothing is even asked")
	code, out, errOut := both.run(args...)
	require.Zero(t, code, errOut)
	require.Contains(t, out, "Nama:    Pelapor Contoh\n")
	require.Equal(t, []string{"kustodian.2", "kustodian.1", because}, []string{api.q.RequestedBy, api.q.ConsentedBy, api.q.Reason})
	require.NotNil(t, api.q.OpenedAt)
}

func TestOpeningNeedsAReasonAndTwo(t *testing.T) {
	t.Parallel()
	api, _, _, both := custody(t)
	for name, args := range map[string][]string{
		"no report":         {"open", "--as", "kustodian.1", "--reason", because},
		"no such id":        {"open", "KWL-1", "--as", "kustodian.1", "--reason", because},
		"nobody":            {"open", sealedReport, "--reason", because},
		"no reason":         {"open", sealedReport, "--as", "kustodian.1"},
		"no reason for two": {"open", sealedReport, "--as", "kustodian.1", "--with", "kustodian.2"},
		"one and the same":  {"open", sealedReport, "--as", "kustodian.1", "--with", "kustodian.1", "--reason", because},
		"old and new":       {"open", sealedReport, "--as", "kustodian.1", "--request", someRequest, "--reason", because},
		"no subcommand":     {"close"},
		"keygen of nobody":  {"keygen"},
	} {
		code, out, errOut := both.run(args...)
		require.Equal(t, 2, code, name)
		require.Empty(t, out, name)
		require.NotEmpty(t, errOut, name)
	}
	require.Empty(t, api.q.ID)
	both.env["KAWAL_OIDC_ISSUER"] = ""
	code, _, errOut := both.run("open", sealedReport, "--as", "kustodian.1", "--reason", because)
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "KAWAL_TOKEN")
}

func TestKeygenNeverOverwritesAKey(t *testing.T) {
	t.Parallel()
	m, dir := machine{t, nil}, t.TempDir()
	code, out, errOut := m.run("keygen", "kustodian.9", "--keys", dir)
	require.Zero(t, code, errOut)
	require.Contains(t, out, "Sidik jari:")
	was, err := os.ReadFile(filepath.Join(dir, "kustodian.9.key"))
	require.NoError(t, err)
	code, _, errOut = m.run("keygen", "kustodian.9", "--keys", dir)
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "tidak ditimpa")
	now, err := os.ReadFile(filepath.Join(dir, "kustodian.9.key"))
	require.NoError(t, err)
	require.Equal(t, was, now)
}

func TestTheLocalStackMakesKeysForTheSamplesCustodians(t *testing.T) {
	t.Parallel()
	s := settings{custodians: filepath.Join(t.TempDir(), "custodians")}
	require.NoError(t, s.makeCustodians())
	first, err := seal.OpenCustodians(s.custodians)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(first.Names()), 2)
	require.NoError(t, os.Remove(filepath.Join(s.custodians, first.Names()[0]+".pub"))) // a start that was interrupted
	require.NoError(t, s.makeCustodians())
	second, err := seal.OpenCustodians(s.custodians)
	require.NoError(t, err)
	require.Equal(t, first, second, "keys that exist stay")
}

func TestProductionNeedsTwoToFiveCustodiansAndNoPrivateKey(t *testing.T) {
	t.Parallel()
	with := func(n int, private bool) settings {
		s := settings{custodians: filepath.Join(t.TempDir(), "custodians"), keys: t.TempDir()}
		for i := range n {
			name := "kustodian." + string(rune('a'+i))
			_, err := seal.CreateCustodian(s.custodians, name)
			require.NoError(t, err)
			if !private {
				require.NoError(t, os.Remove(filepath.Join(s.custodians, name+".key")))
			}
		}
		return s
	}
	for n, sound := range map[int]bool{0: false, 1: false, 2: true, 5: true, 6: false} {
		found := unsafeOf(with(n, false).examineCustodians())
		if sound {
			require.Empty(t, found)
			continue
		}
		require.Contains(t, found, "KAWAL_CUSTODIANS", "%d", n)
	}
	require.Contains(t, unsafeOf(with(2, true).examineCustodians()), "kunci pribadi")
	s := with(2, false)
	require.NoError(t, os.WriteFile(filepath.Join(s.keys, "kustodian.a.key"), nil, 0o600))
	require.Contains(t, unsafeOf(s.examineCustodians()), s.keys)

	p := &parts{settings: with(1, false), log: logger(&bytes.Buffer{})}
	_, err := p.sealTo()
	require.Error(t, err, "one is refused everywhere")
	p.settings = with(0, false)
	none, err := p.sealTo()
	require.NoError(t, err)
	require.Empty(t, none.Names())
	p.env, p.addr = "production", "127.0.0.1:8080"
	require.ErrorContains(t, p.refuseUnsafe(t.Context()), "KAWAL_CUSTODIANS")
}
