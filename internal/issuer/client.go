package issuer

import (
	"html/template"
	"net/http"
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// publicClient is the one client: an application on this machine, without a
// secret, that must use PKCE.
type publicClient struct{ id string }

var _ op.HasRedirectGlobs = publicClient{}

func (c publicClient) GetID() string          { return c.id }
func (c publicClient) RedirectURIs() []string { return nil }
func (c publicClient) RedirectURIGlobs() []string {
	return []string{"http://127.0.0.1:*/*", "http://127.0.0.1:*/*/*"}
}
func (c publicClient) PostLogoutRedirectURIs() []string     { return nil }
func (c publicClient) PostLogoutRedirectURIGlobs() []string { return nil }
func (c publicClient) ApplicationType() op.ApplicationType  { return op.ApplicationTypeNative }
func (c publicClient) AuthMethod() oidc.AuthMethod          { return oidc.AuthMethodNone }
func (c publicClient) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c publicClient) GrantTypes() []oidc.GrantType         { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c publicClient) LoginURL(id string) string            { return "/login?id=" + url.QueryEscape(id) }
func (c publicClient) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeJWT }
func (c publicClient) IDTokenLifetime() time.Duration       { return tokenLife }
func (c publicClient) DevMode() bool                        { return false }
func (c publicClient) IsScopeAllowed(string) bool           { return false }
func (c publicClient) IDTokenUserinfoClaimsAssertion() bool { return true }
func (c publicClient) ClockSkew() time.Duration             { return 0 }
func (c publicClient) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(s []string) []string { return s }
}
func (c publicClient) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(s []string) []string { return s }
}

// console is the confidential client. It keeps its secret on its server, so it
// needs no PKCE, and renews its tokens without asking the person again.
type console struct {
	publicClient
	c Console
}

var _ op.Client = console{}

func (c console) RedirectURIs() []string              { return []string{c.c.Callback} }
func (c console) RedirectURIGlobs() []string          { return nil }
func (c console) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c console) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodBasic }
func (c console) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
}
func (c console) DevMode() bool { return true } // http on loopback

var loginPage = template.Must(template.New("login").Parse(`<!doctype html>
<html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Masuk</title>
<style>body{font:16px/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}button{display:block;width:100%;margin:.4rem 0;padding:.6rem;text-align:left;font:inherit}</style>
<h1>Masuk sebagai</h1>
<p>Penerbit setempat untuk peragaan: pilih siapa Anda. Hanya dapat dicapai dari mesin ini.</p>
<form method="post" action="/login"><input type="hidden" name="id" value="{{.ID}}">
{{range .Personas}}<button name="subject" value="{{.Subject}}">{{.Name}} <small>({{.Subject}})</small></button>
{{end}}</form></html>
`))

// page offers the personas.
func (s *storage) page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	_ = loginPage.Execute(w, map[string]any{"ID": r.URL.Query().Get("id"), "Personas": s.c.Personas}) // the client has gone
}
