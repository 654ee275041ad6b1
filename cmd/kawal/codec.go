package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/kawal-id/kawal/internal/auth"
	"github.com/kawal-id/kawal/internal/seal"
)

// serveCodec opens payloads for the Temporal UI on KAWAL_CODEC_ADDR until ctx
// ends, for pages of KAWAL_TEMPORAL_UI and for readers whom their tokens allow it.
func serveCodec(ctx context.Context, _ []string, pr program) int {
	s, err := load(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	if s.issuer == "" || s.uiURL == "" {
		return pr.failed(errors.New("KAWAL_OIDC_ISSUER and KAWAL_TEMPORAL_UI are required"))
	}
	p, err := open(ctx, s, "kawal-codec", pr.errOut)
	if err != nil {
		return pr.failed(err)
	}
	defer p.close()
	if err := p.refuseUnsafe(ctx); err != nil {
		return pr.failed(err)
	}
	h, err := p.codec()
	if err != nil {
		return pr.failed(err)
	}
	if err := listen(ctx, s.codecAddr, h); err != nil {
		return pr.failed(err)
	}
	return 0
}

// codec opens payloads for pages of the Temporal UI. Who is reading says his
// token; what he may read says the office, which writes it down.
func (p *parts) codec() (http.Handler, error) {
	front, err := p.office(false)
	if err != nil {
		return nil, err
	}
	verifier, err := auth.New(p.verifying())
	if err != nil {
		return nil, err
	}
	var may seal.Reader = func(ctx context.Context, token string, workflows []string) ([]bool, error) {
		subject, err := verifier.Verify(ctx, token)
		if err != nil {
			return nil, err
		}
		c, err := front.Staff(ctx, subject)
		if err != nil {
			return nil, err
		}
		return front.MayDecode(ctx, c, workflows)
	}
	return p.keys.Console(p.uiURL, may), nil
}
