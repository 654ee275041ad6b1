package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/office"
	"github.com/kawal-id/kawal/report"
)

// CommandBody is what became of a command, as JSON.
type CommandBody struct {
	CommandID string          `json:"command_id"`
	State     string          `json:"state"`
	Outcome   *office.Outcome `json:"outcome,omitempty"`
	Report    *ReportBody     `json:"report,omitempty"`
}

// acted is the answer to every command: 200 once applied, and 202 with the
// address of the command while it waits.
type acted struct{ office.Answer }

// act gives one command.
func (s *server) act(ctx context.Context, id, key string, a office.Act) (*acted, error) {
	ctx, caller := from(ctx)
	answer, err := s.Office.Command(ctx, caller, id, a, key)
	if err != nil {
		return nil, err
	}
	return &acted{answer}, nil
}

func commandAddress(id string) string { return "/v1/commands/" + id }

func (a *acted) write(w http.ResponseWriter) error {
	b := CommandBody{CommandID: a.CommandID, State: a.State, Outcome: a.Outcome}
	if a.View != nil {
		v := reportBody(*a.View)
		b.Report = &v
	}
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("write answer to a command: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	status := http.StatusOK
	if a.State == office.StateWaiting {
		w.Header().Set("Location", commandAddress(a.CommandID))
		status = http.StatusAccepted
	}
	w.WriteHeader(status)
	_, err = w.Write(append(body, '\n'))
	return err
}

// ReadCommand says how far a command has come.
func (s *server) ReadCommand(ctx context.Context, r ReadCommandRequestObject) (ReadCommandResponseObject, error) {
	ctx, caller := from(ctx)
	status, err := s.Office.CommandStatus(ctx, caller, r.Id)
	if err != nil {
		return nil, err
	}
	return ReadCommand200JSONResponse(status), nil
}

// AmendReport changes class, category, region or accused units.
func (s *server) AmendReport(ctx context.Context, r AmendReportRequestObject) (AmendReportResponseObject, error) {
	return s.act(ctx, r.Id, "", office.Act{Action: report.Amend, Class: r.Body.Class, Category: r.Body.Category, Region: r.Body.Region, Accused: r.Body.Accused})
}

// Reply posts on the page of the report.
func (s *server) Reply(ctx context.Context, r ReplyRequestObject) (ReplyResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Reply, Text: r.Body.Text, Confirmed: r.Body.PublicConfirmed})
}

// Reopen opens a closed or archived report again.
func (s *server) Reopen(ctx context.Context, r ReopenRequestObject) (ReopenResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Reopen})
}

// SupplyInfo answers a question of the administrator.
func (s *server) SupplyInfo(ctx context.Context, r SupplyInfoRequestObject) (SupplyInfoResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.SupplyInfo, Text: r.Body.Text})
}

// ConfirmDone says that the report is done.
func (s *server) ConfirmDone(ctx context.Context, r ConfirmDoneRequestObject) (ConfirmDoneResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.ConfirmDone})
}

// Withdraw takes the report back for good.
func (s *server) Withdraw(ctx context.Context, r WithdrawRequestObject) (WithdrawResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Withdraw})
}

// Forward verifies and forwards to an agency.
func (s *server) Forward(ctx context.Context, r ForwardRequestObject) (ForwardResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Forward, Unit: r.Body.Agency, PublicTitle: r.Body.PublicTitle, PublicBody: r.Body.PublicBody, Confirmed: r.Body.PublicConfirmed})
}

// RequestInfo asks the reporter.
func (s *server) RequestInfo(ctx context.Context, r RequestInfoRequestObject) (RequestInfoResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.RequestInfo, Text: r.Body.Text})
}

// PassUp hands the report to the level above.
func (s *server) PassUp(ctx context.Context, r PassUpRequestObject) (PassUpResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.PassUp})
}

// Archive archives the report.
func (s *server) Archive(ctx context.Context, r ArchiveRequestObject) (ArchiveResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Archive, Reason: r.Body.Reason, Text: r.Body.Text})
}

// Reassign hands the report to another agency.
func (s *server) Reassign(ctx context.Context, r ReassignRequestObject) (ReassignResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Reassign, Unit: r.Body.Agency})
}

// Merge merges the report into another.
func (s *server) Merge(ctx context.Context, r MergeRequestObject) (MergeResponseObject, error) {
	target, err := report.ParseID(r.Body.Target)
	if err != nil {
		return nil, fault.At("/target", "%s", err)
	}
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Merge, Target: target})
}

// Unmerge takes the report out of another.
func (s *server) Unmerge(ctx context.Context, r UnmergeRequestObject) (UnmergeResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Unmerge})
}

// Extend grants the extension asked for.
func (s *server) Extend(ctx context.Context, r ExtendRequestObject) (ExtendResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Extend})
}

// DeclineExtension declines the extension asked for.
func (s *server) DeclineExtension(ctx context.Context, r DeclineExtensionRequestObject) (DeclineExtensionResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.DeclineExtension})
}

// Accept accepts the report for the agency.
func (s *server) Accept(ctx context.Context, r AcceptRequestObject) (AcceptResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Accept})
}

// Assign hands the report to a unit below.
func (s *server) Assign(ctx context.Context, r AssignRequestObject) (AssignResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Assign, Unit: r.Body.Unit})
}

// Note writes an internal note.
func (s *server) Note(ctx context.Context, r NoteRequestObject) (NoteResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Note, Text: r.Body.Text})
}

// PostFollowUp posts a follow-up.
func (s *server) PostFollowUp(ctx context.Context, r PostFollowUpRequestObject) (PostFollowUpResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.PostFollowUp, Text: r.Body.Text, Kind: r.Body.Kind})
}

// ReturnReport gives the report back to the administrator.
func (s *server) ReturnReport(ctx context.Context, r ReturnReportRequestObject) (ReturnReportResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.Return, Text: r.Body.Text})
}

// RequestExtension asks for more time.
func (s *server) RequestExtension(ctx context.Context, r RequestExtensionRequestObject) (RequestExtensionResponseObject, error) {
	return s.act(ctx, r.Id, r.Params.IdempotencyKey, office.Act{Action: report.RequestExtension, Clock: report.ClockKind(r.Body.Clock), Days: r.Body.Days})
}

// One answer serves all commands; the generated interfaces want one method each.

func (a *acted) VisitAmendReportResponse(w http.ResponseWriter) error      { return a.write(w) }
func (a *acted) VisitReplyResponse(w http.ResponseWriter) error            { return a.write(w) }
func (a *acted) VisitReopenResponse(w http.ResponseWriter) error           { return a.write(w) }
func (a *acted) VisitSupplyInfoResponse(w http.ResponseWriter) error       { return a.write(w) }
func (a *acted) VisitConfirmDoneResponse(w http.ResponseWriter) error      { return a.write(w) }
func (a *acted) VisitWithdrawResponse(w http.ResponseWriter) error         { return a.write(w) }
func (a *acted) VisitForwardResponse(w http.ResponseWriter) error          { return a.write(w) }
func (a *acted) VisitRequestInfoResponse(w http.ResponseWriter) error      { return a.write(w) }
func (a *acted) VisitPassUpResponse(w http.ResponseWriter) error           { return a.write(w) }
func (a *acted) VisitArchiveResponse(w http.ResponseWriter) error          { return a.write(w) }
func (a *acted) VisitReassignResponse(w http.ResponseWriter) error         { return a.write(w) }
func (a *acted) VisitMergeResponse(w http.ResponseWriter) error            { return a.write(w) }
func (a *acted) VisitUnmergeResponse(w http.ResponseWriter) error          { return a.write(w) }
func (a *acted) VisitExtendResponse(w http.ResponseWriter) error           { return a.write(w) }
func (a *acted) VisitDeclineExtensionResponse(w http.ResponseWriter) error { return a.write(w) }
func (a *acted) VisitAcceptResponse(w http.ResponseWriter) error           { return a.write(w) }
func (a *acted) VisitAssignResponse(w http.ResponseWriter) error           { return a.write(w) }
func (a *acted) VisitNoteResponse(w http.ResponseWriter) error             { return a.write(w) }
func (a *acted) VisitPostFollowUpResponse(w http.ResponseWriter) error     { return a.write(w) }
func (a *acted) VisitReturnReportResponse(w http.ResponseWriter) error     { return a.write(w) }
func (a *acted) VisitRequestExtensionResponse(w http.ResponseWriter) error { return a.write(w) }
