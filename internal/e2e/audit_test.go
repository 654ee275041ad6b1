package e2e_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"iter"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/store"
)

// The worker chains what API and workflows write; an auditor reads it over HTTP,
// each line with its hash, and all of it verifies, the published texts too.
func TestTheAuditLogOfALifeIsChainedReadAndVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	f := w.submit(submission("dinas-pupr"))
	w.forward(f, admin, "dinas-pupr")
	w.followUp(f, officer)
	type line struct {
		Action, Subject, Hash string
	}
	var page struct{ Lines []line }
	w.eventually(func() error {
		w.ok(staff("auditor"), http.MethodGet, "/audit?report="+f.id, nil).into(t, &page)
		for _, l := range page.Lines {
			if l.Hash == "" {
				return errors.New(l.Action + " waits")
			}
		}
		return nil
	})
	bySubject := map[string]string{}
	for _, l := range page.Lines {
		require.Len(t, l.Hash, 64)
		bySubject[l.Action] = l.Subject
	}
	require.Equal(t, admin, bySubject["forward"])
	require.Equal(t, officer, bySubject["follow_up"])
	require.Contains(t, bySubject, "publish")
	refused(t, w.call(staff(admin), http.MethodGet, "/audit", nil), http.StatusForbidden)
	refused(t, w.call(caller{}, http.MethodGet, "/audit", nil), http.StatusUnauthorized)

	w.stopWorker()
	var head chain.Link
	require.NoError(t, w.store.As(t.Context(), store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) (err error) {
		head, _, err = tx.SealAudit(ctx, 1000)
		return err
	}))
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := key.Public().(ed25519.PublicKey)
	var sum chain.Summary
	require.NoError(t, store.AuditTrail(t.Context(), w.database, func(entries iter.Seq2[chain.Entry, error], texts iter.Seq2[chain.Text, error]) (err error) {
		sum, err = chain.Verify(chain.Trail{Entries: entries, Texts: texts, Now: time.Now(),
			Checkpoints: []chain.Checkpoint{chain.Sign(key, head, time.Now())}, Keys: map[string]ed25519.PublicKey{chain.KeyID(public): public}})
		return err
	}))
	require.Equal(t, 2, sum.Texts, "the public copy and the follow-up")
	require.Equal(t, head.N, sum.Signed)
}
