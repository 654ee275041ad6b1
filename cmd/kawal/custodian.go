package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// custodian is what custodians [pemegang kunci identitas] run on their own
// machines. Only open talks to the API; private keys are read and never sent.
func custodian(ctx context.Context, args []string, pr program) int {
	if len(args) > 0 {
		switch args[0] {
		case "keygen":
			return custodianKeygen(args[1:], pr)
		case "open":
			return custodianOpen(ctx, args[1:], pr)
		}
	}
	fmt.Fprintln(pr.errOut, "kawal custodian: pakai: kawal custodian keygen SUBJEK, atau kawal custodian open NOMOR-LAPORAN (docs/custodians.md)")
	return 2
}

func custodianKeygen(args []string, pr program) int {
	flags := flag.NewFlagSet("kawal custodian keygen", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	dir := flags.String("keys", ".", "folder tempat kunci ditulis")
	names, err := interleaved(flags, args)
	if err != nil {
		return 2
	}
	if len(names) != 1 {
		fmt.Fprintln(pr.errOut, "kawal custodian keygen: sebut satu subjek, seperti pada token petugas")
		return 2
	}
	k, err := seal.CreateCustodian(*dir, names[0])
	if errors.Is(err, os.ErrExist) {
		return pr.failed(fmt.Errorf("kunci %s sudah ada di %s dan tidak ditimpa: identitas yang disegel untuknya tidak akan terbuka lagi", names[0], *dir))
	}
	if err != nil {
		return pr.failed(fmt.Errorf("kunci tidak dapat dibuat: %w", err))
	}
	path := filepath.Join(*dir, names[0])
	fmt.Fprintf(pr.out, "Kunci pribadi: %s%s. Simpan di mesin ini saja, dengan satu cadangan di tempat terkunci.\n", path, seal.PrivateSuffix)
	fmt.Fprintf(pr.out, "Kunci publik:  %s%s. Serahkan kepada operator.\n", path, seal.PublicSuffix)
	fmt.Fprintf(pr.out, "Sidik jari:    %s. Bacakan kepada operator untuk dicocokkan.\n", k.Fingerprint())
	return 0
}

// opening is one run of kawal custodian open.
type opening struct {
	*player
	settings
	pr      program
	keys    string // folder of the private keys
	report  string
	request string
	reason  string
	layer   string // file of what the first custodian opened
	agree   bool
	me      string // subject
	folder  string // where documents are written
	with    string // subject of the second custodian, if his key lies here too
}

func custodianOpen(ctx context.Context, args []string, pr program) int {
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	o := opening{settings: s, pr: pr}
	flags := flag.NewFlagSet("kawal custodian open", flag.ContinueOnError)
	flags.SetOutput(pr.errOut)
	flags.StringVar(&o.me, "as", "", "subjek Anda; kuncinya SUBJEK.key")
	flags.StringVar(&o.with, "with", "", "subjek pemegang kunci kedua, bila kuncinya juga ada di sini (hanya kawal dev)")
	flags.StringVar(&o.keys, "keys", s.custodians, "folder kunci pribadi")
	flags.StringVar(&o.reason, "reason", "", "alasan membuka identitas; dibaca pelapor")
	flags.StringVar(&o.request, "request", "", "nomor permintaan yang sudah ada")
	flags.BoolVar(&o.agree, "agree", false, "setujui permintaan orang lain yang alasannya sudah Anda baca")
	flags.StringVar(&o.folder, "documents", "", "folder tempat dokumen identitas ditulis; kosong: hanya disebut")
	flags.StringVar(&o.layer, "layer", "", "berkas lapis dari pemegang kunci pertama; - untuk masukan baku")
	ids, err := interleaved(flags, args)
	if err != nil {
		return 2
	}
	if wrong := o.usage(ids); wrong != "" {
		fmt.Fprintf(pr.errOut, "kawal custodian open: %s\n", wrong)
		return 2
	}
	o.player = &player{base: "http://" + s.addr + "/v1", out: pr.out}
	if u := pr.getenv("KAWAL_API"); u != "" {
		o.base = strings.TrimSuffix(u, "/") + "/v1"
	}
	if err := o.run(ctx); err != nil {
		fmt.Fprintf(pr.errOut, "kawal custodian open: %v\n", err)
		return 1
	}
	return 0
}

// usage takes the report's id and says what is wrong with the flags; empty:
// nothing.
func (o *opening) usage(ids []string) string {
	if len(ids) != 1 {
		return "sebut satu nomor laporan"
	}
	var err error
	if o.report, err = report.ParseID(ids[0]); err != nil {
		return fmt.Sprintf("%q bukan nomor laporan", ids[0])
	}
	switch {
	case o.me == "":
		return "sebut subjek Anda dengan --as"
	case o.request == "" && o.reason == "":
		return "sebut alasannya dengan --reason, atau permintaan yang sudah ada dengan --request"
	case o.request != "" && (o.reason != "" || o.with != ""):
		return "--request tidak bersama --reason atau --with"
	case o.with == o.me:
		return "pemegang kunci kedua harus orang lain"
	}
	return ""
}

// run does what is this custodian's turn.
func (o *opening) run(ctx context.Context) error {
	if _, err := o.key(o.me); err != nil { // before anything is asked or written
		return err
	}
	if o.with != "" {
		return o.together(ctx)
	}
	if o.request == "" {
		return o.ask(ctx)
	}
	var q office.IdentityRequest
	if err := o.get(ctx, o.me, &q); err != nil {
		return err
	}
	switch {
	case q.State == office.IdentityExpired:
		return errors.New("permintaan ini sudah kedaluwarsa; ajukan permintaan baru")
	case q.Sealed != nil:
		return o.turn(q)
	case q.State != office.IdentityRequested:
		return fmt.Errorf("permintaan ini milik %s dan %s", q.RequestedBy, q.ConsentedBy)
	case q.RequestedBy == o.me:
		return errors.New("pemegang kunci kedua belum setuju: satu kunci tidak membuka apa pun")
	}
	return o.consent(ctx, q)
}

// ask makes the request, which another custodian must agree to.
func (o *opening) ask(ctx context.Context) error {
	var q office.IdentityRequest
	if err := o.post(ctx, o.me, "", map[string]string{"reason": o.reason}, &q); err != nil {
		return err
	}
	fmt.Fprintf(o.out, "Permintaan %s dicatat. Satu kunci tidak membuka apa pun.\n", q.ID)
	fmt.Fprintf(o.out, "Sebelum %s pemegang kunci kedua menjalankan di mesinnya:\n  %s\n", clockOf(q.ExpiresAt), o.command("SUBJEK", q.ID, ""))
	return nil
}

// consent agrees to the request of another, once its reason has been read.
func (o *opening) consent(ctx context.Context, q office.IdentityRequest) error {
	fmt.Fprintf(o.pr.errOut, "%s meminta identitas pelapor %s dibuka. Alasan: %s\n", q.RequestedBy, q.Report, q.Reason)
	if !o.agree {
		return errors.New("bila Anda setuju, ulangi dengan --agree; alasan ini akan dibaca pelapor")
	}
	if err := o.post(ctx, o.me, "/"+q.ID+"/consent", nil, &q); err != nil {
		return err
	}
	first := min(q.RequestedBy, q.ConsentedBy) // as envelopes are made: by name
	if first != o.me {
		fmt.Fprintf(o.out, "Disetujui. Sekarang %s menjalankan:\n  %s\n", first, o.command(first, q.ID, " > lapis.pem"))
		return nil
	}
	if err := o.get(ctx, o.me, &q); err != nil {
		return err
	}
	return o.turn(q)
}

// turn opens this custodian's layer of what was handed out: the first passes on
// what is left, the second reads the identity.
func (o *opening) turn(q office.IdentityRequest) error {
	e := envelope(q.Sealed)
	switch {
	case o.me == e.First:
		inner, err := o.openOne(o.me, q, e)
		if err != nil {
			return err
		}
		if err := pem.Encode(o.out, layerBlock(q, inner)); err != nil {
			return fmt.Errorf("tulis lapis: %w", err)
		}
		fmt.Fprintf(o.pr.errOut, "Lapis luar terbuka. Serahkan lapis di atas kepada %s, yang menjalankan:\n  %s\n", e.Second, o.command(e.Second, q.ID, " --layer lapis.pem"))
		return nil
	case o.layer == "":
		return fmt.Errorf("%s membuka lapis luar lebih dahulu:\n  %s\nlalu Anda meneruskan dengan --layer lapis.pem", e.First, o.command(e.First, q.ID, " > lapis.pem"))
	}
	var err error
	if e, err = o.readLayer(q, e); err != nil {
		return err
	}
	return o.finish(o.me, q, e)
}

// together is for both keys in one folder, as kawal dev has them.
func (o *opening) together(ctx context.Context) error {
	if _, err := o.key(o.with); err != nil {
		return err
	}
	var q office.IdentityRequest
	if err := o.post(ctx, o.me, "", map[string]string{"reason": o.reason}, &q); err != nil {
		return err
	}
	if err := o.post(ctx, o.with, "/"+q.ID+"/consent", nil, &q); err != nil {
		return err
	}
	o.request = q.ID
	if err := o.get(ctx, o.me, &q); err != nil {
		return err
	}
	if q.Sealed == nil {
		return errors.New("amplop tidak diserahkan")
	}
	e, err := o.openOne(q.Sealed.First, q, envelope(q.Sealed))
	if err != nil {
		return err
	}
	return o.finish(e.Second, q, e)
}

// finish opens the inner layer and shows the identity. The API has written the
// trace before it gave the envelope out.
func (o *opening) finish(as string, q office.IdentityRequest, e seal.Envelope) error {
	opened, err := o.openOne(as, q, e)
	if err != nil {
		return err
	}
	plain, err := seal.OpenSealed(q.Sealed.Field, q.Report, opened, q.Sealed.Person)
	if err != nil {
		return errors.New("identitas tidak dapat dibuka: isinya bukan yang disegel untuk laporan ini")
	}
	var who office.Person
	if err := json.Unmarshal(plain, &who); err != nil {
		return fmt.Errorf("baca identitas: %w", err)
	}
	fmt.Fprintf(o.out, "Laporan: %s\nNama:    %s\n", q.Report, who.Name)
	for _, line := range [][2]string{{"NIK:    ", who.NIK}, {"Alamat: ", who.Address}} {
		if line[1] != "" {
			fmt.Fprintln(o.out, line[0], line[1])
		}
	}
	if err := o.documents(q.Report, who.Documents); err != nil {
		return err
	}
	fmt.Fprintf(o.pr.errOut, "Pelapor membaca pada halaman laporannya: dibuka %s oleh %s dan %s. Alasan: %s\n",
		clockOf(*q.OpenedAt), q.RequestedBy, q.ConsentedBy, q.Reason)
	return nil
}

// documents writes the documents of an identity into the folder that was named, by
// number: what their owner calls them is no file name.
func (o *opening) documents(report string, all []office.Document) error {
	for i, d := range all {
		fmt.Fprintf(o.out, "Dokumen: %q, %d byte\n", d.Name, len(d.Content))
		if o.folder == "" {
			continue
		}
		path := filepath.Join(o.folder, fmt.Sprintf("%s-dokumen-%d%s", report, i+1, d.Suffix()))
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("tulis dokumen: %w", err)
		}
		_, err = f.Write(d.Content)
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("tulis dokumen: %w", err)
		}
		fmt.Fprintf(o.out, "         %s\n", path)
	}
	if len(all) > 0 && o.folder == "" {
		fmt.Fprintln(o.out, "         tulis dengan --documents FOLDER")
	}
	return nil
}

func envelope(s *office.SealedIdentity) seal.Envelope {
	return seal.Envelope{First: s.First, Second: s.Second, Layer: seal.OuterLayer, Sealed: s.Envelope}
}

func (o *opening) openOne(as string, q office.IdentityRequest, e seal.Envelope) (seal.Envelope, error) {
	k, err := o.key(as)
	if err != nil {
		return seal.Envelope{}, err
	}
	opened, err := k.OpenOne(q.Sealed.Field, q.Report, e)
	if err != nil {
		return seal.Envelope{}, fmt.Errorf("kunci %s tidak membuka lapis ini: kunci, laporan atau pasangannya lain, atau isinya berubah", as)
	}
	return opened, nil
}

func (o *opening) key(subject string) (*seal.CustodianKey, error) {
	path := filepath.Join(o.keys, subject+seal.PrivateSuffix)
	k, err := seal.OpenCustodianKey(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("kunci pribadi %s tidak ada; sebut foldernya dengan --keys", path)
	}
	if err != nil {
		return nil, fmt.Errorf("kunci pribadi %s tidak dapat dipakai: %w", path, err)
	}
	return k, nil
}

// layerType marks the text that the first custodian gives to the second. It is
// still sealed to the second, so that any way of sending it will do.
const layerType = "KAWAL CUSTODIAN LAYER"

func layerBlock(q office.IdentityRequest, inner seal.Envelope) *pem.Block {
	return &pem.Block{Type: layerType, Headers: map[string]string{"Report": q.Report, "Request": q.ID}, Bytes: inner.Sealed}
}

func (o *opening) readLayer(q office.IdentityRequest, e seal.Envelope) (seal.Envelope, error) {
	in := o.pr.in
	if o.layer != "-" {
		f, err := os.Open(o.layer)
		if err != nil {
			return e, fmt.Errorf("berkas lapis tidak dapat dibaca: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return e, fmt.Errorf("berkas lapis tidak dapat dibaca: %w", err)
	}
	b, _ := pem.Decode(text)
	if b == nil || b.Type != layerType {
		return e, errors.New("berkas ini bukan lapis dari pemegang kunci pertama")
	}
	if b.Headers["Report"] != q.Report || b.Headers["Request"] != q.ID {
		return e, fmt.Errorf("lapis ini dari permintaan %s untuk laporan %s", b.Headers["Request"], b.Headers["Report"])
	}
	e.Layer, e.Sealed = seal.InnerLayer, b.Bytes
	return e, nil
}

func (o *opening) get(ctx context.Context, as string, q *office.IdentityRequest) error {
	return o.talk(ctx, http.MethodGet, as, "/"+o.request, nil, q)
}

func (o *opening) post(ctx context.Context, as, path string, body any, q *office.IdentityRequest) error {
	return o.talk(ctx, http.MethodPost, as, path, body, q)
}

func (o *opening) talk(ctx context.Context, method, as, path string, body any, q *office.IdentityRequest) error {
	token := o.pr.getenv("KAWAL_TOKEN")
	if token == "" || o.with != "" {
		var err error
		if token, err = o.token(as, 10*time.Minute); err != nil {
			return errors.New("token Anda tidak ada: isi KAWAL_TOKEN dengan token dari penerbit, atau jalankan di mesin kawal dev")
		}
	}
	return o.call(ctx, method, "/reports/"+o.report+"/identity-requests"+path, token, body, q)
}

// command is what the other custodian is to run.
func (o *opening) command(as, request, more string) string {
	return fmt.Sprintf("kawal custodian open %s --request %s --as %s%s", o.report, request, as, more)
}

// clockOf is a time as people in WIB read it.
func clockOf(t time.Time) string {
	return t.In(time.FixedZone("WIB", 7*60*60)).Format("2006-01-02 15:04 WIB")
}
