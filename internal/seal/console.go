package seal

import (
	"errors"
	"io"
	"net/http"

	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// maxConsoleBytes bounds one request of the Temporal UI. The longest history
// that a run may grow to before it continues as new is far below it.
const maxConsoleBytes = 8 << 20

// Console opens payloads for the Temporal UI, so that a supervisor reads
// summaries and cards: POST /decode with {"payloads": [...]} (protobuf JSON),
// as the UI's codec endpoint. It never seals. Only pages of origin, such as
// "http://127.0.0.1:8233", may ask; whoever else does gets 403. What does not
// open is returned as it came, so that one strange payload hides no other.
//
// It does not ask who is reading: let it listen on loopback only.
func (k *Keys) Console(origin string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /decode", k.decode)
	mux.HandleFunc("OPTIONS /decode", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Methods", http.MethodPost)
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type, X-Namespace")
		w.WriteHeader(http.StatusNoContent)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Vary", "Origin")
		h.Set("Cache-Control", "no-store")
		if r.Header.Get("Origin") != origin {
			http.Error(w, "not a page of the Temporal UI", http.StatusForbidden)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		mux.ServeHTTP(w, r)
	})
}

func (k *Keys) decode(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxConsoleBytes))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		http.Error(w, "too many payloads at once", http.StatusRequestEntityTooLarge)
		return
	}
	var asked commonpb.Payloads
	if err != nil || protojson.Unmarshal(b, &asked) != nil {
		http.Error(w, "no payloads in protobuf JSON", http.StatusBadRequest)
		return
	}
	for i, p := range asked.GetPayloads() {
		if opened, err := k.Codec().Decode([]*commonpb.Payload{p}); err == nil {
			asked.Payloads[i] = opened[0]
		}
	}
	answer, err := protojson.Marshal(&asked)
	if err != nil {
		http.Error(w, "payloads that protobuf JSON cannot say", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer) // the reader has gone
}
