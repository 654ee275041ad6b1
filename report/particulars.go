package report

import "time"

// What the rows of Table do beside stage, round and clocks, and on what
// condition. Each function serves the row that names it.

func address(n *State, c Command) {
	forget(n)
	n.Agency, n.Unit, n.Followed, n.Accepted = c.Unit, "", false, false
	if !n.Secret {
		n.Published = true
	}
}

func returned(n *State, _ Command) {
	forget(n)
	n.Returns++
	n.Agency, n.Unit, n.Accepted = "", "", false
}

// forget drops an extension that was asked for: another agency has not asked.
func forget(n *State) {
	if k := n.asked(); k != nil {
		k.Asked = 0
	}
}

func outcome(o string) func(*State, Command) {
	return func(n *State, _ Command) {
		n.Outcome = o
		n.Published = n.Published && o != "withdrawn"
	}
}

// closed records the end; a silent closing is received at the due time of C.
func closed(o string) func(*State, Command) {
	return func(n *State, c Command) { n.Outcome, n.ClosedAt = o, c.ReceivedAt }
}

// reopened drops what the end left behind; Run numbers the new workflow run.
func reopened(n *State, _ Command) {
	n.Outcome, n.ClosedAt, n.MergedTo = "", time.Time{}, ""
	n.Run++
}

// followUp meets F; a concluding one also meets R and starts the silence.
func followUp(n *State, c Command) {
	n.Followed, n.Accepted = true, true
	n.turn(clockOp{meet, FirstFollowUp}, c)
	if c.Kind == Interim {
		return
	}
	n.Stage, n.Concluded = Closure, true
	n.turn(clockOp{meet, Resolution}, c)
	n.turn(clockOp{stop, Silence}, c)
	n.turn(clockOp{start, Silence}, c)
}

func markLate(n *State, c Command) {
	k := n.Clock(c.Clock)
	k.LateAt = k.DueAt
}

func ask(n *State, c Command) { n.Clock(c.Clock).Asked = c.Days }

func grant(n *State, _ Command) {
	k := n.asked()
	k.Extra, k.Extended, k.Asked, k.Pending = k.Asked, true, 0, PendingExtend
	n.Extended = true
}

func decline(n *State, _ Command) {
	k := n.asked()
	k.Asked, k.Extended = 0, true
	n.Extended = true
}

// asked returns the clock for which an extension is wanted, or nil.
func (s State) asked() *Clock {
	for i := range s.Clocks {
		if k := &s.Clocks[i]; k.Asked > 0 && k.Status == Running {
			return k
		}
	}
	return nil
}

// merge notes which clocks it does not pause: one paused in the same instant
// looks like one that it does.
func merge(n *State, c Command) {
	n.MergedTo, n.MergedAt, n.Kept = c.Target, c.ReceivedAt, nil
	for _, k := range n.Clocks {
		if k.Status == Paused {
			n.Kept = append(n.Kept, k.Kind)
		}
	}
}

func unmerge(n *State, _ Command) {
	n.MergedTo = ""
	n.Run++
}

func amend(n *State, c Command) {
	if c.Class != "" {
		n.Class = c.Class
	}
	if c.Category != "" {
		n.Category = c.Category
	}
	if c.Region != "" {
		n.Region = c.Region
	}
}

// inSilence holds for what was received since the silence began: an older
// reply that comes late answers an earlier state of the page.
func inSilence(s State, c Command) bool {
	k := s.Clock(Silence)
	return k == nil || !c.ReceivedAt.Before(k.StartedAt)
}

// addressed holds if an agency has the report.
func addressed(s State, _ Command) bool { return s.Agency != "" }

func mayReturn(s State, _ Role, _ time.Time) error {
	switch {
	case s.Followed:
		return conflict("Laporan yang sudah ditindaklanjuti tidak dapat dikembalikan.")
	case s.Returns >= 3:
		return conflict("Disposisi setelah tiga kali pengembalian mengikat.")
	}
	return nil
}

func notAccepted(s State, _ Role, _ time.Time) error {
	if s.Accepted {
		return conflict("Laporan sudah diterima.")
	}
	return nil
}

func withinWindow(s State, _ Role, at time.Time) error {
	k := s.Clock(ReopenWindow)
	if k == nil || !at.Before(k.DueAt) {
		return conflict("Masa buka kembali laporan ini sudah lewat. Silakan buat laporan baru dan sebut nomor laporan ini.")
	}
	return nil
}

func somethingToExtend(s State, _ Role, at time.Time) error {
	for _, k := range s.Clocks {
		if s.Extended || s.asked() != nil {
			break
		}
		if (k.Kind == FirstFollowUp || k.Kind == Resolution) && k.Status == Running && at.Before(k.DueAt) {
			return nil
		}
	}
	return conflict("Tidak ada batas waktu yang masih dapat diperpanjang.")
}

func extensionAsked(s State, _ Role, _ time.Time) error {
	if s.asked() == nil {
		return conflict("Tidak ada permintaan perpanjangan.")
	}
	return nil
}

func isPublic(s State, _ Role, _ time.Time) error {
	if s.Secret || !s.Published {
		return conflict("Hanya laporan yang sudah terbit dapat digabung.")
	}
	return nil
}

func isSecret(s State, _ Role, _ time.Time) error {
	if !s.Secret {
		return conflict("Laporan ini tidak rahasia.")
	}
	return nil
}

func isNotSecret(s State, _ Role, _ time.Time) error {
	if s.Secret {
		return conflict("Laporan ini sudah rahasia.")
	}
	return nil
}
