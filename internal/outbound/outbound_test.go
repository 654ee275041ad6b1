package outbound_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/outbound"
)

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		address string
		public  bool
	}{
		"a server":                      {"8.8.8.8", true},
		"before the private ones":       {"9.255.255.255", true},
		"behind the private ones":       {"11.0.0.0", true},
		"before the carriers'":          {"100.63.255.255", true},
		"behind the carriers'":          {"100.128.0.0", true},
		"before 172.16":                 {"172.15.255.255", true},
		"behind 172.31":                 {"172.32.0.0", true},
		"before multicast":              {"223.255.255.255", true},
		"a server of IPv6":              {"2606:4700::1111", true},
		"a server of IPv4, mapped":      {"::ffff:8.8.8.8", true},
		"a server of IPv4 behind NAT64": {"64:ff9b::808:808", true},
		"unspecified":                   {"0.0.0.0", false},
		"this network":                  {"0.1.2.3", false},
		"private, first":                {"10.0.0.0", false},
		"private, last":                 {"10.255.255.255", false},
		"private, in the middle":        {"172.16.0.1", false},
		"private, its last":             {"172.31.255.255", false},
		"private, at home":              {"192.168.1.1", false},
		"carriers', first":              {"100.64.0.0", false},
		"carriers', last":               {"100.127.255.255", false},
		"loopback":                      {"127.0.0.1", false},
		"loopback, last":                {"127.255.255.255", false},
		"metadata of the cloud":         {"169.254.169.254", false},
		"protocol assignments":          {"192.0.0.170", false},
		"benchmarks":                    {"198.19.255.255", false},
		"multicast":                     {"224.0.0.251", false},
		"broadcast":                     {"255.255.255.255", false},
		"unspecified IPv6":              {"::", false},
		"loopback IPv6":                 {"::1", false},
		"unique local":                  {"fd00:ec2::254", false},
		"unique local, first":           {"fc00::", false},
		"link-local":                    {"fe80::1", false},
		"link-local with a zone":        {"fe80::1%eth0", false},
		"site-local":                    {"fec0::1", false},
		"multicast IPv6":                {"ff02::fb", false},
		"mapped loopback":               {"::ffff:127.0.0.1", false},
		"mapped private":                {"::ffff:10.0.0.7", false},
		"mapped link-local":             {"::ffff:a9fe:a9fe", false},
		"compatible with IPv4":          {"::10.0.0.7", false},
		"NAT64 of loopback":             {"64:ff9b::7f00:1", false},
		"NAT64 of private":              {"64:ff9b::a00:7", false},
		"NAT64 of link-local":           {"64:ff9b::a9fe:a9fe", false},
		"NAT64 of a site":               {"64:ff9b:1::808:808", false},
		"Teredo":                        {"2001:0:4136:e378:8000:63bf:3fff:fdd2", false},
		"6to4 of private":               {"2002:a00:7::1", false},
		"documentation":                 {"2001:db8::1", false},
		"not given out":                 {"4000::1", false},
	} {
		err := outbound.Guard{}.Check(netip.MustParseAddr(c.address))
		if c.public {
			require.NoError(t, err, name)
			continue
		}
		var refused *outbound.Refused
		require.ErrorAs(t, err, &refused, name)
	}
}

func TestWhatTheOperatorAllowsIsDialledAndNothingBeside(t *testing.T) {
	t.Parallel()
	g := outbound.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}}
	for address, ok := range map[string]bool{
		"10.20.0.1:443": true, "[::ffff:10.20.0.1]:443": true, "10.21.0.1:443": false, "127.0.0.1:443": false, "/run/socket": false, "": false,
	} {
		require.Equal(t, ok, g.Control("tcp", address, nil) == nil, address)
	}
}

// asks counts what reached a server on loopback.
func asks(t *testing.T) (url string, n func() int) {
	t.Helper()
	count := make(chan struct{}, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { count <- struct{}{} }))
	t.Cleanup(srv.Close)
	return srv.URL, func() int { return len(count) }
}

// get asks an address through a guard.
func get(t *testing.T, g outbound.Guard, url string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	res, err := (&http.Client{Transport: g.Transport()}).Do(r)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func TestANameIsJudgedByTheAddressItLeadsTo(t *testing.T) {
	t.Parallel()
	url, n := asks(t)
	var refused *outbound.Refused
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		require.ErrorAs(t, get(t, outbound.Guard{}, strings.Replace(url, "127.0.0.1", host, 1)), &refused, host)
	}
	require.Zero(t, n(), "nothing was sent")
	require.NoError(t, get(t, outbound.Guard{Allow: outbound.Loopback}, url))
	require.Equal(t, 1, n())
}

func TestARedirectIntoAClosedNetworkIsNotFollowed(t *testing.T) {
	t.Parallel()
	front := httptest.NewServer(http.RedirectHandler("http://[::1]:1/keys", http.StatusFound))
	t.Cleanup(front.Close)
	only := outbound.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	err := get(t, only, front.URL)
	var refused *outbound.Refused
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "::1", refused.Address.String(), "the second, not the first")
}
