// Package outbound dials for addresses that somebody outside may have chosen:
// never into a network that only this machine or its neighbours can reach.
package outbound

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Guard refuses addresses that are not public. It looks at the address that a
// connection is about to be made to, after names were looked up and redirects
// followed: a name that changes its mind in between changes nothing. It is safe for
// concurrent use.
type Guard struct {
	// Allow are networks that are dialled all the same, since the operator says so.
	Allow []netip.Prefix
}

// Loopback are the networks of this machine alone.
var Loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// Refused is the error of a connection that was not made.
type Refused struct {
	Address netip.Addr // the zero Addr if it was none
}

// Error names the address.
func (r *Refused) Error() string {
	return fmt.Sprintf("outbound: %s is no public address", r.Address)
}

// special4 are the networks of IPv4 that are not public: IANA IPv4 Special-Purpose
// Address Registry (RFC 6890), with multicast (RFC 5771).
var special4 = prefixes(
	"0.0.0.0/8",       // this network, RFC 791
	"10.0.0.0/8",      // private, RFC 1918
	"100.64.0.0/10",   // shared behind carriers, RFC 6598
	"127.0.0.0/8",     // loopback, RFC 1122
	"169.254.0.0/16",  // link-local, RFC 3927; metadata of cloud machines
	"172.16.0.0/12",   // private, RFC 1918
	"192.0.0.0/24",    // protocol assignments, RFC 6890
	"192.0.2.0/24",    // documentation, RFC 5737
	"192.88.99.0/24",  // 6to4 relays, RFC 7526
	"192.168.0.0/16",  // private, RFC 1918
	"198.18.0.0/15",   // benchmarks, RFC 2544
	"198.51.100.0/24", // documentation, RFC 5737
	"203.0.113.0/24",  // documentation, RFC 5737
	"224.0.0.0/4",     // multicast, RFC 5771
	"240.0.0.0/4",     // reserved, RFC 1112, with the broadcast address
)

// global6 is all of IPv6 that is given out to be reached from everywhere (RFC
// 4291); unique local, link-local, multicast and unspecified addresses lie outside.
var global6 = netip.MustParsePrefix("2000::/3")

// special6 are the networks inside global6 that are not public: IANA IPv6
// Special-Purpose Address Registry. Those that carry an IPv4 address are refused
// whole, since nobody needs them any more.
var special6 = prefixes(
	"2001::/23",     // protocol assignments, RFC 2928, with Teredo
	"2001:db8::/32", // documentation, RFC 3849
	"2002::/16",     // 6to4, RFC 3056
	"3fff::/20",     // documentation, RFC 9637
)

// nat64 holds IPv4 addresses in its last 32 bits, RFC 6052. Networks without IPv4
// reach everybody's IPv4 servers through it, and would their own.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func prefixes(all ...string) []netip.Prefix {
	var ps []netip.Prefix
	for _, p := range all {
		ps = append(ps, netip.MustParsePrefix(p))
	}
	return ps
}

// public reports whether an address can be reached from everywhere.
func public(ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap()
	within := func(p netip.Prefix) bool { return p.Contains(ip) }
	switch {
	case ip.Is4():
		return !slices.ContainsFunc(special4, within)
	case nat64.Contains(ip):
		b := ip.As16()
		return public(netip.AddrFrom4([4]byte(b[12:])))
	}
	return global6.Contains(ip) && !slices.ContainsFunc(special6, within)
}

// Check returns a *[Refused] unless the address may be dialled.
func (g Guard) Check(ip netip.Addr) error {
	plain := ip.WithZone("").Unmap()
	if public(ip) || slices.ContainsFunc(g.Allow, func(p netip.Prefix) bool { return p.Contains(plain) }) {
		return nil
	}
	return &Refused{ip}
}

// Control is a net.Dialer's: it returns a *[Refused] before the connection is made.
// What is no IP address, as the path of a socket, is refused too.
func (g Guard) Control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &Refused{}
	}
	return g.Check(ap.Addr())
}

// Transport returns a transport whose every connection is guarded. It uses no proxy,
// whatever the environment says: a proxy would look names up itself, and nobody could
// say what it reaches.
func (g Guard) Transport() *http.Transport {
	d := &net.Dialer{Timeout: 10 * time.Second, Control: g.Control}
	return &http.Transport{
		DialContext: d.DialContext, ForceAttemptHTTP2: true, MaxIdleConns: 10, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}
}
