package office

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kawal-id/kawal/internal/fault"
)

// The box around Indonesia in degrees; outside it a point is a mistake. Ours.
const (
	south, north = -11.5, 6.5
	west, east   = 94.5, 141.5
)

var (
	phone = regexp.MustCompile(`^\+62[1-9][0-9]{7,12}$`)
	nik   = regexp.MustCompile(`^[0-9]{16}$`)
	gaps  = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "")
)

// tidy trims what people typed and fills in the defaults.
func (s Submission) tidy() Submission {
	for _, p := range []*string{&s.Title, &s.Body, &s.Name, &s.NIK, &s.Address, &s.Contact} {
		*p = strings.TrimSpace(*p)
	}
	if s.Identity == "" {
		s.Identity = IdentityNone
	}
	if s.Content == "" {
		s.Content = ContentPublic
	}
	if n := gaps.Replace(s.Contact); strings.HasPrefix(n, "+62") {
		s.Contact = n
	}
	return s
}

// protect makes a report of a sensitive category secret, and sealed in place of
// open (RULES.md section 6).
func (s Submission) protect(c Category) Submission {
	if c.DefaultContent != ContentSecret {
		return s
	}
	s.Content = ContentSecret
	if s.Identity == IdentityOpen {
		s.Identity, s.ShowName = IdentitySealed, false
	}
	return s
}

// check returns fault.Invalid naming the first field that is wrong. It knows
// the catalogue but no clock.
func (s Submission) check(k *catalogue) error {
	for _, f := range s.checks(k) {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// checks are the checks of all fields, each apart from the others.
func (s Submission) checks(k *catalogue) []func() error {
	all := []func() error{
		func() error { return length("/title", "Judul", s.Title, MinTitle, MaxTitle) },
		func() error { return length("/body", "Isi laporan", s.Body, 1, MaxBody) },
		s.checkAttributes,
	}
	all = append(all, s.checkCodes(k)...)
	all = append(all, func() error { return checkAccused(k, s.Accused) }, s.checkPoint, s.checkDate)
	return append(all, s.checkPeople()...)
}

func (s Submission) checkAttributes() error {
	if len(s.Attributes) > MaxAttributes {
		return fault.At("/attributes", "Paling banyak %d atribut.", MaxAttributes)
	}
	names := make([]string, 0, len(s.Attributes))
	for name := range s.Attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := length("/attributes/"+pointer.Replace(name), "Atribut", s.Attributes[name], 0, MaxAttribute); err != nil {
			return err
		}
	}
	return nil
}

// pointer escapes a name in a JSON pointer, RFC 6901 section 3.
var pointer = strings.NewReplacer("~", "~0", "/", "~1")

func (s Submission) checkCodes(k *catalogue) []func() error {
	_, category := k.categories[s.Category]
	_, region := k.regions[s.Region]
	agency, known := k.byID[s.Agency]
	return []func() error{
		must(s.Class.Valid(), "/class", "Klasifikasi %q tidak dikenal.", s.Class),
		must(category, "/category", "Kategori %q tidak dikenal.", s.Category),
		must(region, "/region", "Wilayah %q tidak dikenal.", s.Region),
		must(s.Agency == "" || known && agency.Active, "/agency", "Instansi %q tidak dikenal.", s.Agency),
		must(slices.Contains([]string{IdentityOpen, IdentitySealed, IdentityNone}, s.Identity), "/identity", "Identitas harus open, sealed atau none."),
		must(s.Content == ContentPublic || s.Content == ContentSecret, "/content", "Isi harus public atau secret."),
	}
}

// must is a check that blames a field unless a claim holds.
func must(claim bool, field, format string, args ...any) func() error {
	return func() error {
		if claim {
			return nil
		}
		return fault.At(field, format, args...)
	}
}

func checkAccused(k *catalogue, accused []string) error {
	if len(accused) > MaxAccused {
		return fault.At("/accused", "Paling banyak %d unit terlapor.", MaxAccused)
	}
	for i, u := range accused {
		if _, ok := k.byID[u]; !ok {
			return fault.At(fmt.Sprintf("/accused/%d", i), "Unit terlapor %q tidak dikenal.", u)
		}
	}
	return nil
}

func (s Submission) checkPoint() error {
	switch {
	case s.Lat == nil && s.Long == nil:
		return nil
	case s.Lat == nil:
		return fault.At("/lat", "Lintang wajib diisi bersama bujur.")
	case s.Long == nil:
		return fault.At("/long", "Bujur wajib diisi bersama lintang.")
	case !(*s.Lat >= south && *s.Lat <= north): // also NaN
		return fault.At("/lat", "Lintang di luar Indonesia (%g sampai %g).", south, north)
	case !(*s.Long >= west && *s.Long <= east):
		return fault.At("/long", "Bujur di luar Indonesia (%g sampai %g).", west, east)
	}
	return nil
}

func (s Submission) checkDate() error {
	if s.OccurredOn == "" {
		return nil
	}
	d, err := time.Parse(time.DateOnly, s.OccurredOn)
	if err != nil || d.Year() < 1945 {
		return fault.At("/occurred_on", "Tanggal kejadian %q tidak sah; bentuknya YYYY-MM-DD.", s.OccurredOn)
	}
	return nil
}

// checkNotFuture judges occurred_on in the zone of the queue.
func (s Submission) checkNotFuture(now time.Time, zone *time.Location) error {
	if s.OccurredOn > now.In(zone).Format(time.DateOnly) {
		return fault.At("/occurred_on", "Tanggal kejadian %s belum tiba.", s.OccurredOn)
	}
	return nil
}

func (s Submission) checkPeople() []func() error {
	none := s.Identity == IdentityNone
	return []func() error{
		must(none || s.Name != "", "/name", "Nama wajib diisi untuk identitas %s.", s.Identity),
		must(none || s.Contact != "", "/contact", "Kontak wajib diisi untuk identitas %s.", s.Identity),
		must(!none || s.Name == "", "/name", "Tanpa identitas, nama tidak disimpan; kosongkan."),
		must(!none || s.NIK == "", "/nik", "Tanpa identitas, NIK tidak disimpan; kosongkan."),
		must(!none || s.Address == "", "/address", "Tanpa identitas, alamat tidak disimpan; kosongkan."),
		must(!s.ShowName || s.Identity == IdentityOpen, "/show_name", "Nama hanya dapat ditampilkan bila identitas open."),
		must(s.NIK == "" || nik.MatchString(s.NIK), "/nik", "NIK terdiri atas 16 angka."),
		must(s.Contact == "" || addressable(s.Contact), "/contact", "Kontak harus alamat surel atau nomor telepon +62."),
		must(!none || len(s.Documents) == 0, "/documents", "Tanpa identitas, dokumen tidak disimpan; kosongkan."),
		s.checkDocuments,
		func() error { return length("/name", "Nama", s.Name, 0, MaxName) },
		func() error { return length("/address", "Alamat", s.Address, 0, MaxAddress) },
	}
}

func (s Submission) checkDocuments() error {
	if len(s.Documents) > MaxDocuments {
		return fault.At("/documents", "Paling banyak %d dokumen.", MaxDocuments)
	}
	for i, d := range s.Documents {
		at := fmt.Sprintf("/documents/%d", i)
		if err := length(at+"/name", "Nama dokumen", d.Name, 1, MaxName); err != nil {
			return err
		}
		if len(d.Content) > MaxDocument {
			return fault.At(at+"/content", "Dokumen paling besar %d KiB.", MaxDocument>>10)
		}
		if d.Suffix() == "" {
			return fault.At(at+"/content", "Dokumen harus berkas JPEG, PNG, atau PDF.")
		}
	}
	return nil
}

// addressable reports whether a contact is an e-mail address or an Indonesian
// telephone number in international form.
func addressable(contact string) bool {
	if phone.MatchString(contact) {
		return true
	}
	a, err := mail.ParseAddress(contact)
	return err == nil && a.Address == contact && a.Name == "" && len(contact) <= 254 && strings.Contains(contact[strings.LastIndexByte(contact, '@'):], ".")
}

// length checks a trimmed text of least..most runes of valid UTF-8 without
// control characters other than line breaks and tabs.
func length(field, name, text string, least, most int) error {
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text):
		return fault.At(field, "%s bukan UTF-8 yang sah.", name)
	case strings.ContainsFunc(text, control):
		return fault.At(field, "%s memuat karakter kendali.", name)
	case n < least && n == 0:
		return fault.At(field, "%s wajib diisi.", name)
	case n < least:
		return fault.At(field, "%s paling sedikit %d huruf.", name, least)
	case n > most:
		return fault.At(field, "%s paling banyak %d huruf.", name, most)
	}
	return nil
}

func control(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }
