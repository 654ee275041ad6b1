package api

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/report"
)

// holdAgainstContract refuses what openapi.yaml does not allow, and writes the
// tracking id in its canonical form.
func (s *server) holdAgainstContract(c *gin.Context) {
	o := s.operation(c)
	err := checkParameters(c, o)
	if err == nil {
		err = validate(c, o)
	}
	if err == nil {
		err = canonical(c)
	}
	if err != nil {
		s.fail(c, err)
	}
}

// checkParameters refuses unknown and repeated parameters, which would be
// dropped without a word, and bytes that are no text.
func checkParameters(c *gin.Context, o *operation) error {
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return fault.New(fault.Invalid, "Bagian alamat setelah tanda tanya salah tulis.")
	}
	for name, values := range query {
		switch {
		case !isText(name):
			return fault.New(fault.Invalid, "Nama parameter bukan teks UTF-8 yang sah.")
		case o.route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil:
			return fault.At("/"+name, "Parameter ini tidak dikenal.")
		case len(values) > 1:
			return fault.At("/"+name, "Parameter ini disebut dua kali.")
		case !isText(values[0]):
			return fault.At("/"+name, "Bukan teks UTF-8 yang sah.")
		}
	}
	if len(c.Request.Header.Values("Idempotency-Key")) > 1 {
		return fault.At("/Idempotency-Key", "Header ini disebut dua kali.")
	}
	for _, p := range c.Params {
		if !isText(p.Value) {
			return fault.At("/"+p.Key, "Bukan teks UTF-8 yang sah.")
		}
	}
	return nil
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// validate holds the request against its operation.
func validate(c *gin.Context, o *operation) error {
	params := make(map[string]string, len(c.Params))
	for _, p := range c.Params {
		params[p.Key] = p.Value
	}
	err := openapi3filter.ValidateRequest(c.Request.Context(), &openapi3filter.RequestValidationInput{
		Request: c.Request, PathParams: params, QueryParams: c.Request.URL.Query(), Route: o.route,
		Options: &openapi3filter.Options{
			MultiError: true, SkipSettingDefaults: true, KeepValidatedValue: true,
			AuthenticationFunc: authenticated, SchemaValidationOptions: dates,
		},
	})
	if err == nil {
		return nil
	}
	return explain(err, "")
}

// dates holds dates and times against the calendar: the validator's own
// patterns let 30 February pass.
var dates = []openapi3.SchemaValidationOption{
	openapi3.WithStringFormatValidator("date", openapi3.NewCallbackValidator(parses(time.DateOnly))),
	openapi3.WithStringFormatValidator("date-time", openapi3.NewCallbackValidator(parses(time.RFC3339))),
}

func parses(layout string) func(string) error {
	return func(s string) error {
		_, err := time.Parse(layout, s)
		return err
	}
}

// authenticated: caller.go has asked already.
func authenticated(context.Context, *openapi3filter.AuthenticationInput) error { return nil }

// canonical rewrites the tracking id of the path as the workflow id is
// written, so that lower case and missing dashes find the same report.
func canonical(c *gin.Context) error {
	if !strings.HasPrefix(c.FullPath(), "/v1/reports/:id") {
		return nil
	}
	for i, p := range c.Params {
		if p.Key != "id" {
			continue
		}
		id, err := report.ParseID(p.Value)
		if err != nil {
			return err
		}
		c.Params[i].Value = id
	}
	return nil
}

// malformed is for what gets past validation and cannot be bound all the same.
func malformed(err error) error {
	if fault.KindOf(err) != "" || errors.Is(err, fault.Invalid) {
		return err
	}
	return fault.New(fault.Invalid, "Permintaan tidak terbaca.")
}

// explain turns what the validator found into faults, each with its pointer.
func explain(err error, at string) error {
	var found fieldErrors
	collect(err, at, &found)
	if len(found) == 0 {
		return malformed(err)
	}
	return found
}

func collect(err error, at string, found *fieldErrors) {
	switch e := err.(type) { //nolint:errorlint // the tree is walked by hand, since each level knows a part of the pointer
	case openapi3.MultiError:
		for _, one := range e {
			collect(one, at, found)
		}
	case *openapi3filter.RequestError:
		if e.Parameter != nil {
			at = "/" + e.Parameter.Name
		}
		if e.Err == nil || !structured(e.Err) {
			*found = append(*found, fault.At(at, "%s", reasonOf(e)))
			return
		}
		collect(e.Err, at, found)
	case *openapi3.SchemaError:
		*found = append(*found, fault.At(at+pointer(e.JSONPointer())+unknownName(e), "%s", sentence(e)))
	default:
		*found = append(*found, fault.At(at, "Salah bentuk."))
	}
}

// structured reports whether err says which field it is about.
func structured(err error) bool {
	if _, ok := errors.AsType[*openapi3.SchemaError](err); ok {
		return true
	}
	_, ok := errors.AsType[openapi3.MultiError](err)
	return ok
}

// unknownName returns the pointer's last part for a name that the contract does
// not know: the validator points at the object around it.
func unknownName(e *openapi3.SchemaError) string {
	quoted, ok := strings.CutPrefix(strings.TrimSuffix(e.Reason, " is unsupported"), "property ")
	name, err := strconv.Unquote(quoted)
	if !ok || err != nil || e.SchemaField != "properties" {
		return ""
	}
	return pointer([]string{name})
}

// reasonOf says what is wrong with a parameter that could not be read.
func reasonOf(e *openapi3filter.RequestError) string {
	switch {
	case errors.Is(e.Err, openapi3filter.ErrInvalidRequired):
		return "Wajib diisi."
	case errors.Is(e.Err, openapi3filter.ErrInvalidEmptyValue):
		return "Tidak boleh kosong."
	case e.Parameter != nil && e.Parameter.Schema != nil:
		return "Harus " + kinds[e.Parameter.Schema.Value.Type.Slice()[0]] + "."
	}
	return "Salah bentuk."
}

func pointer(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	return b.String()
}
