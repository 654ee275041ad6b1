// Package calendar counts the working days of Indonesian public offices
// [hari kerja] and says which decree each uncounted day comes from.
//
// # Overview
//
// A Ledger holds decrees and the days they declare. Revision N is the state of
// the world after decree N: the days of decrees 1..N, less those that a decree
// among 1..N superseded. A Config adds what differs between offices: the zone,
// a week of five or six days, whether joint leave [cuti bersama] is off, and a
// regional overlay. Config.At builds the Index of one revision: one prefix count
// and one list of working days, so that adding or counting days is two look-ups.
//
// A decree may also set office hours [jam kerja], for some weekdays within some
// dates, and in a calendar's own ledger change its zone, its week or whether joint
// leave is off. Hours are looked up for each date: the overlay's rows win over the
// base's, a later revision over an earlier one, and where no row speaks the usual
// hours of Perpres 21/2023 art. 3 hold. A Setting holds for all that an Index
// answers, from the revision of its decree; the fields of Config are what was
// before the first.
//
// # Rules
//
// The numbers are those in Explanation.Rules. Source: Perpres 21/2023 art. 3 and
// 6, Keppres 8/2024, the yearly joint decree [SKB]; 2, 3 and 4 are the project's
// reading, there is no general clause.
//
//  1. The date of receipt is the civil date in the calendar's zone.
//  2. It is never counted. Day 1 is the next working day, also when the day of
//     receipt is off.
//  3. The deadline is the end of the n-th working day; Due.At is the following
//     local midnight, exclusive: late means now >= At.
//  4. n = 0 is the day of receipt, or the next working day if that is off.
//  5. Off are the weekend of the office's week, national holidays, joint leave
//     (a switch), election days and regional days off, but never a regional
//     working day. A holiday on a weekend gives no substitute day.
//  6. A count stands under one revision. A later one may extend a running
//     clock, never shorten it: Config.Binding.
//  7. Past the last year with an SKB, weekends, the fixed holidays (1 January,
//     1 May, 1 June, 17 August, 25 December) and whatever is known are off, and
//     the date is provisional.
//
// # Invariants
//
// Ledger and Index never change and are safe for concurrent use. Two days may
// share a date and one holiday may come twice a year: a day is known by decree,
// date and name. For n >= 1, Count(s, Add(s, n)) = n, and Add lands on a working
// day. Equal (Config, revision) give equal answers for ever; nothing here reads a
// clock, a file or the system's zone data.
//
// # Failures
//
// A ledger that contradicts itself is refused with its row (RowError), a calendar
// with a decreed year in which nobody works with that year (NoWorkError). Due and
// Add refuse a negative n (ErrNegative) and any count that touches a year without
// an SKB (HorizonError); DueProvisional and what is built on it never fail.
package calendar
