package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/kawal-id/kawal/calendar"
	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

const rulesUsage = `usage: kawal rules check FILE   validate a rule set and print it; - reads standard input
       kawal rules load FILE    record its new versions in the database
       kawal rules list         print the rule sets of the database
       kawal rules show ID      print one as a file
`

// rules checks, records and prints rule sets. A file that is refused is exit
// code 2, with line and reason on standard error and nothing changed.
func rules(ctx context.Context, args []string, pr program) int {
	switch {
	case len(args) == 2 && args[0] == "check":
		return rulesCheck(args[1], pr)
	case len(args) == 2 && args[0] == "load":
		return rulesLoad(ctx, args[1], pr)
	case len(args) == 1 && args[0] == "list":
		return rulesList(ctx, pr)
	case len(args) == 2 && args[0] == "show":
		return rulesShow(ctx, args[1], pr)
	}
	fmt.Fprint(pr.errOut, rulesUsage)
	return 2
}

func rulesCheck(name string, pr program) int {
	sets, err := rulesFile(name, pr.in)
	if err != nil {
		return rulesRefused(name, err, pr)
	}
	if err := printRules(pr.out, sets); err != nil {
		return pr.failed(err)
	}
	return 0
}

// rulesFile reads a rule set from a file, or from in if the name is "-".
func rulesFile(name string, in io.Reader) ([]report.RuleSet, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return report.ReadRules(in)
}

func rulesRefused(name string, err error, pr program) int {
	fmt.Fprintf(pr.errOut, "kawal rules: %s: %v\n", name, err)
	return 2
}

func rulesLoad(ctx context.Context, name string, pr program) int {
	sets, err := rulesFile(name, pr.in)
	if err != nil {
		return rulesRefused(name, err, pr)
	}
	st, err := rulesStore(ctx, pr)
	if err != nil {
		return pr.failed(err)
	}
	defer st.Close()
	var added []report.RuleSet
	err = st.As(ctx, store.Actor{Kind: store.Worker}, func(ctx context.Context, tx *store.Tx) error {
		added, err = tx.AddRules(ctx, sets)
		if err != nil || len(added) == 0 {
			return err
		}
		return tx.WriteAudit(ctx, rulesLine(added))
	})
	if err != nil {
		return pr.failed(err)
	}
	for _, r := range added {
		fmt.Fprintf(pr.out, "%s versi %d dicatat, %s\n", r.ID, r.Version, effective(r))
	}
	if len(added) == 0 {
		fmt.Fprintf(pr.out, "%s: tidak ada versi baru\n", sets[0].ID)
	}
	return 0
}

// rulesLine is the line of the audit log on versions loaded by the operator.
func rulesLine(added []report.RuleSet) store.Audit {
	detail := struct {
		ID       string `json:"rule_set"`
		Versions []int  `json:"versions"`
	}{ID: added[0].ID}
	for _, r := range added {
		detail.Versions = append(detail.Versions, r.Version)
	}
	raw, err := json.Marshal(detail)
	if err != nil {
		panic(err) // a text and numbers can be encoded
	}
	return store.Audit{Actor: store.Actor{Kind: store.Worker}, Action: "load_rules", Allowed: true, Detail: raw}
}

func rulesStore(ctx context.Context, pr program) (*store.Store, error) {
	s, err := localOr(pr.getenv)
	if err != nil {
		return nil, err
	}
	if s.databaseURL == "" {
		return nil, errors.New("KAWAL_DATABASE_URL is required")
	}
	return store.Open(ctx, store.Config{URL: s.databaseURL, MaxConns: 2, Now: time.Now})
}

func rulesList(ctx context.Context, pr program) int {
	st, err := rulesStore(ctx, pr)
	if err != nil {
		return pr.failed(err)
	}
	defer st.Close()
	sets, err := st.RuleSets(ctx)
	if err != nil {
		return pr.failed(err)
	}
	if err := printRules(pr.out, sets); err != nil {
		return pr.failed(err)
	}
	return 0
}

func rulesShow(ctx context.Context, id string, pr program) int {
	st, err := rulesStore(ctx, pr)
	if err != nil {
		return pr.failed(err)
	}
	defer st.Close()
	sets, err := st.RuleSets(ctx)
	if err != nil {
		return pr.failed(err)
	}
	var own []report.RuleSet
	for _, r := range sets {
		if r.ID == id {
			own = append(own, r)
		}
	}
	if len(own) == 0 {
		return pr.failed(fmt.Errorf("aturan %q tidak dikenal", id))
	}
	if err := report.WriteRules(pr.out, own); err != nil {
		return pr.failed(err)
	}
	return 0
}

// ruleUnits are the units of limits in Indonesian.
var ruleUnits = map[report.Unit]string{
	report.WorkingDays: "hari kerja", report.CalendarDays: "hari kalender", report.WorkingHours: "jam kerja", report.Seconds: "detik",
}

// classNames are the classes [klasifikasi] in Indonesian.
var classNames = map[report.Class]string{
	report.ComplaintOrdinary: "pengaduan tidak berkadar pengawasan", report.ComplaintSupervisory: "pengaduan berkadar pengawasan",
	report.Aspiration: "aspirasi", report.InformationRequest: "permintaan informasi",
}

// printRules prints a table of each version.
func printRules(out io.Writer, sets []report.RuleSet) error {
	for i, r := range sets {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s versi %d, %s%s\nSumber: %s\n", r.ID, r.Version, effective(r), marks(r), r.Source)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, l := range r.Limits() {
			name, source := l.Clock.Name(), ""
			if l.Class != "" {
				name += ", " + classNames[l.Class]
			}
			if l.Source != r.Source {
				source = "(" + l.Source + ")"
			}
			fmt.Fprintf(w, "  %s\t%d %s\t%s\n", name, l.Limit.N, ruleUnits[l.Limit.Unit], source)
		}
		for _, c := range report.Classes {
			if r.Resolution[c].None() {
				fmt.Fprintf(w, "  %s, %s\ttanpa batas\t\n", report.Resolution.Name(), classNames[c])
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func effective(r report.RuleSet) string {
	if r.From.IsZero() {
		return "berlaku sejak awal (tanggal belum diverifikasi)"
	}
	return "berlaku sejak " + calendar.DateOf(r.From).Indonesian()
}

func marks(r report.RuleSet) string {
	s := ""
	if r.Provisional {
		s += ", sementara"
	}
	if r.Demo {
		s += ", hanya untuk peragaan"
	}
	return s
}
