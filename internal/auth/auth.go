// Package auth checks the bearer tokens of staff: who somebody is, said by an
// OpenID Connect issuer. What he may do the database says, at each request.
package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/internal/outbound"
)

// Config says whose tokens are good. Nothing turns the check off.
type Config struct {
	Issuer     string           // required: https address, or http on loopback
	Audience   string           // required
	Algorithms []string         // empty: RS256, ES256; only signatures with a public key are allowed
	Now        func() time.Time // required
	// Networks are closed networks in which the issuer, and what it points to, may be
	// asked. Empty: public addresses only, and loopback if Issuer is written so.
	Networks []netip.Prefix
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	c      Config
	client *http.Client

	mu     sync.Mutex
	issuer *discovered // nil until the issuer has answered once
	failed time.Time   // when it last did not
	err    error
}

// discovered is what the issuer's document says.
type discovered struct {
	check    *oidc.IDTokenVerifier
	endpoint oauth2.Endpoint
}

// allowed are the algorithms with a public key; a shared secret or none would
// let a reader of the configuration make tokens.
var allowed = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// New returns a verifier, or an error that names what is wrong with Config. The
// issuer is asked when the first token comes, and again until it has answered.
func New(c Config) (*Verifier, error) {
	if c.Issuer == "" || c.Audience == "" || c.Now == nil {
		return nil, errors.New("auth: Issuer, Audience and Now are required")
	}
	u, err := url.Parse(c.Issuer)
	if err != nil {
		return nil, fmt.Errorf("auth: Issuer: %w", err)
	}
	ip, _ := netip.ParseAddr(u.Hostname()) // a name is no address
	if u.Scheme != "https" && (u.Scheme != "http" || !ip.IsLoopback()) {
		return nil, fmt.Errorf("auth: Issuer %s must be https, or http on loopback", c.Issuer)
	}
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{oidc.RS256, oidc.ES256}
	}
	for _, a := range c.Algorithms {
		if !slices.Contains(allowed, a) {
			return nil, fmt.Errorf("auth: algorithm %q is not allowed", a)
		}
	}
	allow := c.Networks
	if ip.IsLoopback() {
		allow = append(slices.Clone(allow), outbound.Loopback...)
	}
	t := transport{outbound.Guard{Allow: allow}.Transport(), u.Scheme}
	return &Verifier{c: c, client: &http.Client{Timeout: patience, Transport: t}}, nil
}

const (
	patience = 3 * time.Second // for one answer of the issuer
	pause    = time.Second     // after a failed discovery, in which nobody asks again
)

// Verify returns the subject of a valid token. fault.Unauthenticated if the
// token is malformed, expired, of another issuer or audience, or signed
// otherwise; fault.Unavailable if the issuer could not be asked.
func (v *Verifier) Verify(ctx context.Context, raw string) (string, error) {
	t, err := v.token(ctx, raw)
	if err != nil {
		return "", err
	}
	return t.Subject, nil
}

// token is the content of a valid token, whose subject is not empty. Errors as
// Verify.
func (v *Verifier) token(ctx context.Context, raw string) (*oidc.IDToken, error) {
	issuer, err := v.discover(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	away := new(error)
	t, err := issuer.check.Verify(context.WithValue(ctx, awayKey{}, away), raw)
	switch {
	case *away != nil:
		return nil, unavailable(*away)
	case err != nil:
		return nil, fmt.Errorf("verify token: %w: %w", refused, err)
	case t.Subject == "":
		return nil, fmt.Errorf("verify token without subject: %w", refused)
	}
	return t, nil
}

var refused = fault.New(fault.Unauthenticated, "Token tidak sah atau sudah kedaluwarsa. Masuk kembali.")

func unavailable(err error) error {
	return fmt.Errorf("ask issuer: %w: %w", fault.New(fault.Unavailable, "Layanan masuk sedang tidak tersedia. Coba lagi nanti."), err)
}

// discover asks for the issuer's document, once it answers never again.
func (v *Verifier) discover(ctx context.Context) (*discovered, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.issuer != nil {
		return v.issuer, nil
	}
	if v.c.Now().Sub(v.failed) < pause {
		return nil, v.err
	}
	// The keys outlive the request: its context is not kept.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), v.client)
	var doc struct {
		Keys string `json:"jwks_uri"`
	}
	p, err := oidc.NewProvider(ctx, v.c.Issuer)
	if err == nil {
		err = p.Claims(&doc)
	}
	if err != nil {
		v.failed, v.err = v.c.Now(), err
		return nil, err
	}
	v.issuer = &discovered{oidc.NewVerifier(v.c.Issuer, keySet{oidc.NewRemoteKeySet(ctx, doc.Keys)},
		&oidc.Config{ClientID: v.c.Audience, SupportedSigningAlgs: v.c.Algorithms, Now: v.c.Now}), p.Endpoint()}
	return v.issuer, nil
}

// keySet tells Verify when the keys could not be fetched, which the library's
// error does not: a good token must not be refused for it.
type keySet struct{ oidc.KeySet }

type awayKey struct{}

// VerifySignature checks a signature with the issuer's keys.
func (k keySet) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	b, err := k.KeySet.VerifySignature(ctx, raw)
	if away, ok := ctx.Value(awayKey{}).(*error); ok && errors.Is(err, errAway) {
		*away = err
	}
	return b, err
}

var errAway = errors.New("issuer is away")

// transport makes a failed exchange and a server error one kind of error. Where keys
// lie says the issuer's document, so it is guarded: what it names is not asked in a
// closed network, nor in clear if the issuer is not.
type transport struct {
	guarded http.RoundTripper
	scheme  string // of the issuer
}

// maxAnswer bounds a document of the issuer, in bytes.
const maxAnswer = 1 << 20

// RoundTrip makes one exchange.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && t.scheme == "https" {
		return nil, fmt.Errorf("%w: %s would be asked in clear", errAway, r.URL.Host)
	}
	res, err := t.guarded.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAway, err)
	}
	if res.StatusCode >= http.StatusInternalServerError {
		return nil, errors.Join(fmt.Errorf("%w: %s", errAway, res.Status), res.Body.Close())
	}
	res.Body = http.MaxBytesReader(nil, res.Body, maxAnswer)
	return res, nil
}
