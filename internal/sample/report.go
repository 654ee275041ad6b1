package sample

import (
	"math"
	"strconv"
	"strings"
	"sync"
)

// Text is one plausible report as a citizen would file it. It names no person.
type Text struct {
	Title, Body string  // Indonesian
	Class       string  // complaint_ordinary, complaint_supervisory, aspiration or information_request
	Category    string  // code of a Category
	Agency      string  // id of the suggested Agency; empty: the reporter does not know
	Region      string  // code of a Region
	Located     bool    // false: no point; Lat and Long are 0
	Lat, Long   float64 // WGS 84 degrees, inside Indonesia, within 4 km of the region's seat
	DaysAgo     int     // days since it happened, 0 to 60
}

// opening is what a report of a category begins with.
type opening struct {
	category, class string
	agency          string // of Tirtajaya or a ministry; empty: unknown
	title, body     string
}

// seat is the middle of a regency's or city's seat of government.
type seat struct {
	region    string
	lat, long float64
}

// The parts reports are made of.
var (
	openings = sync.OnceValue(openingsByTopic)
	seats    = sync.OnceValue(func() []seat {
		return rows("seats", func(r []string) seat { return seat{r[0], degrees(r[1]), degrees(r[2])} })
	})
)

// Report returns the i-th of an endless row of plausible reports: the same i
// gives the same report, always. Topics of the first level occur with the
// weights of Categories; the categories below one occur alike.
func Report(i uint64) Text {
	d := dice(i)
	topic := d.topic()
	o := pick(&d, openings()[topic])
	t := Text{Title: o.title, Class: o.class, Category: o.category, DaysAgo: int(d.below(61))}
	t.Agency, t.Region = d.place(o)
	if s, ok := seatOf(t.Region); ok && d.below(100) < 85 {
		t.Located, t.Lat, t.Long = true, d.near(s.lat), d.near(s.long)
	}
	t.Body = strings.Join([]string{o.body, pick(&d, details[t.Class]), pick(&d, wishes[t.Class])}, " ")
	return t
}

// details follow an opening, by class; each is true of any place.
var details = map[string][]string{
	"complaint_ordinary": {
		"Keadaan ini sudah berlangsung beberapa waktu.",
		"Hal ini sudah disampaikan secara lisan, tetapi belum ada perubahan.",
		"Hal serupa pernah terjadi sebelumnya.",
		"Kami dan beberapa keluarga lain sangat merasakan akibatnya.",
		"Kejadian terakhir diketahui oleh beberapa orang.",
		"Foto dan keterangan tambahan dapat kami kirim bila diperlukan.",
	},
	"complaint_supervisory": {
		"Kejadian ini diketahui beberapa orang yang bersedia memberi keterangan.",
		"Catatan dan bukti yang kami punya masih kami simpan.",
		"Peristiwa serupa pernah terjadi pada tahun sebelumnya.",
		"Kami khawatir ada tekanan bila laporan ini diketahui pihak terkait.",
	},
	"aspiration": {
		"Usul ini sudah dibicarakan dalam pertemuan warga.",
		"Daerah lain sudah menerapkannya dan hasilnya baik.",
		"Biayanya kecil dibandingkan dengan manfaatnya.",
	},
	"information_request": {
		"Keterangan di papan pengumuman dan di internet berbeda.",
		"Saya sudah mencari di situs resmi, tetapi tidak menemukannya.",
		"Petugas yang saya tanyai belum dapat memberi jawaban pasti.",
	},
}

// wishes end a report, by class.
var wishes = map[string][]string{
	"complaint_ordinary": {
		"Mohon segera diperiksa dan ditangani.",
		"Mohon kejelasan kapan hal ini akan diperbaiki.",
		"Kami berharap ada tindak lanjut dari dinas terkait.",
		"Terima kasih atas perhatian dan bantuannya.",
	},
	"complaint_supervisory": {
		"Mohon dilakukan pemeriksaan sesuai aturan yang berlaku.",
		"Mohon identitas pelapor dijaga kerahasiaannya.",
		"Kami berharap ada pengawasan agar hal ini tidak terulang.",
	},
	"aspiration": {
		"Semoga usul ini dapat dipertimbangkan.",
		"Mohon dimasukkan dalam rencana tahun depan.",
	},
	"information_request": {
		"Mohon penjelasan yang lengkap. Terima kasih.",
		"Di mana saya dapat memperoleh keterangan resminya?",
	},
}

// openingsByTopic groups the openings by the topic of the first level.
func openingsByTopic() map[string][]opening {
	all := map[string][]opening{}
	for _, o := range rows("openings", func(r []string) opening { return opening{r[0], r[1], r[2], r[3], r[4]} }) {
		topic, _, _ := strings.Cut(o.category, ".")
		all[topic] = append(all[topic], o)
	}
	return all
}

// dice is a stream of evenly spread numbers (splitmix64), the same for the same
// start on every machine and with every version of Go.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1. The bias of the remainder is below 1 in 10^15.
func (d *dice) below(n int) int { return int(d.next() % uint64(n)) }

// topic draws a category of the first level by weight.
func (d *dice) topic() string {
	sum := 0
	for _, c := range categories() {
		sum += c.Weight
	}
	n := d.below(sum)
	for _, c := range categories() {
		if n < c.Weight {
			return c.Code
		}
		n -= c.Weight
	}
	panic("sample: weights do not add up")
}

// place draws the agency suggested and the region. Openings that know their
// agency stay mostly with it; the others come from the whole country.
func (d *dice) place(o opening) (agency, region string) {
	if strings.HasPrefix(o.category, "citizens-abroad") {
		return o.agency, "abroad"
	}
	switch n := d.below(100); {
	case n < 12:
		return "samudralaya", d.seatIn("73").region
	case n < 20:
		return "cendrawana", d.seatIn("81").region
	case n < 35 || o.agency == "" || strings.HasPrefix(o.agency, "kementerian-"):
		return ministry(o.agency), d.seatIn("").region
	default:
		return o.agency, d.seatIn("32").region
	}
}

// ministry keeps a suggestion that holds in every region.
func ministry(agency string) string {
	if strings.HasPrefix(agency, "kementerian-") {
		return agency
	}
	return ""
}

// seatIn draws a seat in a province; an empty one stands for all.
func (d *dice) seatIn(province string) seat {
	var inside []seat
	for _, s := range seats() {
		if strings.HasPrefix(s.region, province) {
			inside = append(inside, s)
		}
	}
	return pick(d, inside)
}

// near moves a coordinate by at most 0.02 degrees, rounded to about a metre.
func (d *dice) near(degrees float64) float64 {
	off := float64(d.below(4001)-2000) / 1e5
	return math.Round((degrees+off)*1e5) / 1e5
}

func pick[T any](d *dice, from []T) T { return from[d.below(len(from))] }

// seatOf returns the seat of a region, if it is known.
func seatOf(region string) (seat, bool) {
	for _, s := range seats() {
		if s.region == region {
			return s, true
		}
	}
	return seat{}, false
}

func degrees(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic("sample: seats.csv: " + err.Error())
	}
	return f
}
