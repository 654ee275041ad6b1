package redact_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/redact"
)

func TestWhatTellsAPersonApartIsFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"NIK saya 3204012508900001.":         "NIK saya [NIK].",
		"NIK 3204 0165 0890 0001, perempuan": "NIK [NIK], perempuan",
		"nik 32.04.01.250890.0001":           "nik [NIK]",
		"Hubungi 081234567890 segera":        "Hubungi [nomor telepon] segera",
		"WA +62 812-3456-7890":               "WA [nomor telepon]",
		"WA 6281234567890":                   "WA [nomor telepon]",
		"telepon (022) 420-3456":             "telepon [nomor telepon]",
		"surel budi.contoh@surat.example ya": "surel [surel] ya",
		"budi[at]surat[dot]example":          "[surel]",
		"mobil B 1234 XYZ parkir":            "mobil [nomor kendaraan] parkir",
		"motor D4567ABC":                     "motor [nomor kendaraan]",
		"B 1 RI dan 08123456789":             "[nomor kendaraan] dan [nomor telepon]",
		"dua: 081234567890, 081298765432":    "dua: [nomor telepon], [nomor telepon]",
	} {
		require.Equal(t, want, redact.Suggest(text), text)
	}
}

func TestWhatTellsNobodyApartStays(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "Jalan berlubang sejak 25-08-2025.", "Rp 1.500.000.000 untuk 12 paket", "KWL-JGKE-YV2D-D", "SKB Nomor 933 Tahun 2025, 1 Tahun 2025, 3 Tahun 2025",
		"RT 05 RW 12, Jalan Merdeka 123", "pukul 07.30-16.00", "kode pos 40132", "anggaran 2024-2025-2026", "Perda 12/2019", "NIB 9120001234567",
		"UU 25/2009 dan PP 96 Tahun 2012", "ukuran 120 x 240 cm", "A 4 kertas", "9999999999999999",
	} {
		require.Empty(t, redact.Find(text), text)
	}
}

func FuzzMatchesLieWithinTheText(f *testing.F) {
	for _, s := range []string{"", "081234567890", "a@b.cd", "B 1 A", "3204012508900001", "\xff0812\xfe34567890"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, m := range redact.Find(text) {
			require.LessOrEqual(t, last, m.From)
			require.Less(t, m.From, m.To)
			require.LessOrEqual(t, m.To, len(text))
			last = m.To
		}
		redact.Suggest(text)
	})
}
