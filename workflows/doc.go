// Package workflows holds the report workflow: a thin shell over the transition
// table of package report.
//
// # Overview
//
// One run of [Report] owns one report from acceptance, or from a reopening, to
// its next end. People's decisions arrive as updates, what the reporter sends
// and what nobody waits for as signals; all go through one inbox and are
// applied one at a time by report.Apply. The transition is recorded in
// PostgreSQL by the local activity OpenStage, which also finds the deadlines;
// the run then shows them (search attributes, current details) and sets one
// timer, for the next thing that happens by itself.
//
// # Invariants
//
//   - Nothing here computes a deadline or knows a holiday. Dates are results
//     of activities, so replay cannot change them.
//   - A command is applied once, whatever road and however often it comes.
//   - Before a deadline is acted on it is confirmed under the calendar now in
//     force, and accepted commands older than it are applied first.
//   - No date is taken back: of two that PostgreSQL gave for a clock the later
//     stands.
//   - At most one timer is open. It is our own and is cancelled when moved.
//   - No message is left unanswered when a run ends.
//
// # Failures
//
// If PostgreSQL is away the local activity gives up after 3 s and the same
// function runs as a regular activity, retried until it answers. A fault that
// the store finds while recording refuses the command; the state stays. A run
// that PostgreSQL does not want ends at once and touches nothing.
package workflows
