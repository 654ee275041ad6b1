package office

import (
	"fmt"
	"math"
	"time"

	"github.com/kawal-id/kawal/report"
)

// snap moves a coordinate to the centre of its cell of 0.01 degrees, as the
// public copy has it: the same way every time.
func snap(v *float64) *float64 {
	if v == nil {
		return nil
	}
	s := (math.Floor(*v*100) + 0.5) / 100
	return &s
}

// closesIn says when the silence ends: in civil days up to its last day, for
// limits in days; else in seconds.
func closesIn(c report.Clock, now time.Time) string {
	left := c.DueAt.Sub(now)
	if c.Limit.Unit == report.Seconds {
		return fmt.Sprintf("selesai otomatis dalam %d detik", int(math.Ceil(left.Seconds())))
	}
	if days := int(math.Ceil(left.Hours()/24)) - 1; days > 0 {
		return fmt.Sprintf("selesai otomatis dalam %d hari", days)
	}
	return "selesai otomatis hari ini"
}
