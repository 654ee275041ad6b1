package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Client is an application that people sign in to at the issuer.
type Client struct {
	ID       string // required
	Secret   string // empty: a public client, which PKCE alone protects
	Callback string // required: address the issuer sends people back to
}

// Login signs people in by the authorization code flow with PKCE (RFC 7636, S256).
// It is safe for concurrent use.
type Login struct {
	v *Verifier
	c Client
}

// NewLogin returns a Login, or an error that names what is wrong. The Audience of c
// is not read: the ID token must be for the client.
func NewLogin(c Config, client Client) (*Login, error) {
	if client.ID == "" || client.Callback == "" {
		return nil, errors.New("auth: ID and Callback of the client are required")
	}
	c.Audience = client.ID
	v, err := New(c)
	if err != nil {
		return nil, err
	}
	return &Login{v, client}, nil
}

// Address is where a person signs in. state, nonce and verifier are random and of
// this one sign-in: state comes back beside the code and is the caller's to compare,
// nonce comes back in the token, verifier (43 to 128 characters, RFC 7636) never
// leaves the server before the code has come. fault.Unavailable if the issuer could
// not be asked.
func (l *Login) Address(ctx context.Context, state, nonce, verifier string) (string, error) {
	c, err := l.config(ctx)
	if err != nil {
		return "", err
	}
	return c.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), nil
}

// Subject returns who signed in. fault.Unauthenticated if the code, or the token that
// it gives, is not good or of another sign-in; fault.Unavailable if the issuer could
// not be asked.
func (l *Login) Subject(ctx context.Context, code, nonce, verifier string) (string, error) {
	c, err := l.config(ctx)
	if err != nil {
		return "", err
	}
	got, err := c.Exchange(oidc.ClientContext(ctx, l.v.client), code, oauth2.VerifierOption(verifier))
	if err != nil {
		if _, answered := errors.AsType[*oauth2.RetrieveError](err); answered {
			return "", fmt.Errorf("exchange code: %w: %w", refused, err)
		}
		return "", unavailable(err)
	}
	raw, _ := got.Extra("id_token").(string) // none is malformed
	token, err := l.v.token(ctx, raw)
	if err != nil {
		return "", err
	}
	if nonce == "" || subtle.ConstantTimeCompare([]byte(nonce), []byte(token.Nonce)) != 1 {
		return "", fmt.Errorf("token of another sign-in: %w", refused)
	}
	return token.Subject, nil
}

func (l *Login) config(ctx context.Context) (*oauth2.Config, error) {
	issuer, err := l.v.discover(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	return &oauth2.Config{ClientID: l.c.ID, ClientSecret: l.c.Secret, Endpoint: issuer.endpoint, RedirectURL: l.c.Callback, Scopes: []string{oidc.ScopeOpenID}}, nil
}
