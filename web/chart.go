package web

import "github.com/kawal-id/kawal/office"

// bit is one number with its name.
type bit struct {
	Name string
	N    int
}

// chart is numbers as lying bars. The picture is for the eye; the same numbers
// stand in the table that it is part of.
type chart struct {
	Rows []chartRow
	Max  int
}

// chartRow is a bar: its number and its length in thousandths of the longest.
type chartRow struct {
	bit
	Length int
}

func newChart(rows []bit) chart {
	c := chart{}
	for _, x := range rows {
		c.Max = max(c.Max, x.N)
	}
	for _, x := range rows {
		c.Rows = append(c.Rows, chartRow{x, share(x.N, c.Max, 1000)})
	}
	return c
}

// share is n of total in parts of whole; 0 of nothing.
func share(n, total, whole int) int {
	if total == 0 {
		return 0
	}
	return (n*whole + total/2) / total
}

// bar is the four-point bar of satisfaction [tingkat kepuasan].
type bar struct {
	Total int
	Parts []part // Sangat Puas first
}

// part is one point of the bar, in thousandths of its length.
type part struct {
	Score       int
	Name        string
	N, Percent  int
	From, Width int
}

// scoreBar is the bar of the ratings of some reports.
func (l language) scoreBar(s office.Scores) bar {
	b := bar{}
	for _, n := range s {
		b.Total += n
	}
	from := 0
	for score := len(s); score > 0; score-- {
		n := s[score-1]
		p := part{Score: score, Name: l.say("score." + string(rune('0'+score))), N: n, Percent: share(n, b.Total, 100), From: from, Width: share(n, b.Total, 1000)}
		from += p.Width
		b.Parts = append(b.Parts, p)
	}
	return b
}

// sum adds the ratings of several agencies.
func sum(all map[string]office.Scores) (total office.Scores) {
	for _, s := range all {
		for i, n := range s {
			total[i] += n
		}
	}
	return total
}
