// Package office is the front office [loket]: it takes in reports and commands,
// shows each caller what he may see, and is all that web, API, Open311 and SMS
// know of the engine.
//
// # Overview
//
// [Office.Submit] accepts a report: one transaction in PostgreSQL, then the
// start of its workflow within a second, which may fail; the sweeper does the
// rest. [Office.Command] accepts an act on a report. Every act is first a
// committed row with its texts and their digests. Then
//
//   - a decision of staff goes to the workflow as an update and is waited for
//     a short while; undecided, the answer is waiting and the sweeper delivers;
//   - what a reporter sends goes as a signal right after the commit and is not
//     waited for;
//   - a report that no workflow runs (closed, archived, merged) is changed in
//     PostgreSQL, and the run it then wants is started.
//
// # Invariants
//
//   - Every method asks internal/policy; what it does not allow is refused.
//     Refusals of staff are written to the audit log.
//   - Unknown, wrong code, secret and not yet published are one and the same
//     answer: fault.NotFound with [NotFoundSentence].
//   - A request repeated under the same key has one effect and one answer.
//   - What the public reads comes from single queries on published copies.
package office
