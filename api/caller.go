package api

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

// codeHeader carries the access code of a reporter.
const codeHeader = "X-Kawal-Code"

// codeForm is what an access code may look like; whether it is one, the office
// finds out.
var codeForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z -]{6,78}[0-9A-Za-z]$`)

// callerKey is the context key of the caller.
type callerKey struct{}

// identify finds out who is calling and whether the operation is for such
// callers at all. It knows nothing of the report, so its answer tells nothing.
func (s *server) identify(c *gin.Context) {
	caller, err := s.caller(c.Request)
	if err == nil {
		err = s.operation(c).admits(caller)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), callerKey{}, caller))
}

// operation returns the operation of the contract that c was routed to.
func (s *server) operation(c *gin.Context) *operation {
	return s.ops[c.Request.Method+" "+c.FullPath()]
}

// caller reads the credentials. A token that is present must be good.
func (s *server) caller(r *http.Request) (office.Caller, error) {
	tokens, codes := r.Header.Values("Authorization"), r.Header.Values(codeHeader)
	if len(tokens) > 1 || len(codes) > 1 {
		return office.Caller{}, fault.New(fault.Invalid, "Kirim paling banyak satu token dan satu kode akses.")
	}
	if len(codes) == 1 && !codeForm.MatchString(codes[0]) {
		return office.Caller{}, fault.New(fault.Unauthenticated, "Kode akses salah bentuk.")
	}
	c := office.Caller{Kind: office.Anyone, Channel: office.ChannelAPI}
	if len(tokens) == 1 {
		staff, err := s.staff(r.Context(), tokens[0])
		if err != nil {
			return office.Caller{}, err
		}
		c = staff
	}
	if len(codes) == 0 {
		return c, nil
	}
	switch c.Kind {
	case office.Anyone:
		c.Kind = office.Reporter
	case office.Gateway:
	default:
		return office.Caller{}, fault.New(fault.Invalid, "Kirim token atau kode akses, jangan keduanya.")
	}
	c.Code = codes[0]
	return c, nil
}

// staff returns whose token the Authorization header carries.
func (s *server) staff(ctx context.Context, header string) (office.Caller, error) {
	scheme, token, ok := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return office.Caller{}, fault.New(fault.Unauthenticated, "Header Authorization harus berisi Bearer dan satu token.")
	}
	subject, err := s.Verifier.Verify(ctx, token)
	switch {
	case fault.KindOf(err) == fault.Unavailable, ctx.Err() != nil:
		return office.Caller{}, fmt.Errorf("verify token: %w", err)
	case err != nil || subject == "":
		return office.Caller{}, fault.New(fault.Unauthenticated, "Token tidak sah atau sudah kedaluwarsa.")
	}
	return s.Office.Staff(ctx, subject)
}

// admits reports whether the operation is for such callers: nil, or
// fault.Unauthenticated or fault.Forbidden.
func (o *operation) admits(c office.Caller) error {
	switch {
	case o.open:
		return nil
	case c.Kind == office.Anyone && o.schemes["accessCode"]:
		return fault.New(fault.Unauthenticated, "Kirim kode akses laporan di header %s.", codeHeader)
	case c.Kind == office.Anyone:
		return fault.New(fault.Unauthenticated, "Layanan ini untuk petugas: kirim token di header Authorization.")
	case o.schemes["bearer"] && c.Kind != office.Reporter:
		return nil
	case o.schemes["accessCode"] && c.Code != "":
		return nil
	case o.schemes["bearer"]:
		return fault.New(fault.Forbidden, "Layanan ini untuk petugas.")
	}
	return fault.New(fault.Forbidden, "Layanan ini untuk pelapor, dengan kode akses laporannya.")
}

// from returns the context of the request, which outlives the handler's
// [gin.Context], and who is calling.
func from(ctx context.Context) (context.Context, office.Caller) {
	if c, ok := ctx.(*gin.Context); ok {
		ctx = c.Request.Context()
	}
	caller, _ := ctx.Value(callerKey{}).(office.Caller) // the zero Caller may do nothing
	return ctx, caller
}
