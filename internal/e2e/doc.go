// Package e2e holds the tests that run on the whole real stack: PostgreSQL,
// Temporal, API and worker together, and what becomes of a report when one of
// them is killed, stopped or lost. It has no code of its own.
package e2e
