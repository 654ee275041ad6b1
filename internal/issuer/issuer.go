// Package issuer is a real OpenID Connect issuer for one machine: it lets a
// person on loopback be any of the sample people. It is no part of an
// installation that others can reach, and refuses to be.
package issuer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/kawal-id/kawal/internal/signer"
)

// Persona is somebody the issuer lets a person be.
type Persona struct {
	Subject, Name string
	Permissions   []string // for Temporal, such as "kawal:read"; nil: none
}

// Console is a confidential client, such as the Temporal UI: it has a secret
// and one address to come back to.
type Console struct{ ID, Secret, Callback string }

// Config says who the issuer is.
type Config struct {
	URL      string           // required: http on loopback, with port, without path
	KeyFile  string           // required: signing key, made with mode 0600 when missing
	Audience string           // required: of all tokens; also the id of the public client
	Personas []Persona        // whom the login page offers
	Console  Console          // zero: none
	Now      func() time.Time // required
	Log      *slog.Logger     // nil: silent
}

// Issuer serves discovery, keys, authorization code flow with PKCE, tokens and
// userinfo. It is safe for concurrent use.
type Issuer struct {
	provider *op.Provider
	storage  *storage
}

// New returns an issuer. It refuses an address that is not loopback.
func New(c Config) (*Issuer, error) {
	if c.URL == "" || c.KeyFile == "" || c.Audience == "" || c.Now == nil {
		return nil, errors.New("issuer: URL, KeyFile, Audience and Now are required")
	}
	if err := loopback(c.URL); err != nil {
		return nil, err
	}
	if err := signer.Create(c.KeyFile); err != nil {
		return nil, err
	}
	k, err := signer.Open(c.KeyFile)
	if err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &storage{c: c, key: key{k}, refresh: map[string]*session{}, pending: map[string]*authRequest{}}
	p, err := op.NewProvider(&op.Config{
		CryptoKey: sha256.Sum256(k.D.Bytes()), CodeMethodS256: true, SupportedScopes: []string{"openid", "profile", "offline_access"},
		AuthMethodPost: true, GrantTypeRefreshToken: true,
	}, s, op.StaticIssuer(c.URL), op.WithAllowInsecure(), op.WithLogger(c.Log))
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	return &Issuer{p, s}, nil
}

// loopback refuses an address that others could reach.
func loopback(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return fmt.Errorf("issuer address: %w", err)
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("issuer address %s: the local issuer serves loopback only", raw)
	}
	return nil
}

// Handler serves the issuer's endpoints and its login page.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", i.storage.page)
	mux.Handle("POST /login", op.NewIssuerInterceptor(i.provider.IssuerFromRequest).HandlerFunc(i.choose))
	mux.Handle("/", i.provider)
	return mux
}

// choose ends the login: the request goes on as the persona chosen.
func (i *Issuer) choose(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("id")
	if !i.storage.login(id, r.PostFormValue("subject")) {
		http.Error(w, "Permintaan masuk tidak dikenal. Mulai lagi dari aplikasi.", http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, op.AuthCallbackURL(i.provider)(context.WithoutCancel(r.Context()), id), http.StatusFound)
}
