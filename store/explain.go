package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kawal-id/kawal/internal/fault"
)

// nonzero is what SQL NULL is for: nil for the zero value.
func nonzero[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

// zero is the zero value for NULL.
func zero[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// constraints says in people's words what a broken constraint means: the field
// of the request to blame, and the sentence.
var constraints = map[string]*fault.Error{
	"report_queue_fkey":         fault.At("/unit", "Unit antrean tidak dikenal."),
	"report_agency_fkey":        fault.At("/agency", "Instansi tidak dikenal."),
	"report_unit_fkey":          fault.At("/agency", "Unit tidak dikenal."),
	"clock_unit_fkey":           fault.At("/agency", "Instansi tidak dikenal."),
	"report_category_fkey":      fault.At("/category", "Kategori tidak dikenal."),
	"report_region_fkey":        fault.At("/region", "Wilayah tidak dikenal."),
	"content_suggested_fkey":    fault.At("/agency", "Instansi tidak dikenal."),
	"accused_agency_fkey":       fault.At("/accused", "Unit terlapor tidak dikenal."),
	"command_report_fkey":       fault.New(fault.NotFound, "Laporan tidak ditemukan."),
	"report_pkey":               fault.New(fault.Conflict, "Nomor laporan sudah dipakai."),
	"staff_roles_known":         fault.At("/roles", "Peran tidak dikenal."),
	"staff_admin_not_custodian": fault.At("/roles", "Seorang admin tidak dapat menjadi pemegang kunci identitas."),
	"staff_admin_not_auditor":   fault.At("/roles", "Seorang admin tidak dapat menjadi auditor."),
	"staff_unit_fkey":           fault.At("/unit", "Unit tidak dikenal."),
	"agency_parent_fkey":        fault.At("/parent", "Instansi induk tidak dikenal."),
	"agency_parent_check":       fault.At("/parent", "Instansi tidak dapat menjadi induknya sendiri."),
	"agency_check":              fault.At("/parent", "Instansi tidak dapat menjadi induknya sendiri."),
	"agency_check1":             fault.At("/oversight", "Instansi tidak dapat mengawasi dirinya sendiri."),
	"agency_region_fkey":        fault.At("/region", "Wilayah tidak dikenal."),
	"agency_calendar_fkey":      fault.At("/calendar", "Kalender tidak dikenal."),
	"agency_oversight_fkey":     fault.At("/oversight", "Unit pengawas tidak dikenal."),
	"template_unit_fkey":        fault.At("/unit", "Unit tidak dikenal."),
	"template_id_check":         fault.At("/id", "Kode templat: huruf kecil, angka, titik, garis bawah dan tanda hubung."),
	"agency_id_check":           fault.At("/id", "Kode instansi: huruf kecil, angka, titik, garis bawah dan tanda hubung."),
	"agency_name_check":         fault.At("/name", "Nama wajib diisi."),
	"category_parent_fkey":      fault.At("/parent", "Kategori induk tidak dikenal."),
	"category_check":            fault.At("/parent", "Kategori tidak dapat menjadi induknya sendiri."),
	"category_code_check":       fault.At("/code", "Kode kategori: huruf kecil, angka, titik, garis bawah dan tanda hubung."),
	"category_name_id_check":    fault.At("/name_id", "Nama wajib diisi."),
	"category_default_content_check": fault.At("/default_content",
		"Isi bawaan harus public atau secret."),
	"staff_custodian_not_auditor": fault.At("/roles",
		"Seorang pemegang kunci identitas tidak dapat menjadi auditor."),
	"staff_name_check":   fault.At("/name", "Nama wajib diisi."),
	"rating_report_fkey": fault.New(fault.NotFound, "Laporan tidak ditemukan."),
	"rating_score_check": fault.At("/score", "Nilai harus 1 sampai 4."),
}

// explain wraps a database error with what was being done. A constraint that
// people can break becomes its fault; no row becomes fault.NotFound.
func explain(err error, doing string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%s: %w", doing, fault.New(fault.NotFound, "Tidak ditemukan."))
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		if f, ok := constraints[pe.ConstraintName]; ok {
			return fmt.Errorf("%s: %w", doing, f)
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// away makes fault.Unavailable of an error which says that PostgreSQL is not
// there, is ending or just left; every other error stays as it is.
func away(err error) error {
	if err == nil || fault.KindOf(err) != "" || errors.Is(err, context.Canceled) {
		return err
	}
	_, unreached := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	pe, told := errors.AsType[*pgconn.PgError](err)
	switch {
	case unreached, network, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
	case told && strings.HasPrefix(pe.Code, "57P0"): // admin_shutdown, crash_shutdown, cannot_connect_now
	default:
		return err
	}
	return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "Basis data sedang tidak dapat dihubungi. Silakan coba lagi sebentar lagi."), err)
}
