package office_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
)

func (b *bench) templates(subject string) (ids []string) {
	b.t.Helper()
	all, err := b.Templates(b.t.Context(), b.as(subject))
	require.NoError(b.t, err)
	for _, t := range all {
		ids = append(ids, t.ID)
	}
	return ids
}

func ofUnit(id, unit string) office.Template {
	return office.Template{ID: id, Unit: unit, Name: " Sudah dijadwalkan ", Text: "Perbaikan dikerjakan pekan ini.\n"}
}

// Tried by reading every unit's, and by asking only about the unit that a template
// goes to.
func TestTemplatesAreWrittenAboveAndReadBelow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	put := func(subject string, n office.Template) error {
		_, err := b.PutTemplate(t.Context(), b.as(subject), n)
		return err
	}
	kept, err := b.PutTemplate(t.Context(), b.as("admin.kab"), ofUnit("kab.umum", "kab"))
	require.NoError(t, err)
	require.Equal(t, office.Template{ID: "kab.umum", Unit: "kab", Name: "Sudah dijadwalkan", Text: "Perbaikan dikerjakan pekan ini.",
		ChangedBy: "admin.kab", ChangedAt: wednesday}, kept)
	require.NoError(t, put("head.pu", ofUnit("pu.jadwal", "kab.pu")))
	require.NoError(t, put("admin.kab", ofUnit("jalan.jadwal", "kab.pu.jalan")))
	require.NoError(t, put("admin.nasional", ofUnit("nasional", "national")))
	require.NoError(t, put("admin.kota", ofUnit("kota", "kota")))
	for subject, want := range map[string][]string{
		"officer.jalan": {"kab.umum", "pu.jadwal", "jalan.jadwal", "nasional"}, "officer.pu": {"kab.umum", "pu.jadwal", "nasional"},
		"head.pu": {"kab.umum", "pu.jadwal", "nasional"}, "officer.dinkes": {"kab.umum", "nasional"},
		"admin.kab": {"kab.umum", "pu.jadwal", "jalan.jadwal", "nasional"}, "admin.kota": {"kota", "nasional"},
		"admin.nasional2": {"kab.umum", "pu.jadwal", "jalan.jadwal", "kota", "nasional"},
	} {
		require.Equal(t, want, b.templates(subject), subject)
	}
	for subject, n := range map[string]office.Template{
		"officer.pu": ofUnit("x", "kab.pu"), "admin.kota": ofUnit("x", "kab.pu"), "head.pu": ofUnit("x", "kab.pu.jalan"),
		"admin.dinkes": ofUnit("kab.umum", "kab.dinkes"), "auditor": ofUnit("x", "kab"), "supervisor": ofUnit("x", "kab"),
	} {
		require.ErrorIs(t, put(subject, n), fault.Forbidden, subject)
	}
	require.ErrorIs(t, put("head.pu", ofUnit("kab.umum", "kab.pu")), fault.Forbidden, "nor taken from another unit")
	for _, who := range []string{"auditor", "supervisor", "kustodian.1"} {
		_, err := b.Templates(t.Context(), b.as(who))
		require.ErrorIs(t, err, fault.Forbidden, who)
	}
	_, err = b.Templates(t.Context(), anyone)
	require.ErrorIs(t, err, fault.Unauthenticated)

	for subject, id := range map[string]string{"officer.pu": "pu.jadwal", "head.pu": "kab.umum", "admin.kota": "pu.jadwal", "auditor": "kota"} {
		require.ErrorIs(t, b.DeleteTemplate(t.Context(), b.as(subject), id), fault.Forbidden, subject)
	}
	require.NoError(t, put("admin.kab", ofUnit("pu.jadwal", "kab.dinkes")), "replaced, and moved within his tree")
	require.Equal(t, []string{"kab.umum", "pu.jadwal", "nasional"}, b.templates("officer.dinkes"))
	require.NoError(t, b.DeleteTemplate(t.Context(), b.as("admin.kab"), "pu.jadwal"))
	require.ErrorIs(t, b.DeleteTemplate(t.Context(), b.as("admin.kab"), "pu.jadwal"), fault.NotFound)
	require.Equal(t, 7, b.count(`SELECT count(*) FROM audit WHERE action = 'put_template' AND allowed`))
}

func TestATemplateHoldsNothingOfAPerson(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	change := func(f func(*office.Template)) office.Template {
		n := ofUnit("jadwal", "kab")
		f(&n)
		return n
	}
	for field, all := range map[string][]office.Template{
		"/text": {change(func(n *office.Template) { n.Text = telling }), change(func(n *office.Template) { n.Text = " " }),
			change(func(n *office.Template) { n.Text = strings.Repeat("a", office.MaxTemplate+1) })},
		"/name": {change(func(n *office.Template) { n.Name = telling }), change(func(n *office.Template) { n.Name = "" }),
			change(func(n *office.Template) { n.Name = strings.Repeat("a", office.MaxTemplateName+1) })},
		"/unit": {change(func(n *office.Template) { n.Unit = "entah" }), change(func(n *office.Template) { n.Unit = "kab.tutup" })},
		"/id":   {change(func(n *office.Template) { n.ID = "Jadwal Baru" })},
	} {
		for _, n := range all {
			_, err := b.PutTemplate(t.Context(), b.as("admin.kab"), n)
			requireField(t, err, fault.Invalid, field)
		}
	}
	require.Zero(t, b.count(`SELECT count(*) FROM template`))
}
