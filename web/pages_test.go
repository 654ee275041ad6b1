package web_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryPageAnswersInBothLanguages(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.file()
	w.forward(r.ID, "Jalan berlubang", "Lubang di depan pasar.")
	for _, path := range []string{"/", "/lapor", "/lacak", "/kode-hilang", "/laporan", "/laporan/" + r.ID, "/instansi", "/instansi/" + pupr,
		"/topik", "/topik/roads.pothole", "/statistik", "/tentang", "/privasi", "/aman", "/keluar"} {
		for prefix, lang := range map[string]string{"": "id", "/en": "en"} {
			got := w.visitor().get(prefix + path)
			require.Equal(t, http.StatusOK, got.status, "%s%s: %s", prefix, path, got.body)
			require.Contains(t, got.body, `<html lang="`+lang+`">`)
			require.Equal(t, "no-store", got.header.Get("Cache-Control"))
		}
	}
}
