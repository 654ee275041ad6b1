package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// demo plays a whole life through the API under the rule set "demo", in which
// seconds stand for working days: submit, verify and forward, follow-up, reply,
// second follow-up, silence, closed, reopened, closed again. kawal dev must run.
func demo(ctx context.Context, _ []string, pr program) int {
	s, err := localOr(pr.getenv)
	if err != nil {
		return pr.failed(err)
	}
	p := &player{base: "http://" + s.addr + "/v1", out: pr.out, begun: time.Now(), ui: s.uiURL}
	for subject, to := range map[string]*string{"admin.demo": &p.admin, "petugas.demo": &p.officer} {
		if *to, err = s.token(subject, time.Hour); err != nil {
			return pr.failed(err)
		}
	}
	if err := p.play(ctx); err != nil {
		return pr.failed(err)
	}
	return 0
}

// player plays reporter, administrator and officer.
type player struct {
	base, ui       string
	admin, officer string // tokens
	id, code       string
	out            io.Writer
	begun          time.Time
}

func (p *player) play(ctx context.Context) error {
	if err := p.submit(ctx); err != nil {
		return err
	}
	for _, act := range []struct {
		say, path, token string
		body             any
		then             string // stage to wait for
	}{
		{"administrator verifies and forwards", "forward", p.admin, map[string]string{"agency": "demo",
			"public_title": "Lampu jalan padam", "public_body": "Tiga lampu jalan padam sejak pekan lalu."}, "follow_up"},
		{"officer posts a follow-up", "follow-ups", p.officer, map[string]string{"text": "Lampu akan diperbaiki hari ini."}, "closure"},
		{"reporter replies: a new round", "replies", "", map[string]string{"text": "Satu lampu masih padam."}, "follow_up"},
		{"officer posts a second follow-up", "follow-ups", p.officer, map[string]string{"text": "Lampu terakhir sudah diganti."}, "closure"},
		{"now everybody is silent", "", "", nil, "closed"},
		{"reporter reopens", "reopen", "", nil, "follow_up"},
		{"officer answers again", "follow-ups", p.officer, map[string]string{"text": "Sudah diperiksa ulang, semua menyala."}, "closure"},
		{"silent again", "", "", nil, "closed"},
	} {
		p.say(act.say)
		if act.path != "" {
			if err := p.call(ctx, http.MethodPost, "/reports/"+p.id+"/"+act.path, act.token, act.body, nil); err != nil {
				return fmt.Errorf("%s: %w", act.say, err)
			}
		}
		if err := p.await(ctx, act.then); err != nil {
			return fmt.Errorf("%s: %w", act.say, err)
		}
	}
	p.say("the end. Its history: " + p.ui + "/namespaces/kawal/workflows/" + p.id)
	return nil
}

func (p *player) submit(ctx context.Context) error {
	var receipt struct {
		TrackingID string `json:"tracking_id"`
		AccessCode string `json:"access_code"`
	}
	err := p.call(ctx, http.MethodPost, "/reports", "", map[string]any{
		"title": "Lampu jalan padam", "body": "Tiga lampu jalan di depan balai warga padam sejak pekan lalu.",
		"class": "complaint_ordinary", "category": "roads.street-light", "region": "32", "agency": "demo",
		"identity": "none", "content": "public",
	}, &receipt)
	if err != nil {
		return fmt.Errorf("submit: %w", err)
	}
	p.id, p.code = receipt.TrackingID, receipt.AccessCode
	p.say("submitted as " + p.id)
	return p.await(ctx, "verification")
}

// view is what the demo reads of a report.
type view struct {
	Stage  string `json:"stage"`
	Label  string `json:"label"`
	Round  int    `json:"round"`
	Clocks []struct {
		Name   string     `json:"name"`
		Status string     `json:"status"`
		DueAt  *time.Time `json:"due_at"`
	} `json:"clocks"`
}

// longest is how long any stage of the demo may last: its longest clock is 40 s.
const longest = 90 * time.Second

// await waits until the report is in a stage and says so with its clocks.
func (p *player) await(ctx context.Context, stage string) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	for {
		var v view
		if err := p.call(ctx, http.MethodGet, "/reports/"+p.id, "", nil, &v); err != nil {
			return err
		}
		if v.Stage == stage {
			p.say(fmt.Sprintf("  stage %s (%s), round %d%s", v.Stage, v.Label, v.Round, v.running()))
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("still in %s, not in %s: %w", v.Stage, stage, ctx.Err())
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func (v view) running() string {
	s := ""
	for _, c := range v.Clocks {
		if c.Status == "running" && c.DueAt != nil {
			s += fmt.Sprintf("; %s %s", c.Name, c.DueAt.Local().Format("15:04:05"))
		}
	}
	return s
}

func (p *player) say(what string) {
	fmt.Fprintf(p.out, "%6.1f s  %s\n", time.Since(p.begun).Seconds(), what)
}

// call makes one request: with a token as staff, without as the reporter.
func (p *player) call(ctx context.Context, method, path, token string, body, answer any) error {
	var sent io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, sent)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	switch {
	case token != "":
		req.Header.Set("Authorization", "Bearer "+token)
	case p.code != "":
		req.Header.Set("X-Kawal-Code", p.code)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return errors.Join(err, errors.New("is kawal dev running?"))
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, refusal(b))
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(b, answer)
}

// refusal is what a problem document says, each field with its reason.
func refusal(b []byte) string {
	var p struct {
		Detail string `json:"detail"`
		Errors []struct {
			Pointer string `json:"pointer"`
			Detail  string `json:"detail"`
		} `json:"errors"`
	}
	if json.Unmarshal(b, &p) != nil || p.Detail == "" {
		return string(b)
	}
	for _, e := range p.Errors {
		p.Detail += fmt.Sprintf("; %s: %s", e.Pointer, e.Detail)
	}
	return p.Detail
}
