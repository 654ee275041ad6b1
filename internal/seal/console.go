package seal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"golang.org/x/time/rate"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/kawal-id/kawal/internal/fault"
)

// The limits of one request of the Temporal UI, and of all together. The longest
// history that a run may grow to before it continues as new is below the first
// two by far.
const (
	maxConsoleBytes    = 2 << 20
	maxConsolePayloads = 500
	consoleRate        = 100 // requests a second
	consoleBurst       = 500
)

// Reader says which workflows the owner of a bearer token may read, in the order
// of their ids; an empty id is a payload that names none. It writes down that he
// asked. Errors: fault.Unauthenticated, fault.Forbidden, and any other if it
// cannot tell, or cannot write it down: nothing is opened then.
type Reader func(ctx context.Context, token string, workflows []string) ([]bool, error)

// Console opens payloads for the Temporal UI, so that a supervisor reads
// summaries and cards: POST /decode with {"payloads": [...]} (protobuf JSON),
// as the UI's codec endpoint, and the reader's token as the UI passes it on. It
// never seals. Only pages of origin, such as "http://127.0.0.1:8233", may ask;
// whoever else does gets 403. What he may not read, or does not open, is returned
// as it came: one strange payload hides no other, and a refusal looks like one.
//
// The id of the workflow is bound into each payload, so nobody opens one by
// giving it another's id.
func (k *Keys) Console(origin string, may Reader) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /decode", func(w http.ResponseWriter, r *http.Request) { k.decode(w, r, may) })
	mux.HandleFunc("OPTIONS /decode", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Methods", http.MethodPost)
		w.Header().Set("Access-Control-Allow-Headers", "Authorization, Authorization-Extras, Content-Type, X-Namespace")
		w.WriteHeader(http.StatusNoContent)
	})
	limit := rate.NewLimiter(consoleRate, consoleBurst)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Vary", "Origin")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.Header.Get("Origin") != origin {
			http.Error(w, "not a page of the Temporal UI", http.StatusForbidden)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		if !limit.Allow() {
			http.Error(w, "too many requests", http.StatusTooManyRequests)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (k *Keys) decode(w http.ResponseWriter, r *http.Request, may Reader) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxConsoleBytes))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		http.Error(w, "too much at once", http.StatusRequestEntityTooLarge)
		return
	}
	var asked commonpb.Payloads
	if err != nil || protojson.Unmarshal(b, &asked) != nil {
		http.Error(w, "no payloads in protobuf JSON", http.StatusBadRequest)
		return
	}
	if len(asked.GetPayloads()) > maxConsolePayloads {
		http.Error(w, "too many payloads at once", http.StatusRequestEntityTooLarge)
		return
	}
	if err := k.open(r.Context(), &asked, token, may); err != nil {
		http.Error(w, "not opened", statusOf(err))
		return
	}
	answer, err := protojson.Marshal(&asked)
	if err != nil {
		http.Error(w, "payloads that protobuf JSON cannot say", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer) // the reader has gone
}

// open puts what the token's owner may read in the place of what is sealed.
func (k *Keys) open(ctx context.Context, asked *commonpb.Payloads, token string, may Reader) error {
	var workflows []string
	for _, p := range asked.GetPayloads() {
		if id := string(p.GetMetadata()[reportField]); !slices.Contains(workflows, id) {
			workflows = append(workflows, id)
		}
	}
	granted, err := may(ctx, token, workflows)
	if err != nil {
		return err
	}
	for i, p := range asked.GetPayloads() {
		if !granted[slices.Index(workflows, string(p.GetMetadata()[reportField]))] {
			continue
		}
		if opened, err := k.Codec().Decode([]*commonpb.Payload{p}); err == nil {
			asked.Payloads[i] = opened[0]
		}
	}
	return nil
}

func statusOf(err error) int {
	switch fault.KindOf(err) {
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	}
	return http.StatusServiceUnavailable
}
