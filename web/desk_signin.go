package web

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

// trip is a sign-in under way: three random values, where to go afterwards, and in
// which language. It lies on the server; the browser holds an opaque token.
type trip struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	To       string `json:"to"`
}

// SignInPath is where the issuer sends people back to.
const SignInPath = "/meja/selesai"

// tripLife is how long somebody may take to sign in: ours.
var tripLife = office.SessionLife{Idle: 15 * time.Minute, Total: 15 * time.Minute}

// signIn begins a sign-in and leads to the issuer.
func (s *server) signIn(c *gin.Context) error {
	if s.SignIn == nil {
		return fault.New(fault.NotFound, "Tidak ada meja petugas di sini.")
	}
	t := trip{To: languageOf(c).url(within(c.Query("ke")))}
	for _, to := range []*string{&t.State, &t.Nonce, &t.Verifier} {
		var b [32]byte
		if _, err := io.ReadFull(s.Random, b[:]); err != nil {
			return fmt.Errorf("draw sign-in: %w", err)
		}
		*to = base64.RawURLEncoding.EncodeToString(b[:])
	}
	address, err := s.SignIn.Address(c.Request.Context(), t.State, t.Nonce, t.Verifier)
	if err != nil {
		return err
	}
	token, err := s.Office.OpenSession(c.Request.Context(), office.SignInSession, t, tripLife)
	if err != nil {
		return err
	}
	s.setSession(c, office.SignInSession, token)
	c.Redirect(http.StatusSeeOther, address)
	return nil
}

// within is a path of the desk, or the desk itself.
func within(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" || u.Path != "/meja" && !strings.HasPrefix(u.Path, "/meja/") || strings.ContainsAny(u.Path, "\\\r\n") {
		return "/meja"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

func escape(path string) string { return url.QueryEscape(path) }

// signedIn ends a sign-in: the issuer says who somebody is, the office whether he
// has an office. The session that was open before is over.
func (s *server) signedIn(c *gin.Context) error {
	if s.SignIn == nil {
		return fault.New(fault.NotFound, "Tidak ada meja petugas di sini.")
	}
	var t trip
	err := s.shown(c, office.SignInSession, &t)
	if err == nil {
		err = s.endSession(c, office.SignInSession) // good once
	}
	switch {
	case fault.KindOf(err) == fault.Unauthenticated || err == nil && subtle.ConstantTimeCompare([]byte(t.State), []byte(c.Query("state"))) != 1:
		return fault.New(fault.Unauthenticated, "Masuk ini tidak dimulai di peramban ini, atau sudah terlalu lama. Masuk kembali.")
	case err != nil:
		return err
	case c.Query("code") == "":
		return fault.New(fault.Unauthenticated, "Penyedia identitas tidak menerima Anda. Masuk kembali.")
	}
	ctx := c.Request.Context()
	subject, err := s.SignIn.Subject(ctx, c.Query("code"), t.Nonce, t.Verifier)
	if err != nil {
		return err
	}
	if _, err := s.Office.Staff(ctx, subject); err != nil {
		return err
	}
	if err := s.endSession(c, office.DeskSession); err != nil {
		return err
	}
	token, err := s.Office.OpenSession(ctx, office.DeskSession, signedInAs{subject}, deskLife)
	if err != nil {
		return err
	}
	s.setSession(c, office.DeskSession, token)
	c.Redirect(http.StatusSeeOther, t.To)
	return nil
}

// signOut ends the desk session.
func (s *server) signOut(c *gin.Context) error {
	if err := s.endSession(c, office.DeskSession); err != nil {
		return err
	}
	c.Header("Clear-Site-Data", forget)
	return s.show(c, http.StatusOK, "desk_out", page{Path: "/meja/masuk"})
}
