// Package notify turns outbox rows into messages to people and sends them. A
// message never holds a text, a name or a category: it says that something
// happened to a tracking id and where to read it.
package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// Message is one message to one address.
type Message struct {
	To      string
	Subject string
	Body    string
	Key     string // the same for every try of one notice and address, for deduplication by the receiver
}

// Sender sends a message. An error means that it may be tried again; sending
// the same Key twice is harmless.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Notifier knows where people are. All fields are required.
type Notifier struct {
	Sender  Sender
	Contact func(n store.Notice) (address string, err error) // opens the sealed contact; "" if it has no e-mail
	Staff   func(subject string) (address string)
	BaseURL string // of the tracking pages, without a slash at the end
}

// Notify sends one notice to all its receivers and returns the subjects of the
// staff it has reached, also with an error: one bad address keeps it from nobody
// else. Repeating it sends again under the same keys. A notice without any
// address is done.
func (n Notifier) Notify(ctx context.Context, row store.Notice) (reached []string, err error) {
	receivers, err := n.receivers(row)
	if err != nil {
		return nil, err
	}
	subject, body, err := n.words(row)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, r := range receivers {
		key := fmt.Sprintf("%d.%s", row.ID, strings.ReplaceAll(r.address, "@", "."))
		err := n.Sender.Send(ctx, Message{To: r.address, Subject: subject, Body: body, Key: key})
		if err == nil && r.subject != "" {
			reached = append(reached, r.subject)
		}
		errs = append(errs, err)
	}
	return reached, errors.Join(errs...)
}

// ErrUnreachable means that there is no address a message could go to.
var ErrUnreachable = errors.New("no e-mail address")

// Reachable reports whether the reporter has an address: ErrUnreachable if not.
func (n Notifier) Reachable(row store.Notice) error {
	row.To = report.ToReporter
	receivers, err := n.receivers(row)
	if err == nil && len(receivers) == 0 {
		err = ErrUnreachable
	}
	return err
}

// NotifyCode sends a new access code to the reporter's contact.
func (n Notifier) NotifyCode(ctx context.Context, row store.Notice, code string) error {
	row.To = report.ToReporter
	receivers, err := n.receivers(row)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range receivers {
		errs = append(errs, n.Sender.Send(ctx, Message{To: r.address, Subject: "Laporan " + row.Report, Key: fmt.Sprintf("%d.code", row.ID),
			Body: fmt.Sprintf("Kode akses baru Anda: %s\nKode yang lama tidak berlaku lagi.\n\nNomor laporan: %s\n", code, row.Report)}))
	}
	return errors.Join(errs...)
}

// receiver is one address, of the reporter or of the staff member with subject.
type receiver struct{ subject, address string }

func (n Notifier) receivers(row store.Notice) ([]receiver, error) {
	if row.To == report.ToReporter {
		if row.Contact == nil {
			return nil, nil
		}
		a, err := n.Contact(row)
		if err != nil {
			return nil, fmt.Errorf("open contact: %w", err)
		}
		if a == "" {
			return nil, nil
		}
		return []receiver{{address: a}}, nil
	}
	var all []receiver
	for _, s := range row.Subjects {
		all = append(all, receiver{s, n.Staff(s)})
	}
	return all, nil
}

// words returns subject and body. A sealed reporter reads only that there is
// news: whoever sees the message must not learn what it is about.
func (n Notifier) words(row store.Notice) (subject, body string, err error) {
	what, ok := sentences[row.To][row.Template]
	if !ok {
		return "", "", fmt.Errorf("notice %q to %s has no words", row.Template, row.To)
	}
	due := dueLine(row)
	if row.Sealed && row.To == report.ToReporter {
		what, due = "Ada kabar.", ""
	}
	subject = "Laporan " + row.Report
	body = fmt.Sprintf("%s\n\n%sNomor laporan: %s\n%s/%s\n", what, due, row.Report, n.BaseURL, row.Report)
	return subject, body, nil
}
