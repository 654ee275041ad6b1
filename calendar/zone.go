package calendar

import (
	"fmt"
	"time"
)

// The zones of Indonesia (Keppres 41/1987): fixed offsets, no daylight saving.
// A location made here carries its IANA name; none is read from the system.
var zones = map[string]*time.Location{
	"Asia/Jakarta":   time.FixedZone("Asia/Jakarta", 7*60*60),   // WIB
	"Asia/Pontianak": time.FixedZone("Asia/Pontianak", 7*60*60), // WIB
	"Asia/Makassar":  time.FixedZone("Asia/Makassar", 8*60*60),  // WITA
	"Asia/Jayapura":  time.FixedZone("Asia/Jayapura", 9*60*60),  // WIT
}

// Zone is the location by its IANA name: Asia/Jakarta and Asia/Pontianak (WIB,
// UTC+7), Asia/Makassar (WITA, UTC+8), Asia/Jayapura (WIT, UTC+9). Any other
// name is an error. One name always gives the same pointer.
func Zone(name string) (*time.Location, error) {
	if z, ok := zones[name]; ok {
		return z, nil
	}
	return nil, fmt.Errorf("zona %q tidak dikenal: pakai Asia/Jakarta, Asia/Pontianak, Asia/Makassar atau Asia/Jayapura", name)
}
