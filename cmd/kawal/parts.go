package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/internal/notify"
	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/web"
	"github.com/kawal-id/kawal/worker"
	"github.com/kawal-id/kawal/workflows/contract"
)

// parts is what API, worker and tools share. Close ends it.
type parts struct {
	settings
	log      *slog.Logger
	keys     *seal.Keys
	store    *store.Store
	temporal client.Client
}

// open connects to PostgreSQL and prepares the connection to Temporal, which
// may be away: it is dialled when first used.
//
// subject is how Temporal's authorizer knows this process.
func open(ctx context.Context, s settings, subject string, log io.Writer) (*parts, error) {
	if s.databaseURL == "" || s.temporalAddress == "" {
		return nil, fmt.Errorf("KAWAL_DATABASE_URL and KAWAL_TEMPORAL_ADDRESS are required")
	}
	p := &parts{settings: s, log: logger(log)}
	var err error
	if p.keys, err = seal.Open(s.keys); err != nil {
		return nil, fmt.Errorf("keys (KAWAL_KEYS): %w", err)
	}
	pass, err := s.pass(subject, contract.Namespace+":write")
	if err != nil {
		return nil, err
	}
	if p.store, err = store.Open(ctx, store.Config{Keys: p.keys, URL: s.databaseURL, MaxConns: 20, Now: time.Now, Log: p.log, National: national}); err != nil {
		return nil, err
	}
	p.temporal, err = client.NewLazyClient(client.Options{
		HostPort: s.temporalAddress, Namespace: contract.Namespace, Identity: subject, HeadersProvider: pass,
		DataConverter: p.keys.DataConverter(), FailureConverter: p.keys.FailureConverter(),
		Logger: sdklog.NewStructuredLogger(p.log),
	})
	if err != nil {
		p.store.Close()
		return nil, fmt.Errorf("temporal client: %w", err)
	}
	return p, nil
}

func (p *parts) close() {
	p.temporal.Close()
	p.store.Close()
}

// national is the unit of the national administrators.
const national = "national"

func (p *parts) office(demo bool) (*office.Office, error) {
	to, err := p.sealTo()
	if err != nil {
		return nil, err
	}
	return office.New(office.Config{
		Store: p.store, Engine: office.Temporal{Client: p.temporal, Now: time.Now}, Keys: p.keys, Custodians: to, Now: time.Now,
		Random: rand.Reader, Log: p.log, National: national, TemporalUI: p.uiURL, Demo: demo,
		NoteErasure: func(id string, at time.Time) error {
			return chain.AppendErasure(p.erasures, chain.Erasure{Report: id, At: at})
		},
		SendCode: func(ctx context.Context, id string) error {
			return p.store.As(ctx, store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
				return tx.QueueCode(ctx, id)
			})
		},
	})
}

// verifying says whose tokens are good.
func (s settings) verifying() auth.Config {
	return auth.Config{Issuer: s.issuer, Audience: s.audience, Networks: s.issuerNetworks, Now: time.Now}
}

// signIn is where staff sign in to the desk. They come back to the host of the
// tracking pages.
func (s settings) signIn() (*auth.Login, error) {
	base, err := url.Parse(s.baseURL)
	if err != nil {
		return nil, fmt.Errorf("KAWAL_BASE_URL: %w", err)
	}
	back := url.URL{Scheme: base.Scheme, Host: base.Host, Path: web.SignInPath}
	return auth.NewLogin(s.verifying(), auth.Client{ID: s.oidcClient, Secret: s.oidcSecret, Callback: back.String()})
}

func (p *parts) worker() worker.Config {
	return worker.Config{Temporal: p.temporal, Store: p.store, Notifier: p.notifier(), NewCode: p.newCode, Now: time.Now, Log: p.log}
}

// newCode draws an access code and its keyed hash.
func (p *parts) newCode() (code string, mac []byte, err error) {
	if code, err = seal.NewAccessCode(rand.Reader); err != nil {
		return "", nil, err
	}
	return code, p.keys.CodeMAC(code), nil
}

func (p *parts) notifier() notify.Notifier {
	var sender notify.Sender = notify.Folder{Path: p.data + "/mail", From: p.mailFrom}
	if p.smtpHost != "" {
		sender = notify.SMTP{Host: p.smtpHost, Port: p.smtpPort, User: p.smtpUser, Password: p.smtpPassword, From: p.mailFrom}
	}
	return notify.Notifier{Sender: sender, Contact: p.contact, BaseURL: p.baseURL, Staff: func(subject string) string {
		if strings.Contains(subject, "@") {
			return subject
		}
		return subject + "@" + p.staffDomain
	}}
}

// contact opens a sealed contact; telephone numbers wait for an SMS gateway.
func (p *parts) contact(n store.Notice) (string, error) {
	b, err := p.keys.OpenField(office.FieldContact, n.Report, n.Contact)
	if err != nil {
		return "", err
	}
	if !strings.Contains(string(b), "@") {
		return "", nil
	}
	return string(b), nil
}
