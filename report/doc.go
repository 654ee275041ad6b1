// Package report is what is filed and what may become of it: stages, clocks,
// commands, rule sets, and the one transition table of the office.
//
// # Overview
//
// A report [laporan] is in one [Stage]. A [Command] of a [Role] moves it by a
// row of [Table]; no other code knows what may follow what. [Apply] is pure: it
// takes a [State] and a command and returns the next state and its [Effects].
// The workflow, the API's allowed actions, the diagram in docs and the tests
// are all made from the same table.
//
// # Clocks
//
// A clock is a limit that runs for somebody. Apply says which clocks start,
// pause, resume, grow and end, but never when they are due: that takes a
// calendar, and a calendar changes. A clock for which a date must be found
// carries a [Pending] mark; the store settles it in the transaction that
// records the transition, and [State.Settle] takes the answer back.
//
// # Invariants
//
//   - Nothing leaves withdrawn. Every other stage has a wake-up or a command
//     that leaves it.
//   - Only a reply of the reporter or an administrator ends the silence clock.
//   - Resolution is met once and for good, by the first concluding follow-up.
//   - Seq grows by one with every applied command.
//
// # Failures
//
// A command that may not be applied is refused with a fault (Conflict when the
// stage forbids it, Forbidden when the role does, Invalid when the command is
// malformed) and the state is returned unchanged.
package report
