package door

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/kawal-id/kawal/internal/fault"
)

// Kinds that only HTTP knows.
const (
	WrongMethod fault.Kind = "method_not_allowed"
	WrongMedia  fault.Kind = "unsupported_media_type"
	Broken      fault.Kind = "internal" // our mistake: logged, and told to nobody
)

// What an engine itself refuses.
var (
	ErrNoAddress = fault.New(fault.NotFound, "Alamat ini tidak ada.")
	ErrMethod    = fault.New(WrongMethod, "Metode ini tidak dilayani di alamat ini; lihat header Allow.")
)

// RetryAfter is when to come back after fault.TooMany and fault.Unavailable:
// ours.
const RetryAfter = 5 * time.Second

// Answer is what a kind of fault becomes.
type Answer struct {
	Status int
	Title  string // Indonesian
}

// Answers is the only table of status codes.
var Answers = map[fault.Kind]Answer{
	fault.Invalid:         {http.StatusBadRequest, "Permintaan tidak sah"},
	fault.Unauthenticated: {http.StatusUnauthorized, "Belum dikenal"},
	fault.Forbidden:       {http.StatusForbidden, "Tidak berwenang"},
	fault.NotFound:        {http.StatusNotFound, "Tidak ditemukan"},
	WrongMethod:           {http.StatusMethodNotAllowed, "Metode tidak dilayani"},
	fault.Conflict:        {http.StatusConflict, "Bertentangan dengan keadaan laporan"},
	fault.Gone:            {http.StatusGone, "Sudah berakhir"},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, "Terlalu besar"},
	WrongMedia:            {http.StatusUnsupportedMediaType, "Jenis isi tidak dilayani"},
	fault.TooMany:         {http.StatusTooManyRequests, "Terlalu sering"},
	fault.Unavailable:     {http.StatusServiceUnavailable, "Sedang tidak tersedia"},
	Broken:                {http.StatusInternalServerError, "Kesalahan pada kami"},
}

// KindOf returns what err is to the caller: a key of Answers. Whatever is not a
// fault is Broken, but for a request that ran out of time.
func KindOf(err error) fault.Kind {
	if k := fault.KindOf(err); k != "" {
		if _, known := Answers[k]; known {
			return k
		}
		return Broken
	}
	switch {
	case errors.Is(err, fault.Invalid):
		return fault.Invalid
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fault.Unavailable
	}
	return Broken
}
