package issuer

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"slices"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	// tokenLife is short: a person's token opens Temporal too, which asks nobody
	// whether it has been taken away.
	tokenLife = 10 * time.Minute
	// sessionLife is how long a console renews tokens without a login.
	sessionLife = 8 * time.Hour
	loginLife   = 10 * time.Minute // a login that is not finished is forgotten
)

// storage keeps logins under way in memory: a restart asks people to log in
// again, nothing more. It is what the library calls for everything it does not
// know itself; grants that the issuer does not offer are refused.
type storage struct {
	c   Config
	key key

	mu      sync.Mutex
	pending map[string]*authRequest
	refresh map[string]*session // by refresh token
}

// session is a console's right to renew tokens. Each renewal changes the token.
type session struct {
	subject, client, audience string
	scopes                    []string
	begun                     time.Time
}

var _ op.RefreshTokenRequest = &session{}

func (s *session) GetAMR() []string                 { return nil }
func (s *session) GetAudience() []string            { return []string{s.audience} }
func (s *session) GetAuthTime() time.Time           { return s.begun }
func (s *session) GetClientID() string              { return s.client }
func (s *session) GetScopes() []string              { return s.scopes }
func (s *session) GetSubject() string               { return s.subject }
func (s *session) SetCurrentScopes(scopes []string) { s.scopes = scopes }

var errUnknown = errors.New("unknown")

// authRequest is one login under way.
type authRequest struct {
	*oidc.AuthRequest
	id, subject, code, audience string
	begun                       time.Time
}

func (r *authRequest) GetID() string                      { return r.id }
func (r *authRequest) GetACR() string                     { return "" }
func (r *authRequest) GetAMR() []string                   { return nil }
func (r *authRequest) GetAudience() []string              { return []string{r.audience} }
func (r *authRequest) GetAuthTime() time.Time             { return r.begun }
func (r *authRequest) GetSubject() string                 { return r.subject }
func (r *authRequest) Done() bool                         { return r.subject != "" }
func (r *authRequest) GetNonce() string                   { return r.Nonce }
func (r *authRequest) GetScopes() []string                { return r.Scopes }
func (r *authRequest) GetClientID() string                { return r.ClientID }
func (r *authRequest) GetRedirectURI() string             { return r.RedirectURI }
func (r *authRequest) GetState() string                   { return r.State }
func (r *authRequest) GetResponseType() oidc.ResponseType { return r.ResponseType }
func (r *authRequest) GetResponseMode() oidc.ResponseMode { return r.ResponseMode }
func (r *authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	if r.CodeChallenge == "" { // the console, which has a secret instead
		return nil
	}
	return &oidc.CodeChallenge{Challenge: r.CodeChallenge, Method: r.CodeChallengeMethod}
}

func (s *storage) CreateAuthRequest(_ context.Context, r *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if r.CodeChallenge == "" && (s.c.Console.ID == "" || r.ClientID != s.c.Console.ID) {
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE is required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.c.Now()
	for id, p := range s.pending {
		if now.Sub(p.begun) > loginLife {
			delete(s.pending, id)
		}
	}
	a := &authRequest{AuthRequest: r, id: rand.Text(), audience: s.c.Audience, begun: now}
	s.pending[a.id] = a
	return a, nil
}

// login says who a login is. It reports whether both are known.
func (s *storage) login(id, subject string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.pending[id]
	known := slices.ContainsFunc(s.c.Personas, func(p Persona) bool { return p.Subject == subject })
	if a == nil || !known {
		return false
	}
	a.subject = subject
	return true
}

func (s *storage) find(f func(*authRequest) bool) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.pending {
		if f(a) {
			copied := *a // the one kept may change under the lock
			return &copied, nil
		}
	}
	return nil, errUnknown
}

func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	return s.find(func(a *authRequest) bool { return a.id == id })
}

func (s *storage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	return s.find(func(a *authRequest) bool { return code != "" && a.code == code })
}

func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.pending[id]
	if a == nil {
		return errUnknown
	}
	a.code = code
	return nil
}

func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, id)
	return nil
}

func (s *storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return rand.Text(), s.c.Now().Add(tokenLife), nil
}

// CreateAccessAndRefreshTokens gives a console a refresh token; the one it came
// with, if any, is dead.
func (s *storage) CreateAccessAndRefreshTokens(_ context.Context, r op.TokenRequest, current string) (string, string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.c.Now()
	next := session{subject: r.GetSubject(), client: s.c.Console.ID, audience: s.c.Audience, scopes: r.GetScopes(), begun: now}
	if current != "" {
		old := s.refresh[current]
		if old == nil {
			return "", "", time.Time{}, op.ErrInvalidRefreshToken
		}
		next.begun = old.begun
		delete(s.refresh, current)
	}
	for token, held := range s.refresh {
		if now.Sub(held.begun) > sessionLife {
			delete(s.refresh, token)
		}
	}
	token := rand.Text()
	s.refresh[token] = &next
	return rand.Text(), token, now.Add(tokenLife), nil
}

func (s *storage) TokenRequestByRefreshToken(_ context.Context, token string) (op.RefreshTokenRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.refresh[token]
	if held == nil || s.c.Now().Sub(held.begun) > sessionLife {
		return nil, op.ErrInvalidRefreshToken
	}
	copied := *held // the one kept may change under the lock
	return &copied, nil
}

func (s *storage) TerminateSession(context.Context, string, string) error { return nil }

func (s *storage) RevokeToken(context.Context, string, string, string) *oidc.Error { return nil }

func (s *storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return s.key, nil }

func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256}, nil
}

func (s *storage) KeySet(context.Context) ([]op.Key, error) { return []op.Key{publicKey{s.key}}, nil }

func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	switch {
	case id == s.c.Audience:
		return publicClient{id: id}, nil
	case id != "" && id == s.c.Console.ID:
		return console{publicClient{id: id}, s.c.Console}, nil
	}
	return nil, errUnknown
}

// AuthorizeClientIDSecret is for the console; the public client has no secret.
func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if id == "" || id != s.c.Console.ID || s.c.Console.Secret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(s.c.Console.Secret)) != 1 {
		return errUnknown
	}
	return nil
}

func (s *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest puts subject and name into the id token.
func (s *storage) SetUserinfoFromRequest(_ context.Context, u *oidc.UserInfo, r op.IDTokenRequest, _ []string) error {
	s.describe(u, r.GetSubject())
	return nil
}

func (s *storage) SetUserinfoFromToken(_ context.Context, u *oidc.UserInfo, _, subject, _ string) error {
	s.describe(u, subject)
	return nil
}

func (s *storage) describe(u *oidc.UserInfo, subject string) {
	u.Subject = subject
	for _, p := range s.c.Personas {
		if p.Subject == subject {
			u.Name = p.Name
		}
	}
}

func (s *storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errUnknown
}

// GetPrivateClaimsFromScopes puts into access tokens what Temporal's authorizer
// reads.
func (s *storage) GetPrivateClaimsFromScopes(_ context.Context, subject, _ string, _ []string) (map[string]any, error) {
	for _, p := range s.c.Personas {
		if p.Subject == subject && len(p.Permissions) > 0 {
			return map[string]any{"permissions": p.Permissions}, nil
		}
	}
	return nil, nil
}

func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errUnknown
}

func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errUnknown
}

func (s *storage) Health(context.Context) error { return nil }
