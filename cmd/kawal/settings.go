package main

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kawal-id/kawal/web"
)

// settings is what the environment says. Every variable has a default that
// suits one machine; docs/operating.md lists them.
type settings struct {
	env             string         // KAWAL_ENV: production, or empty
	proxies         []string       // KAWAL_TRUSTED_PROXIES: addresses or prefixes, comma separated
	addr            string         // KAWAL_ADDR: of the API
	adminAddr       string         // KAWAL_ADMIN_ADDR: metrics and profiles
	codecAddr       string         // KAWAL_CODEC_ADDR: of the codec server for the Temporal UI
	issuerAddr      string         // KAWAL_ISSUER_ADDR: of the local issuer, kawal dev only
	data            string         // KAWAL_DATA: folder of everything local
	keys            string         // KAWAL_KEYS: folder of the keys
	custodians      string         // KAWAL_CUSTODIANS: folder of the custodians' public keys
	audit           string         // KAWAL_AUDIT: file of the audit log's checkpoints
	erasures        string         // KAWAL_ERASURES: ledger of erased reports
	erasuresNamed   bool           // KAWAL_ERASURES is set
	histories       string         // KAWAL_HISTORIES: folder of exported histories
	databaseURL     string         // KAWAL_DATABASE_URL: empty: kawal dev starts its own PostgreSQL
	temporalAddress string         // KAWAL_TEMPORAL_ADDRESS: empty: kawal dev starts its own server
	temporalPort    int            // KAWAL_TEMPORAL_PORT
	uiPort          int            // KAWAL_TEMPORAL_UI_PORT
	uiURL           string         // KAWAL_TEMPORAL_UI: address that links point to; empty: the local one
	issuer          string         // KAWAL_OIDC_ISSUER: empty: the local one
	audience        string         // KAWAL_OIDC_AUDIENCE
	oidcClient      string         // KAWAL_OIDC_CLIENT: id of the desk at the issuer; empty: the audience
	oidcSecret      string         // KAWAL_OIDC_CLIENT_SECRET: of that client; empty: a public one
	issuerNetworks  []netip.Prefix // KAWAL_OIDC_NETWORKS: closed networks in which the issuer may be asked
	baseURL         string         // KAWAL_BASE_URL: of the tracking pages, in messages and on receipts
	tiles           web.Tiles      // KAWAL_TILES_URL, KAWAL_TILES_ATTRIBUTION: tile server of the map; empty: none
	quickExit       string         // KAWAL_QUICK_EXIT: where the pages' quick exit leads; empty: an empty page
	staffDomain     string         // KAWAL_STAFF_DOMAIN: mail domain of staff whose subject is no address
	smtpHost        string         // KAWAL_SMTP_HOST: empty: mail goes to files
	smtpPort        int            // KAWAL_SMTP_PORT
	smtpUser        string         // KAWAL_SMTP_USER
	smtpPassword    string         // KAWAL_SMTP_PASSWORD
	mailFrom        string         // KAWAL_MAIL_FROM
}

// load reads the settings. An error names the variable to change.
func load(getenv func(string) string) (settings, error) {
	or := func(name, fallback string) string {
		if v := getenv(name); v != "" {
			return v
		}
		return fallback
	}
	s := settings{
		env: getenv("KAWAL_ENV"), proxies: list(getenv("KAWAL_TRUSTED_PROXIES")),
		addr: or("KAWAL_ADDR", "127.0.0.1:8080"), adminAddr: or("KAWAL_ADMIN_ADDR", "127.0.0.1:8081"),
		codecAddr: or("KAWAL_CODEC_ADDR", "127.0.0.1:8234"), issuerAddr: getenv("KAWAL_ISSUER_ADDR"), data: or("KAWAL_DATA", ".kawal"),
		databaseURL: getenv("KAWAL_DATABASE_URL"), temporalAddress: getenv("KAWAL_TEMPORAL_ADDRESS"),
		uiURL: getenv("KAWAL_TEMPORAL_UI"), issuer: getenv("KAWAL_OIDC_ISSUER"), audience: or("KAWAL_OIDC_AUDIENCE", "kawal"),
		staffDomain: or("KAWAL_STAFF_DOMAIN", "kantor.example"), smtpHost: getenv("KAWAL_SMTP_HOST"),
		smtpUser: getenv("KAWAL_SMTP_USER"), smtpPassword: getenv("KAWAL_SMTP_PASSWORD"),
		mailFrom: or("KAWAL_MAIL_FROM", "kawal@kantor.example"),
	}
	s.oidcClient, s.oidcSecret = or("KAWAL_OIDC_CLIENT", s.audience), getenv("KAWAL_OIDC_CLIENT_SECRET")
	s.keys = or("KAWAL_KEYS", filepath.Join(s.data, "keys"))
	s.custodians = or("KAWAL_CUSTODIANS", filepath.Join(s.data, "custodians"))
	s.histories = or("KAWAL_HISTORIES", filepath.Join(s.data, "histories"))
	s.erasuresNamed = getenv("KAWAL_ERASURES") != ""
	s.erasures = or("KAWAL_ERASURES", filepath.Join(s.data, "erasures", "ledger"))
	s.audit = or("KAWAL_AUDIT", filepath.Join(s.data, "audit", "checkpoints"))
	s.baseURL = or("KAWAL_BASE_URL", "http://"+s.addr+"/laporan")
	s.tiles = web.Tiles{URL: getenv("KAWAL_TILES_URL"), Attribution: getenv("KAWAL_TILES_ATTRIBUTION")}
	s.quickExit = getenv("KAWAL_QUICK_EXIT")
	for name, v := range map[string]string{"KAWAL_ADDR": s.addr, "KAWAL_ADMIN_ADDR": s.adminAddr, "KAWAL_CODEC_ADDR": s.codecAddr} {
		if _, _, err := net.SplitHostPort(v); err != nil {
			return s, fmt.Errorf("%s=%q is no host:port", name, v)
		}
	}
	if s.env != "" && s.env != "production" {
		return s, fmt.Errorf("KAWAL_ENV=%q is neither production nor empty", s.env)
	}
	var err error
	if s.issuerNetworks, err = networks(list(getenv("KAWAL_OIDC_NETWORKS"))); err != nil {
		return s, err
	}
	return s, s.ports(getenv)
}

// networks reads prefixes.
func networks(all []string) ([]netip.Prefix, error) {
	var found []netip.Prefix
	for _, v := range all {
		p, err := netip.ParsePrefix(v)
		if err != nil {
			return nil, fmt.Errorf("KAWAL_OIDC_NETWORKS: %q is no prefix such as 10.20.0.0/16", v)
		}
		found = append(found, p.Masked())
	}
	return found, nil
}

// list splits what is separated by commas.
func list(v string) []string {
	var all []string
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

func (s *settings) ports(getenv func(string) string) error {
	for _, p := range []struct {
		name     string
		fallback int
		to       *int
	}{
		{"KAWAL_TEMPORAL_PORT", 7233, &s.temporalPort}, {"KAWAL_TEMPORAL_UI_PORT", 8233, &s.uiPort}, {"KAWAL_SMTP_PORT", 587, &s.smtpPort},
	} {
		*p.to = p.fallback
		v := getenv(p.name)
		if v == "" {
			continue
		}
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("%s=%q is no port", p.name, v)
		}
		*p.to = n
	}
	return nil
}
