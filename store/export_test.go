package store

// ReadTrail is AuditTrail within a transaction of the test.
var ReadTrail = readTrail
