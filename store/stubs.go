package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kawal-id/kawal/report"
)

var errUnfinished = errors.New("not written yet")

// Config says how to reach the database.
type Config struct {
	URL      string           // required
	MaxConns int32            // 0: 10
	Now      func() time.Time // required
	Log      *slog.Logger     // nil: slog.Default()
}

// Store is a pool of connections to Kawal's database.
type Store struct {
	pool *pgxpool.Pool
	now  func() time.Time
}

// Tx is one transaction in the name of an actor.
type Tx struct {
	tx    pgx.Tx
	s     *Store
	actor Actor
}

func Migrate(ctx context.Context, url string) error      { return errUnfinished }
func Open(ctx context.Context, c Config) (*Store, error) { return nil, errUnfinished }
func (s *Store) Close()                                  {}
func (s *Store) Ping(ctx context.Context) error          { return errUnfinished }
func (s *Store) As(ctx context.Context, a Actor, f func(context.Context, *Tx) error) error {
	return errUnfinished
}
func (s *Store) PublicReport(ctx context.Context, id string) (PublicRow, error) {
	return PublicRow{}, errUnfinished
}
func (s *Store) PublicList(ctx context.Context, f Filter) ([]Card, error) { return nil, errUnfinished }
func (s *Store) PublicGeo(ctx context.Context, f Filter) ([]Card, int, error) {
	return nil, 0, errUnfinished
}
func (s *Store) PublicStatistics(ctx context.Context, dim string, f Filter) ([]Statistic, error) {
	return nil, errUnfinished
}
func (s *Store) Agencies(ctx context.Context) ([]Agency, error)       { return nil, errUnfinished }
func (s *Store) Categories(ctx context.Context) ([]Category, error)   { return nil, errUnfinished }
func (s *Store) Regions(ctx context.Context) ([]Region, error)        { return nil, errUnfinished }
func (s *Store) Calendars(ctx context.Context) ([]CalendarRow, error) { return nil, errUnfinished }

func (t *Tx) Accept(ctx context.Context, n NewReport) (report.State, error) {
	return report.State{}, errUnfinished
}
func (t *Tx) Load(ctx context.Context, id string) (Row, error) { return Row{}, errUnfinished }
func (t *Tx) Lock(ctx context.Context, id string) (report.State, error) {
	return report.State{}, errUnfinished
}
func (t *Tx) Advance(ctx context.Context, a Advance) (Advanced, error) {
	return Advanced{}, errUnfinished
}
func (t *Tx) ConfirmDeadlines(ctx context.Context, id string) (Confirmed, error) {
	return Confirmed{}, errUnfinished
}
func (t *Tx) Recall(ctx context.Context, id string, seq int) (Advanced, error) {
	return Advanced{}, errUnfinished
}
func (t *Tx) Unstarted(ctx context.Context, limit int) ([]report.State, error) {
	return nil, errUnfinished
}
func (t *Tx) MarkStarted(ctx context.Context, id string, run int) error { return errUnfinished }
func (t *Tx) Rerun(ctx context.Context, id string) (int, error)         { return 0, errUnfinished }
func (t *Tx) OpenReports(ctx context.Context, afterID string, limit int) ([]report.State, error) {
	return nil, errUnfinished
}

// InsertCommand: if n.Command.ReceivedAt is zero, it is stamped here, under the report's lock. The stored receipt is
// in the row that comes back: send that one on.
func (t *Tx) InsertCommand(ctx context.Context, n NewCommand) (CommandRow, error) {
	return CommandRow{}, errUnfinished
}
func (t *Tx) Command(ctx context.Context, id string) (CommandRow, error) {
	return CommandRow{}, errUnfinished
}
func (t *Tx) Refuse(ctx context.Context, id, kind, reason string) error { return errUnfinished }
func (t *Tx) WaitingCommands(ctx context.Context, olderThan time.Time, limit int) ([]Pending, error) {
	return nil, errUnfinished
}
func (t *Tx) PurgeCommands(ctx context.Context, before time.Time) (int, error) {
	return 0, errUnfinished
}
func (t *Tx) ApplyDirect(ctx context.Context, id string, c report.Command) (report.State, error) {
	return report.State{}, errUnfinished
}

func (t *Tx) Thread(ctx context.Context, id string) ([]Post, error)    { return nil, errUnfinished }
func (t *Tx) Timeline(ctx context.Context, id string) ([]Event, error) { return nil, errUnfinished }
func (t *Tx) Clocks(ctx context.Context, id string) ([]report.Clock, error) {
	return nil, errUnfinished
}

func (t *Tx) CodeOpens(ctx context.Context, id string, mac []byte) (bool, error) {
	return false, errUnfinished
}
func (t *Tx) ReplaceCode(ctx context.Context, id string, mac []byte) error { return errUnfinished }

func (t *Tx) StaffList(ctx context.Context, f Filter) ([]Card, error) { return nil, errUnfinished }
func (t *Tx) Queue(ctx context.Context, limit int) ([]Card, error)    { return nil, errUnfinished }
func (t *Tx) StaffStatistics(ctx context.Context, dim string, f Filter) ([]Statistic, error) {
	return nil, errUnfinished
}

func (t *Tx) Staff(ctx context.Context, subject string) (StaffMember, error) {
	return StaffMember{}, errUnfinished
}
func (t *Tx) PutStaff(ctx context.Context, m StaffMember) error     { return errUnfinished }
func (t *Tx) PutAgency(ctx context.Context, a Agency) error         { return errUnfinished }
func (t *Tx) PutCategory(ctx context.Context, c Category) error     { return errUnfinished }
func (t *Tx) PutRegions(ctx context.Context, r []Region) error      { return errUnfinished }
func (t *Tx) PutCalendar(ctx context.Context, c CalendarRow) error  { return errUnfinished }
func (t *Tx) Agency(ctx context.Context, id string) (Agency, error) { return Agency{}, errUnfinished }

// Inherited returns the agency with calendar, rule set and oversight filled in from the units above it.
func (t *Tx) Inherited(ctx context.Context, id string) (Agency, error) {
	return Agency{}, errUnfinished
}

// AdminUnits returns those of units that have an active administrator, in the order given.
func (t *Tx) AdminUnits(ctx context.Context, units []string) ([]string, error) {
	return nil, errUnfinished
}

// Above returns the unit and all above it, itself first. Below: the unit and all below it.
func (t *Tx) Above(ctx context.Context, unit string) ([]string, error) { return nil, errUnfinished }
func (t *Tx) Below(ctx context.Context, unit string) ([]string, error) { return nil, errUnfinished }

func (t *Tx) TakeNotices(ctx context.Context, n int) ([]Notice, error) { return nil, errUnfinished }
func (t *Tx) Sent(ctx context.Context, id int64) error                 { return errUnfinished }
func (t *Tx) Failed(ctx context.Context, id int64, cause error) error  { return errUnfinished }
func (t *Tx) DeadLetters(ctx context.Context) ([]DeadLetter, error)    { return nil, errUnfinished }
func (t *Tx) Requeue(ctx context.Context, id int64) error              { return errUnfinished }

func (t *Tx) ClaimKey(ctx context.Context, mac []byte, scope string, requestSHA []byte) (Answer, bool, error) {
	return Answer{}, false, errUnfinished
}
func (t *Tx) StoreAnswer(ctx context.Context, mac []byte, scope string, sealed []byte) error {
	return errUnfinished
}
func (t *Tx) ReleaseKey(ctx context.Context, mac []byte, scope string) error { return errUnfinished }
func (t *Tx) PurgeKeys(ctx context.Context, before time.Time) (int, error)   { return 0, errUnfinished }

func (t *Tx) PutRating(ctx context.Context, id string, r Rating) error { return errUnfinished }
func (t *Tx) AddConsent(ctx context.Context, id string, role report.Role, subject string) (reporter bool, admins int, err error) {
	return false, 0, errUnfinished
}
func (t *Tx) ClearConsents(ctx context.Context, id string) error { return errUnfinished }
func (t *Tx) WriteAudit(ctx context.Context, a Audit) error      { return errUnfinished }
