package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
)

// maxDepth is how deep a body may nest; the contract needs 2.
const maxDepth = 8

// readBody reads the whole body and refuses what encoding/json would let pass:
// invalid UTF-8, lone surrogates, repeated names, NUL, deep nesting. The next
// reader gets the same bytes.
func (s *server) readBody(c *gin.Context) {
	o := s.operation(c)
	body, err := slurp(c, o.maxBytes)
	switch {
	case err != nil:
	case o.route.Operation.RequestBody == nil:
		if len(body) > 0 {
			err = fault.New(fault.Invalid, "Permintaan ini tidak menerima isi.")
		}
	case !isJSON(c.Request.Header):
		err = errMedia
	case len(bytes.TrimSpace(body)) == 0:
		err = fault.New(fault.Invalid, "Isi permintaan kosong.")
	default:
		err = strict(body)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	c.Request.ContentLength = int64(len(body))
}

// slurp reads at most limit bytes: fault.TooLarge if there are more.
func slurp(c *gin.Context, limit int64) ([]byte, error) {
	tooLarge := fault.New(fault.TooLarge, "Isi permintaan paling besar %d byte.", limit)
	if c.Request.ContentLength > limit {
		c.Header("Connection", "close")
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, tooLarge
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "Isi permintaan tidak terbaca sampai habis.")
	}
	return body, nil
}

// isJSON reports whether the header announces plain JSON in UTF-8.
func isJSON(h http.Header) bool {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, named := params["charset"]
	return err == nil && kind == "application/json" && len(h.Values("Content-Type")) == 1 &&
		(!named || strings.EqualFold(charset, "utf-8")) &&
		(h.Get("Content-Encoding") == "" || strings.EqualFold(h.Get("Content-Encoding"), "identity"))
}

// strict checks one JSON value: fault.Invalid with the pointer of the fault.
func strict(body []byte) error {
	if !utf8.Valid(body) {
		return fault.New(fault.Invalid, "Isi permintaan bukan UTF-8 yang sah.")
	}
	if !json.Valid(body) {
		return fault.New(fault.Invalid, "Isi permintaan bukan satu nilai JSON yang sah.")
	}
	if loneSurrogate(body) {
		return fault.New(fault.Invalid, `Isi permintaan memuat setengah pasangan surrogate (\ud800 sampai \udfff).`)
	}
	r := &reader{dec: json.NewDecoder(bytes.NewReader(body))}
	r.dec.UseNumber()
	return r.value("", 1)
}

// escapes finds the escapes of JSON strings; pairs of surrogates are one.
var escapes = regexp.MustCompile(`(?i)\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)`)

// loneSurrogate reports whether an escape names half a pair, which
// encoding/json replaces silently.
func loneSurrogate(body []byte) bool {
	for _, e := range escapes.FindAll(body, -1) {
		if len(e) == len(`\ud800`) && strings.EqualFold(string(e[2:3]), "d") && strings.ContainsRune("89abcdefABCDEF", rune(e[3])) {
			return true
		}
	}
	return false
}

// reader walks a valid JSON value.
type reader struct{ dec *json.Decoder }

func (r *reader) value(at string, depth int) error {
	t, err := r.dec.Token()
	if err != nil {
		return fault.At(at, "Isi permintaan bukan JSON yang sah.")
	}
	switch t := t.(type) {
	case string:
		return noNUL(at, t)
	case json.Delim:
		if depth > maxDepth {
			return fault.At(at, "Isi permintaan bersarang lebih dari %d tingkat.", maxDepth)
		}
		if t == '{' {
			return r.object(at, depth)
		}
		return r.array(at, depth)
	}
	return nil
}

func (r *reader) object(at string, depth int) error {
	seen := map[string]bool{}
	for r.dec.More() {
		t, err := r.dec.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return fault.At(at, "Isi permintaan bukan JSON yang sah.")
		}
		here := at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		if seen[name] {
			return fault.At(here, "Nama ini disebut dua kali.")
		}
		seen[name] = true
		if err := noNUL(at, name); err != nil {
			return err
		}
		if err := r.value(here, depth+1); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	return err
}

func (r *reader) array(at string, depth int) error {
	for i := 0; r.dec.More(); i++ {
		if err := r.value(at+"/"+strconv.Itoa(i), depth+1); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	return err
}

// noNUL refuses the one character that PostgreSQL cannot hold.
func noNUL(at, s string) error {
	if strings.ContainsRune(s, 0) {
		return fault.At(at, "Teks tidak boleh memuat karakter NUL.")
	}
	return nil
}
