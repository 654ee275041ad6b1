package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// What a reporter does on his page beside the actions of the office.
const (
	doRate    = "rate"
	doNewCode = "new_code"
	doErase   = "erase"
)

// sure says which acts ask first whether they are meant: they cannot be taken
// back, or not by the reporter alone.
var sure = map[string]bool{string(report.Withdraw): true, string(report.MakeSecret): true, doNewCode: true, doErase: true, consentPublic: true}

// act does what the reporter asks for on his page. What he must mend is shown
// there with what he wrote.
func (s *server) act(c *gin.Context) error {
	id, err := report.ParseID(c.Param("id"))
	if err != nil {
		return fault.New(fault.NotFound, office.NotFoundSentence)
	}
	who, err := s.caller(c, id)
	if err != nil {
		return err
	}
	if who.Code == "" {
		return fault.New(fault.Unauthenticated, "Sesi Anda telah berakhir. Buka laporan dengan kode aksesnya, lalu ulangi.")
	}
	what := c.PostForm("tindakan")
	f := formOf(c, "text", "rating_text", "score", "sure", "tindakan")
	l := languageOf(c)
	if sure[what] && f.Get("sure") == "" {
		f.Wrong = append(f.Wrong, wrong{"sure-" + what, l.say("wrong.sure")})
		return s.showReport(c, http.StatusUnprocessableEntity, who, id, f, "")
	}
	said, code, err := s.do(c, who, id, what, f)
	switch {
	case f.blamed(l, err, "text"):
		return s.showReport(c, door422(err), who, id, f, "")
	case err != nil:
		return err
	case code != "":
		return s.showReport(c, http.StatusOK, withCode(code), id, form{Values: map[string][]string{}}, code)
	}
	return s.goTo(c, "/laporan/"+id+"?kabar="+said)
}

// door422 is the status of a page that shows again what must be mended.
func door422(err error) int {
	if fault.KindOf(err) == fault.Conflict {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// do does one act and returns what the page says then, or a new access code.
func (s *server) do(c *gin.Context, who office.Caller, id, what string, f form) (said, code string, err error) {
	ctx, key := c.Request.Context(), c.PostForm(keyField)
	switch a := report.Action(what); {
	case what == doRate:
		score, _ := strconv.Atoi(f.Get("score")) // no number is refused as 0 is
		_, err := s.Office.Rate(ctx, who, id, score, f.Get("rating_text"))
		return doRate, "", err
	case what == doNewCode:
		made, err := s.Office.ReplaceCode(ctx, who, id, key)
		if err != nil {
			return "", "", err
		}
		return "", made.AccessCode, s.openSession(c, id, made.AccessCode)
	case what == doErase:
		_, err := s.Office.Erase(ctx, who, id)
		return doErase, "", err
	case a == report.MakeSecret, a == consentPublic:
		v, err := s.Office.SetVisibility(ctx, who, id, a == report.MakeSecret, key)
		return what, "", s.settled(ctx, who, v.CommandID, v.State, err)
	case a == report.Reply, a == report.SupplyInfo, a == report.ConfirmDone, a == report.Reopen, a == report.Withdraw:
		done, err := s.Office.Command(ctx, who, id, office.Act{Action: a, Text: f.Get("text")}, key)
		return what, "", s.settled(ctx, who, done.CommandID, done.State, err)
	}
	return "", "", fault.New(fault.Invalid, "Tindakan ini tidak dikenal.")
}

// settled waits a moment for the workflow to apply a command, so that the next
// page shows it. A refusal is returned as the fault it is; whatever else happens,
// the command is accepted.
func (s *server) settled(ctx context.Context, who office.Caller, command, state string, err error) error {
	if err != nil || state != office.StateWaiting {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Wait)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		status, err := s.Office.CommandStatus(ctx, who, command)
		switch {
		case err != nil:
			return nil //nolint:nilerr // accepted all the same
		case status.State == office.StateRefused:
			return fault.New(fault.Kind(status.Kind), "%s", status.Reason)
		case status.State == office.StateApplied:
			return nil
		}
	}
}

// lostCode asks whose code was lost.
func (s *server) lostCode(c *gin.Context) error {
	return s.show(c, http.StatusOK, "lost_code", page{Data: form{Values: map[string][]string{}}})
}

// sendCode has a new code sent to the contact of a report, if there is such a
// report with a contact. The answer is the same in every case, and comes at the
// same time.
func (s *server) sendCode(c *gin.Context) error {
	f := formOf(c, "id")
	id, err := report.ParseID(f.Get("id"))
	if err != nil {
		if !f.blamed(languageOf(c), err, "id") {
			return err
		}
		return s.show(c, http.StatusUnprocessableEntity, "lost_code", page{Data: f})
	}
	if _, err := s.Office.ReplaceCode(c.Request.Context(), anybody, id, ""); err != nil {
		return err
	}
	s.door.Level(c.Request.Context())
	return s.show(c, http.StatusOK, "code_sent", page{Path: "/kode-hilang"})
}
