package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/kawal-id/kawal/store"
	"github.com/kawal-id/kawal/workflows/contract"
)

// finding is what the doctor has to say about one point.
type finding struct {
	unsafe bool   // production refuses to start with it; else worth a look
	text   string // what is wrong and what to change, in Indonesian
}

func unsafe(format string, args ...any) finding { return finding{true, fmt.Sprintf(format, args...)} }

func advice(format string, args ...any) finding { return finding{false, fmt.Sprintf(format, args...)} }

// maxSkew is how far the clocks of two machines may be apart: passes for Temporal
// are signed a minute back, and deadlines are counted by both clocks.
const maxSkew = 30 * time.Second

// doctor prints what is unsafe in this configuration. Exit code 1 if production
// would refuse to start with it.
func doctor(ctx context.Context, _ []string, pr program) int {
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	found := s.examine(ctx)
	code := 0
	for _, f := range found {
		word := "perhatikan"
		if f.unsafe {
			word, code = "TIDAK AMAN", 1
		}
		fmt.Fprintf(pr.out, "%-10s  %s\n", word, f.text)
	}
	if len(found) == 0 {
		fmt.Fprintln(pr.out, "Tidak ada temuan.")
	}
	return code
}

// production reports whether others than this machine are served: KAWAL_ENV says
// so, or an address that others can reach.
func (s settings) production() bool {
	return s.env == "production" || loopback(s.addr) != nil
}

// refuseUnsafe returns what an installation must not start with; nil outside
// production. Advice goes to the log.
func (p *parts) refuseUnsafe(ctx context.Context) error {
	if !p.production() {
		return nil
	}
	found := p.examine(ctx)
	for _, f := range found {
		if !f.unsafe {
			p.log.WarnContext(ctx, "doctor", "advice", f.text)
		}
	}
	return unsafety(found)
}

// unsafety names every unsafe finding; nil if there is none.
func unsafety(found []finding) error {
	var unsafe []error
	for _, f := range found {
		if f.unsafe {
			unsafe = append(unsafe, errors.New(f.text))
		}
	}
	if len(unsafe) > 0 {
		return fmt.Errorf("konfigurasi tidak aman (kawal doctor):\n%w", errors.Join(unsafe...))
	}
	return nil
}

// examine looks at everything once. What cannot be reached is advice: it may be
// away for a moment, and the process waits for it.
func (s settings) examine(ctx context.Context) []finding {
	found := s.examineAddresses()
	found = append(found, s.examineKeys()...)
	found = append(found, s.examineErasures()...)
	found = append(found, s.examineCustodians()...)
	found = append(found, s.examineDatabase(ctx)...)
	return append(found, s.examineTemporal(ctx)...)
}

func (s settings) examineAddresses() []finding {
	var found []finding
	if u, err := url.Parse(s.issuer); s.issuer == "" || err != nil || u.Scheme != "https" {
		found = append(found, unsafe("KAWAL_OIDC_ISSUER=%q: penerbit token petugas harus https. Penerbit setempat dari kawal dev membiarkan siapa pun menjadi siapa pun.", s.issuer))
	}
	if u, err := url.Parse(s.baseURL); err != nil || u.Scheme != "https" {
		found = append(found, unsafe("KAWAL_BASE_URL=%q: alamat halaman pelacakan dalam pesan harus https.", s.baseURL))
	} else if u.Path != "/laporan" {
		found = append(found, advice("KAWAL_BASE_URL=%s tidak berakhir dengan /laporan, alamat halaman laporan; tautan dalam pesan dan kode QR mungkin tidak sampai.", s.baseURL))
	}
	if loopback(s.adminAddr) != nil {
		found = append(found, advice("KAWAL_ADMIN_ADDR=%s dapat dicapai dari luar mesin ini; metrik dan pprof tidak menanyakan siapa pembacanya.", s.adminAddr))
	}
	if s.smtpHost == "" {
		found = append(found, advice("KAWAL_SMTP_HOST kosong: pesan ditulis ke berkas dan tidak sampai ke siapa pun."))
	}
	for _, p := range s.proxies {
		if prefix, err := netip.ParsePrefix(p); err == nil && prefix.Bits() < 8 {
			found = append(found, unsafe("KAWAL_TRUSTED_PROXIES memuat %s: hampir siapa pun dapat mengaku beralamat lain.", p))
		}
	}
	for _, p := range s.issuerNetworks {
		if p.Bits() < 8 {
			found = append(found, unsafe("KAWAL_OIDC_NETWORKS memuat %s: dokumen penerbit dapat menunjuk hampir semua alamat. Tulis hanya jaringan tempat penerbit berada.", p))
		}
	}
	if len(s.proxies) == 0 {
		found = append(found, advice("KAWAL_TRUSTED_PROXIES kosong: di belakang proksi, semua orang tampak sebagai satu jaringan dan berbagi satu jatah permintaan."))
	}
	return found
}

func (s settings) examineKeys() []finding {
	if _, err := os.Stat(s.issuerKey()); err == nil {
		return []finding{unsafe("%s: kunci penerbit setempat; folder ini milik peragaan. Buat kunci baru dengan kawal keys.", s.issuerKey())}
	}
	if temporary(s.keys) {
		return []finding{unsafe("KAWAL_KEYS=%s ada di folder sementara: kunci yang hilang tidak dapat diganti.", s.keys)}
	}
	return nil
}

// temporary reports whether a path lies where a restart of the machine or a
// cleaner removes it.
func temporary(path string) bool {
	return slices.ContainsFunc([]string{"/tmp", "/dev/shm", "/run"}, func(dir string) bool { return inside(path, dir) })
}

// inside reports whether a path lies in a folder or is it. It asks the disk about
// links, for the parts that exist.
func inside(path, dir string) bool {
	rel, err := filepath.Rel(settled(dir), settled(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// settled is a path from the root, with links followed as far as it exists.
func settled(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	if abs == filepath.Dir(abs) {
		return abs
	}
	return filepath.Join(settled(filepath.Dir(abs)), filepath.Base(abs))
}

// examineErasures: what was erased must stay erased after a restore, so that the
// ledger must lie where its operator chose, outlive the machine's restart, and take
// what is written.
func (s settings) examineErasures() []finding {
	switch {
	case !s.erasuresNamed:
		return []finding{unsafe("KAWAL_ERASURES kosong: tulis di mana catatan penghapusan berada, di luar jangkauan pemulihan basis data. Tanpa catatan itu pemulihan mengembalikan data yang sudah dihapus.")}
	case temporary(s.erasures):
		return []finding{unsafe("KAWAL_ERASURES=%s ada di folder sementara: catatan penghapusan yang hilang membuat pemulihan mengembalikan data yang sudah dihapus.", s.erasures)}
	case inside(s.erasures, s.data):
		return []finding{unsafe("KAWAL_ERASURES=%s ada di dalam KAWAL_DATA=%s, yang dapat dihapus atau dipulihkan bersama data setempat: pindahkan ke tempat tersendiri.", s.erasures, s.data)}
	}
	if err := appendable(s.erasures); err != nil {
		return []finding{unsafe("KAWAL_ERASURES=%s tidak dapat ditulis, sehingga tidak ada yang dapat dihapus: %v.", s.erasures, err)}
	}
	return nil
}

// appendable returns why nothing can be added to a file, or the file not be made in
// its folder, which must exist. It leaves both as they are.
func appendable(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if f, err = os.CreateTemp(filepath.Dir(path), ".doctor-"); err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (s settings) examineDatabase(ctx context.Context) []finding {
	st, err := store.Open(ctx, store.Config{URL: s.databaseURL, MaxConns: 1, Now: time.Now})
	if err != nil {
		return []finding{advice("PostgreSQL tidak dapat dicapai: belum diperiksa.")}
	}
	defer st.Close()
	asked := time.Now()
	i, err := st.Inspect(ctx)
	if err != nil {
		return []finding{advice("PostgreSQL tidak menjawab: belum diperiksa.")}
	}
	return append(judge(i, asked), s.strangers(i.Custodians)...)
}

// judge says what is wrong with the login and the database, which was asked at a
// time of this machine's clock.
func judge(i store.Inspection, asked time.Time) []finding {
	var found []finding
	if i.Superuser || i.Bypasses || i.Owns {
		found = append(found, unsafe("Akun basis data %s dapat melewati keamanan baris: pakai akun yang hanya menjadi kawal_app (deploy/postgres/login.sh).", i.Login))
	}
	if !i.Encrypted {
		found = append(found, advice("Sambungan ke PostgreSQL keluar dari mesin ini tanpa TLS: tambahkan sslmode=verify-full bila jaringannya tidak tertutup."))
	}
	if i.Demo {
		found = append(found, unsafe("Basis data memuat data peragaan (unit demo): pakai basis data baru dan kawal bootstrap."))
	}
	if skew := i.Now.Sub(asked).Abs(); skew > maxSkew {
		found = append(found, unsafe("Jam mesin ini dan jam PostgreSQL berselisih %s: batas waktu akan salah. Selaraskan jam.", skew.Round(time.Second)))
	}
	return found
}

// examineTemporal asks Temporal something without a token.
func (s settings) examineTemporal(ctx context.Context) []finding {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := client.NewLazyClient(client.Options{HostPort: s.temporalAddress, Namespace: contract.Namespace})
	if err != nil {
		return []finding{advice("Temporal tidak dapat dicapai: belum diperiksa.")}
	}
	defer c.Close()
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: contract.Namespace})
	var denied *serviceerror.PermissionDenied
	var found []finding
	switch {
	case errors.As(err, &denied):
	case err == nil:
		found = append(found, unsafe("Temporal di %s melayani siapa pun tanpa token: nyalakan authorizer JWT (deploy/temporal/config.yaml).", s.temporalAddress))
	default:
		found = append(found, advice("Temporal tidak menjawab: belum diperiksa."))
	}
	if host, _, err := net.SplitHostPort(s.temporalAddress); err == nil && loopback(net.JoinHostPort(host, "1")) != nil {
		found = append(found, advice("Sambungan ke Temporal (%s) keluar dari mesin ini tanpa TLS: jaringannya harus tertutup.", s.temporalAddress))
	}
	return found
}
