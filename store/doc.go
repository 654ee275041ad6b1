// Package store keeps reports in PostgreSQL: their content, a read model of
// their process, and the commands, notices and public copies that are committed
// with them.
//
// # Overview
//
// [Store] is a pool. Whatever is not public is read and written in [Store.As],
// one transaction in the name of an [Actor]. What anyone may read lies in a
// table of its own, published, and is read by single queries of Store. Dates lie
// in clock alone; the public reads them through published_clock.
//
// [Tx.Advance] is the only writer of transitions. It records what
// [report.Apply] decided: it finds the dates of pending clocks under the
// calendar in force, writes the transition, the clocks, the read model, the
// texts of the command, the public copy and the notices, all or nothing.
//
// # Invariants
//
//   - A row of transition is keyed by report and seq. The same command finds
//     its own row again; another command on the same seq is a conflict.
//   - A deadline once given is never given earlier (a running maximum).
//   - published and published_post hold no row of a secret report, and
//     published_clock shows none of a report that is not in published.
//   - A notice is in the outbox if and only if its transition is recorded.
//
// # Failures
//
// What a person may be told is a fault. Serialization failures and deadlocks
// are retried by As; every other database error is internal.
package store
