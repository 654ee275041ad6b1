package web_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// settle fills the town with reports in every stage that can be read, and returns
// one in closure with its code.
func (w *town) settle() office.Receipt {
	w.t.Helper()
	for i, x := range []struct{ title, category, region string }{
		{"Lampu jalan padam di Jalan Melati", "roads.street-light", "32.04"}, {"Saluran air tersumbat di depan sekolah", "roads.drainage", "32.73"},
		{"Sampah menumpuk di tepi sungai", "environment.waste", "32.04"}, {"Trotoar rusak dekat halte", "roads.sidewalk", "31"},
		{"Antrean rekam KTP terlalu panjang", "civil-registry.id-card", "32.04"},
	} {
		r := w.file(func(s *office.Submission) {
			s.Title, s.Region, s.Category = x.title, x.region, x.category
		})
		w.forward(r.ID, x.title, "Sudah beberapa pekan, dan makin mengganggu warga.")
		if i%2 == 0 {
			w.answer(r.ID, "Petugas sudah memeriksa dan memperbaiki.")
			_, err := w.Rate(w.t.Context(), reporterOf(r), r.ID, 4-i/2, "")
			require.NoError(w.t, err)
		}
		w.pass(time.Hour)
	}
	r := w.file()
	w.forward(r.ID, "Jalan berlubang di depan pasar", "Lubang sedalam dua jengkal, berbahaya pada malam hari.")
	w.answer(r.ID, "Lubang akan ditambal pekan ini oleh petugas kami.")
	w.says(r, office.Act{Action: report.Reply, Text: "Masih ada satu lubang lagi di seberangnya."})
	w.answer(r.ID, "Keduanya sudah ditambal.")
	_, err := w.Rate(w.t.Context(), reporterOf(r), r.ID, 3, "")
	require.NoError(w.t, err)
	return r
}

// reporterOf is whoever holds the code of a receipt.
func reporterOf(r office.Receipt) office.Caller {
	return office.Caller{Kind: office.Reporter, Code: r.AccessCode, Channel: office.ChannelWeb}
}

// says lets the reporter act, and waits until that is done.
func (w *town) says(r office.Receipt, a office.Act) {
	w.t.Helper()
	done, err := w.Command(w.t.Context(), reporterOf(r), r.ID, a, "")
	require.NoError(w.t, err)
	require.Eventually(w.t, func() bool {
		s, err := w.CommandStatus(w.t.Context(), reporterOf(r), done.CommandID)
		return err == nil && s.State == office.StateApplied
	}, patience, 10*time.Millisecond)
}

// still are the pages that an address alone leads to, by the name of their picture.
func still(id string) map[string]string {
	return map[string]string{
		"home": "/", "filing-what": "/lapor", "track": "/lacak", "lost-code": "/kode-hilang", "list": "/laporan", "filtered": "/laporan?q=jalan&category=roads&late=1",
		"report": "/laporan/" + id, "agencies": "/instansi", "agency": "/instansi/" + pupr, "topics": "/topik", "topic": "/topik/roads.pothole", "map": "/peta",
		"statistics": "/statistik", "about": "/tentang", "privacy": "/privasi", "safety": "/aman", "exit": "/keluar",
		"locked": "/laporan/KWL-0000-0000-0", "missing": "/tidak-ada", "wrong-filter": "/laporan?stage=apa",
	}
}

// Each page in both languages on a small and a large screen: nothing for axe-core
// to find, nothing outside the screen, nothing from another host, nothing that the
// content security policy forbids (browse).
func TestEveryPageIsThereForEverybody(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.settle()
	for _, width := range []int64{phone, desktop} {
		b := w.browse(width, true)
		for name, path := range still(r.ID) {
			for _, prefix := range []string{"", "/en"} {
				b.open(prefix + path)
				b.axe(prefix + path)
				if prefix == "" {
					b.shoot(name)
				} else {
					b.shoot(name + "-en")
				}
			}
		}
	}
}

// The pages that only a form leads to, likewise.
func TestEveryStepIsThereForEverybody(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.settle()
	for _, width := range []int64{phone, desktop} {
		for _, prefix := range []string{"", "/en"} {
			b := w.browse(width, true)
			look := func(name string) {
				t.Helper()
				b.axe(prefix + name)
				b.shoot(name + strings.ReplaceAll(prefix, "/", "-"))
			}
			b.open(prefix + "/lapor")
			b.press(`button[value="2"]`)
			look("filing-what-wrong")
			b.fill("title", "Jalan berlubang di dekat pasar lama")
			b.fill("body", "Ada lubang dalam di jalan depan pasar. Berbahaya pada malam hari.")
			b.tick("f-class-complaint_ordinary")
			b.choose("category", map[string]string{"": "Jalan Berlubang", "/en": "Potholes"}[prefix])
			b.press(`button[value="2"]`)
			look("filing-where")
			b.choose("region", "Kabupaten Bandung")
			b.press(`button[value="3"]`)
			look("filing-who")
			b.tick("f-identity-sealed")
			b.press(`button[value="periksa"]`)
			look("filing-who-wrong")
			b.fill("name", "Warga Contoh")
			b.fill("contact", "warga@surat.example")
			b.press(`button[value="periksa"]`)
			look("filing-check")
			b.press(`button[value="kirim"]`)
			look("receipt")
			b.open(prefix + "/lacak?id=" + url.QueryEscape(r.ID))
			b.fill("optional_code", r.AccessCode)
			b.press(`main button`)
			look("reporter")
			b.press(`button[value="reply"]`)
			look("reporter-wrong")
			b.press(`.inside button`)
			look("track-again")
			b.fill("id", "KWL-1")
			b.press(`main button`)
			look("track-wrong")
		}
	}
}

// Tried by taking a picture away.
func TestEachPageHasItsPictures(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/public.md")
	require.NoError(t, err)
	names := []string{"filing-what-wrong", "filing-where", "filing-who", "filing-check", "receipt", "reporter"}
	for name := range still("") {
		if name != "filtered" && name != "wrong-filter" { // other states of the list
			names = append(names, name)
		}
	}
	for name := range deskStill("") {
		names = append(names, name)
	}
	for _, name := range names {
		for _, width := range []int{phone, desktop} {
			file := fmt.Sprintf("public/%s-%d.png", name, width)
			require.Contains(t, string(text), file)
			require.FileExists(t, "../docs/"+file)
		}
	}
}
