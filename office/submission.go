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
	for _, f := range []func() error{s.checkTexts, func() error { return s.checkCodes(k) }, s.checkPoint, s.checkDate, s.checkPeople} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

func (s Submission) checkTexts() error {
	if err := length("/title", "Judul", s.Title, MinTitle, MaxTitle); err != nil {
		return err
	}
	if err := length("/body", "Isi laporan", s.Body, 1, MaxBody); err != nil {
		return err
	}
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

func (s Submission) checkCodes(k *catalogue) error {
	if !s.Class.Valid() {
		return fault.At("/class", "Klasifikasi %q tidak dikenal.", s.Class)
	}
	if _, ok := k.categories[s.Category]; !ok {
		return fault.At("/category", "Kategori %q tidak dikenal.", s.Category)
	}
	if _, ok := k.regions[s.Region]; !ok {
		return fault.At("/region", "Wilayah %q tidak dikenal.", s.Region)
	}
	if a, ok := k.byID[s.Agency]; s.Agency != "" && (!ok || !a.Active) {
		return fault.At("/agency", "Instansi %q tidak dikenal.", s.Agency)
	}
	if !slices.Contains([]string{IdentityOpen, IdentitySealed, IdentityNone}, s.Identity) {
		return fault.At("/identity", "Identitas harus open, sealed atau none.")
	}
	if s.Content != ContentPublic && s.Content != ContentSecret {
		return fault.At("/content", "Isi harus public atau secret.")
	}
	return checkAccused(k, s.Accused)
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

func (s Submission) checkPeople() error {
	switch {
	case s.Identity != IdentityNone && s.Name == "":
		return fault.At("/name", "Nama wajib diisi untuk identitas %s.", s.Identity)
	case s.Identity != IdentityNone && s.Contact == "":
		return fault.At("/contact", "Kontak wajib diisi untuk identitas %s.", s.Identity)
	case s.Identity == IdentityNone && s.Name != "":
		return fault.At("/name", "Tanpa identitas, nama tidak disimpan; kosongkan.")
	case s.Identity == IdentityNone && s.NIK != "":
		return fault.At("/nik", "Tanpa identitas, NIK tidak disimpan; kosongkan.")
	case s.Identity == IdentityNone && s.Address != "":
		return fault.At("/address", "Tanpa identitas, alamat tidak disimpan; kosongkan.")
	case s.ShowName && s.Identity != IdentityOpen:
		return fault.At("/show_name", "Nama hanya dapat ditampilkan bila identitas open.")
	case s.NIK != "" && !nik.MatchString(s.NIK):
		return fault.At("/nik", "NIK terdiri atas 16 angka.")
	case s.Contact != "" && !addressable(s.Contact):
		return fault.At("/contact", "Kontak harus alamat surel atau nomor telepon +62.")
	}
	if err := length("/name", "Nama", s.Name, 0, MaxName); err != nil {
		return err
	}
	return length("/address", "Alamat", s.Address, 0, MaxAddress)
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
