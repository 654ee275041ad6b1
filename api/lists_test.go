package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

func TestEveryFilterReachesTheOffice(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.ask(t, "GET", "/v1/reports?category=jalan&agency=dinas-pu&region=32.04&stage=follow_up&late=false&q=lubang+besar"+
		"&bbox=106.5,-7.5,108,-6&since=2025-08-06T09:00:00%2B07:00&limit=7&cursor=abc", "", nobody)
	late := false
	got := d.desk.last()
	require.Equal(t, "abc", got.ID)
	f := got.Asked.(office.Filter)
	require.True(t, f.Since.Equal(time.Date(2025, 8, 6, 2, 0, 0, 0, time.UTC)))
	f.Since = time.Time{}
	require.Equal(t, office.Filter{
		Category: "jalan", Agency: "dinas-pu", Region: "32.04", Stage: report.FollowUp, Late: &late, Q: "lubang besar",
		BBox: &[4]float64{106.5, -7.5, 108, -6}, Limit: 7,
	}, f)

	d.ask(t, "GET", "/v1/reports", "", nobody)
	require.Equal(t, office.Filter{Limit: 50}, d.desk.last().Asked)
}

func TestReportsWithoutAPointAreCountedBesideTheMap(t *testing.T) {
	t.Parallel()
	w := newDoor(t).ask(t, "GET", "/v1/reports.geojson", "", nobody)
	require.Equal(t, "application/geo+json", w.Header().Get("Content-Type"))
	var got map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Equal(t, "FeatureCollection", got["type"])
	require.EqualValues(t, 3, got["without_point"])
}

func TestASubmissionReachesTheOfficeWhole(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	w := d.ask(t, "POST", "/v1/reports", `{"title":"Jalan berlubang","body":"Lubang.","class":"complaint_supervisory","category":"jalan",
		"attributes":{"lebar":"1 m"},"region":"32.04","lat":-6.9,"long":107.6,"occurred_on":"2025-08-01","agency":"dinas-pu",
		"accused":["uptd"],"identity":"open","content":"secret","show_name":true,"name":"Pelapor Contoh","nik":"0000000000000000",
		"address":"Jalan Contoh 1","contact":"pelapor@example.id"}`, nobody)
	require.Equal(t, "/v1/reports/"+someID, w.Header().Get("Location"))
	lat, long := -6.9, 107.6
	require.Equal(t, office.Submission{
		Title: "Jalan berlubang", Body: "Lubang.", Class: report.ComplaintSupervisory, Category: "jalan",
		Attributes: map[string]string{"lebar": "1 m"}, Region: "32.04", Lat: &lat, Long: &long, OccurredOn: "2025-08-01",
		Agency: "dinas-pu", Accused: []string{"uptd"}, Identity: office.IdentityOpen, Content: office.ContentSecret, ShowName: true,
		Name: "Pelapor Contoh", NIK: "0000000000000000", Address: "Jalan Contoh 1", Contact: "pelapor@example.id",
	}, d.desk.last().Asked)
}

func TestEveryCommandReachesTheOfficeAsItsAction(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path, body string
		who        as
		want       office.Act
	}{
		{"/replies", `{"text":"a"}`, reporter, office.Act{Action: report.Reply, Text: "a"}},
		{"/supply-info", `{"text":"a"}`, reporter, office.Act{Action: report.SupplyInfo, Text: "a"}},
		{"/confirm", "", reporter, office.Act{Action: report.ConfirmDone}},
		{"/withdraw", "", reporter, office.Act{Action: report.Withdraw}},
		{"/reopen", "", reporter, office.Act{Action: report.Reopen}},
		{"/forward", `{"agency":"u","public_title":"a","public_body":"b"}`, staff, office.Act{Action: report.Forward, Unit: "u", PublicTitle: "a", PublicBody: "b"}},
		{"/request-info", `{"text":"a"}`, staff, office.Act{Action: report.RequestInfo, Text: "a"}},
		{"/pass-up", "", staff, office.Act{Action: report.PassUp}},
		{"/archive", `{"reason":"duplicate","text":"a"}`, staff, office.Act{Action: report.Archive, Reason: "duplicate", Text: "a"}},
		{"/reassign", `{"agency":"u"}`, staff, office.Act{Action: report.Reassign, Unit: "u"}},
		{"/merge", `{"target":"` + someID + `"}`, staff, office.Act{Action: report.Merge, Target: someID}},
		{"/unmerge", "", staff, office.Act{Action: report.Unmerge}},
		{"/extend", "", staff, office.Act{Action: report.Extend}},
		{"/decline-extension", "", staff, office.Act{Action: report.DeclineExtension}},
		{"/accept", "", staff, office.Act{Action: report.Accept}},
		{"/assign", `{"unit":"u"}`, staff, office.Act{Action: report.Assign, Unit: "u"}},
		{"/notes", `{"text":"a"}`, staff, office.Act{Action: report.Note, Text: "a"}},
		{"/follow-ups", `{"text":"a","kind":"interim"}`, staff, office.Act{Action: report.PostFollowUp, Text: "a", Kind: report.Interim}},
		{"/return", `{"text":"a"}`, staff, office.Act{Action: report.Return, Text: "a"}},
		{"/request-extension", `{"clock":"resolution","days":3}`, staff, office.Act{Action: report.RequestExtension, Clock: report.Resolution, Days: 3}},
	}
	for _, tt := range tests {
		t.Run(string(tt.want.Action), func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			tt.who = as{"Idempotency-Key": "0123456789abcdef", "Authorization": tt.who["Authorization"], "X-Kawal-Code": tt.who["X-Kawal-Code"]}
			for k, v := range tt.who {
				if v == "" {
					delete(tt.who, k)
				}
			}
			d.ask(t, "POST", "/v1/reports/"+someID+tt.path, tt.body, tt.who)
			require.Equal(t, tt.want, d.desk.last().Asked)
			require.Equal(t, "0123456789abcdef", d.desk.last().Key)
		})
	}
}

func TestNobodyAccusedIsNotTheSameAsUnchanged(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.ask(t, "PATCH", "/v1/reports/"+someID, `{"accused":[]}`, staff)
	require.Equal(t, office.Act{Action: report.Amend, Accused: []string{}}, d.desk.last().Asked)
	d.ask(t, "PATCH", "/v1/reports/"+someID, `{"region":"32"}`, staff)
	require.Equal(t, office.Act{Action: report.Amend, Region: "32"}, d.desk.last().Asked)
}
