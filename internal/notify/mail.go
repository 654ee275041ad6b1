package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/wneessen/go-mail"
)

// SMTP sends through a mail server.
type SMTP struct {
	Host     string // required
	Port     int    // 0: 587
	User     string // empty: no authentication
	Password string
	From     string // required
	Insecure bool   // no TLS; only for a server on this machine
}

// Send delivers one message to the server. The Message-ID is made from the key,
// so that a receiver can tell a repetition.
func (s SMTP) Send(ctx context.Context, m Message) error {
	msg, err := compose(s.From, m)
	if err != nil {
		return err
	}
	opts := []mail.Option{mail.WithPort(587), mail.WithTLSPolicy(mail.TLSMandatory), mail.WithTimeout(10 * time.Second)}
	if s.Port != 0 {
		opts = append(opts, mail.WithPort(s.Port))
	}
	if s.Insecure {
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.User), mail.WithPassword(s.Password))
	}
	c, err := mail.NewClient(s.Host, opts...)
	if err != nil {
		return fmt.Errorf("mail client: %w", err)
	}
	if err := c.DialAndSendWithContext(ctx, msg); err != nil {
		return nameless(err)
	}
	return nil
}

// nameless says why mail was not sent without the address that the library
// adds: the reason is kept in the outbox and logged.
func nameless(err error) error {
	if e, ok := errors.AsType[*mail.SendError](err); ok {
		return fmt.Errorf("send mail: %s, SMTP code %d", e.Reason, e.ErrorCode())
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("reach mail server: %w", e)
	}
	return errors.New("send mail: the server did not take it")
}

// Folder writes each message as a file, for a machine without a mail server.
type Folder struct {
	Path string // made with mode 0700 when missing
	From string
}

// Send writes the message to a file named by its key. Repeating it writes the
// same file again.
func (f Folder) Send(_ context.Context, m Message) error {
	msg, err := compose(f.From, m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return fmt.Errorf("mail folder: %w", err)
	}
	if err := msg.WriteToFile(filepath.Join(f.Path, m.Key+".eml")); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return nil
}

func compose(from string, m Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(from); err != nil {
		return nil, fmt.Errorf("sender %q: %w", from, err)
	}
	if err := msg.To(m.To); err != nil {
		return nil, errors.New("the receiver's address is malformed") // err would repeat it
	}
	msg.SetMessageIDWithValue(m.Key + "@kawal")
	msg.Subject(m.Subject)
	msg.SetBodyString(mail.TypeTextPlain, m.Body)
	return msg, nil
}
