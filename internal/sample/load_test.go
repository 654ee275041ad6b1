package sample_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/sample"
)

// The patterns of store/migrations/00002_catalogue.sql.
var (
	regionCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	otherID    = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
)

func TestRegionsAreAllProvincesAndRegenciesAndAbroad(t *testing.T) {
	t.Parallel()
	provinces, regencies, cities := 0, 0, 0
	for _, r := range sample.Regions() {
		switch {
		case r.Code == "abroad":
		case r.Parent == "":
			provinces++
			require.Regexp(t, `^[1-9][0-9]$`, r.Code)
		default:
			if strings.HasPrefix(r.Name, "Kota ") {
				cities++
			} else {
				regencies++
			}
			require.Regexp(t, `^[1-9][0-9]\.[0-9]{2}$`, r.Code)
			require.Equal(t, r.Parent, r.Code[:2])
			require.Regexp(t, `^(Kabupaten|Kota) `, r.Name)
		}
	}
	require.Equal(t, 38, provinces)
	require.Equal(t, 416, regencies)
	require.Equal(t, 98, cities)
	require.Contains(t, sample.Regions(), sample.Region{Code: "32.01", Parent: "32", Name: "Kabupaten Bogor"})
	require.Contains(t, sample.Regions(), sample.Region{Code: "abroad", Name: "Luar Negeri"})
}

func TestEveryRowComesAfterWhatItRefersTo(t *testing.T) {
	t.Parallel()
	type row struct {
		id, name string
		refers   []string
	}
	kinds := map[string][]row{}
	for _, r := range sample.Regions() {
		kinds["region"] = append(kinds["region"], row{r.Code, r.Name, []string{r.Parent}})
	}
	for _, c := range sample.Categories() {
		kinds["category"] = append(kinds["category"], row{c.Code, c.NameID, []string{c.Parent}})
	}
	for _, a := range sample.Agencies() {
		kinds["agency"] = append(kinds["agency"], row{a.ID, a.Name, []string{a.Parent, a.Oversight}})
	}
	for _, c := range sample.Calendars() {
		kinds["calendar"] = append(kinds["calendar"], row{c.ID, c.Zone, nil})
	}
	for kind, pattern := range map[string]*regexp.Regexp{"region": regionCode, "category": otherID, "agency": otherID, "calendar": otherID} {
		require.NotEmpty(t, kinds[kind], kind)
		seen := map[string]bool{}
		for _, r := range kinds[kind] {
			require.Regexp(t, pattern, r.id, kind)
			require.NotEmpty(t, r.name, r.id)
			require.False(t, seen[r.id], "%s %s occurs twice", kind, r.id)
			for _, earlier := range r.refers {
				require.True(t, earlier == "" || seen[earlier], "%s %s stands before %s", kind, r.id, earlier)
			}
			seen[r.id] = true
		}
	}
}

func TestCategoriesCarryTheirContentAndWeight(t *testing.T) {
	t.Parallel()
	topics := 0
	for _, c := range sample.Categories() {
		require.Contains(t, []string{"public", "secret"}, c.DefaultContent, c.Code)
		require.NotEmpty(t, c.NameEN, c.Code)
		if c.Parent == "" {
			topics++
			require.Positive(t, c.Weight, c.Code)
			continue
		}
		require.Zero(t, c.Weight, c.Code)
		require.True(t, strings.HasPrefix(c.Code, c.Parent+"."), c.Code)
	}
	require.Equal(t, 26, topics)
	require.Len(t, sample.Categories(), 126)
	require.Equal(t, sample.Category{Code: "roads", NameID: "Pekerjaan Umum dan Penataan Ruang",
		NameEN: "Public works and spatial planning", DefaultContent: "public", Weight: 546}, sample.Categories()[0])
}

func TestAgenciesAreOneTreeOfAtLeastThreeLevelsBelowTheRoot(t *testing.T) {
	t.Parallel()
	regions, calendars := map[string]bool{"": true}, map[string]string{"": ""}
	for _, r := range sample.Regions() {
		regions[r.Code] = true
	}
	for _, c := range sample.Calendars() {
		calendars[c.ID] = c.Zone
	}
	depth, zones := map[string]int{}, map[string]string{}
	roots, deepest := 0, 0
	for _, a := range sample.Agencies() {
		if a.Parent == "" {
			roots++
			require.Equal(t, "national", a.ID)
			require.Equal(t, "sp4n-lapor", a.RuleSet)
		} else {
			depth[a.ID] = depth[a.Parent] + 1
			deepest = max(deepest, depth[a.ID])
		}
		require.True(t, regions[a.Region], "%s lies in no region", a.ID)
		require.Contains(t, calendars, a.Calendar, a.ID)
		require.NotEqual(t, a.ID, a.Oversight)
		require.Equal(t, a.ID == "demo", a.RuleSet == "demo", "only the unit demo may name the rule set demo")
		zones[calendars[a.Calendar]] = a.ID
	}
	require.Equal(t, 1, roots)
	require.Equal(t, 3, deepest)
	require.Equal(t, 3, depth["puskesmas-tirta-satu"])
	require.Equal(t, 1, depth["demo"])
	require.Equal(t, "samudralaya", zones["Asia/Makassar"])
	require.Equal(t, "cendrawana", zones["Asia/Jayapura"])
}

func TestTheSampleRegenciesAreFictional(t *testing.T) {
	t.Parallel()
	actual := map[string]bool{}
	for _, r := range sample.Regions() {
		actual[r.Name] = true
	}
	for _, name := range []string{"Tirtajaya", "Samudralaya", "Cendrawana"} {
		require.False(t, actual["Kabupaten "+name])
		require.False(t, actual["Kota "+name])
	}
}

func TestCalendarsCoverTheThreeZonesAndTheSixDayWeek(t *testing.T) {
	t.Parallel()
	six, zones := 0, map[string]bool{}
	for _, c := range sample.Calendars() {
		_, err := time.LoadLocation(c.Zone)
		require.NoError(t, err, c.ID)
		require.Contains(t, []int{5, 6}, c.Week, c.ID)
		require.True(t, c.JointLeave, c.ID)
		zones[c.Zone] = true
		if c.Week == 6 {
			six++
		}
	}
	require.Equal(t, 1, six)
	require.Equal(t, map[string]bool{"Asia/Jakarta": true, "Asia/Makassar": true, "Asia/Jayapura": true}, zones)
	require.Equal(t, sample.Calendar{ID: "national", Zone: "Asia/Jakarta", Week: 5, JointLeave: true}, sample.Calendars()[0])
}

func TestStaffHoldKnownRolesInKnownUnitsWithDutiesSeparated(t *testing.T) {
	t.Parallel()
	inUnit := map[string]bool{"admin": true, "officer": true, "head": true, "integrator": true,
		"supervisor": false, "auditor": false, "custodian": false, "gateway": false}
	units, subjects, held := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, a := range sample.Agencies() {
		units[a.ID] = true
	}
	for _, s := range sample.Staff() {
		require.Regexp(t, otherID, s.Subject)
		require.False(t, subjects[s.Subject], "%s occurs twice", s.Subject)
		subjects[s.Subject] = true
		require.NotEmpty(t, s.Roles, s.Subject)
		for _, role := range s.Roles {
			wanted, known := inUnit[role]
			require.True(t, known, "%s has the unknown role %s", s.Subject, role)
			require.Equal(t, wanted, units[s.Unit], "%s has unit %q", s.Subject, s.Unit)
			held[role]++
		}
		if strings.Contains(strings.Join(s.Roles, " "), "admin") {
			require.NotContains(t, s.Roles, "custodian", s.Subject)
			require.NotContains(t, s.Roles, "auditor", s.Subject)
		}
	}
	require.Len(t, held, len(inUnit), "every role has a holder")
	require.GreaterOrEqual(t, held["custodian"], 2, "two are needed to open an identity")
	for _, s := range []string{"admin.national", "admin.tirtajaya", "admin.kominfo", "admin.demo", "petugas.demo", "petugas.pupr",
		"petugas.kesehatan", "petugas.bina-marga", "kepala.pupr", "inspektorat.supervisor", "auditor", "kustodian.1",
		"kustodian.2", "gateway.sms", "integrator.pupr"} {
		require.True(t, subjects[s], "%s is missing", s)
	}
}

func TestStaffAreNamedByFunctionNeverAsPersons(t *testing.T) {
	t.Parallel()
	function := regexp.MustCompile(`^(Admin|Petugas|Pejabat Penghubung|Kepala|Sistem|Pengawas|Auditor|Kustodian|Gerbang) `)
	for _, s := range sample.Staff() {
		require.Regexp(t, function, s.Name)
	}
}

func TestCallersCannotChangeTheSample(t *testing.T) {
	t.Parallel()
	mine := sample.Staff()
	mine[0].Roles[0], mine[0].Name = "custodian", "x"
	require.Equal(t, []string{"admin"}, sample.Staff()[0].Roles)
	require.NotEqual(t, "x", sample.Staff()[0].Name)
}
