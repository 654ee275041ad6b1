package devstack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	patience = 20 * time.Second      // for a child to end by itself
	poll     = 50 * time.Millisecond // between looks at a child
	serving  = 120 * time.Second     // for a child to begin to serve
)

// process is one child in its own process group, with its output in a log file
// and its pid recorded, so that the next start can end it after a kill.
type process struct {
	name    string
	command func() *exec.Cmd
	end     syscall.Signal // asks it to end in good order
	log     string
	pid     string
	cmd     *exec.Cmd
	done    chan struct{}
}

func (c Config) process(name string, end syscall.Signal, command func() *exec.Cmd) *process {
	return &process{name: name, command: command, end: end,
		log: filepath.Join(c.logs(), name+".log"), pid: filepath.Join(c.pids(), name)}
}

// start starts the child and waits until ready returns nil.
func (p *process) start(ctx context.Context, ready func(context.Context) error) error {
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("log file: %w", err)
	}
	defer out.Close()
	p.cmd = p.command()
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if p.cmd.SysProcAttr == nil {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	p.cmd.SysProcAttr.Setpgid = true
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait() // how it ended is in its log
		close(done)
	}(p.cmd, p.done)
	if err := record(p.pid, p.cmd.Process.Pid, p.end); err != nil {
		return err
	}
	return p.await(ctx, ready)
}

// errEnded means that a program ended before it served.
var errEnded = errors.New("ended while starting")

func (p *process) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, serving)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s %w; see %s", p.name, errEnded, p.log)
		case <-ctx.Done():
			return fmt.Errorf("%s does not serve: %w; see %s", p.name, err, p.log)
		case <-time.After(poll):
		}
	}
}

// stop asks the child to end and, if it does not, kills it. Stopping one that
// does not run does nothing.
func (p *process) stop(ctx context.Context) error {
	if p == nil || p.cmd == nil || p.cmd.Process == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(p.end) // it may have ended already
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
	case <-time.After(patience):
		p.kill()
	}
	p.cmd = nil
	if err := os.Remove(p.pid); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("recorded pid: %w", err)
	}
	return nil
}

// kill ends the child's whole group at once.
func (p *process) kill() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have ended already
	<-p.done
}

// record keeps a pid with the signal that ends it and its start time, which
// tells it from a later process of the same number.
func record(file string, pid int, end syscall.Signal) error {
	begun, err := startTime(pid)
	if err != nil {
		return nil //nolint:nilerr // it ended at once; await tells
	}
	if err := os.WriteFile(file, fmt.Appendf(nil, "%d %d %s", pid, end, begun), 0o644); err != nil {
		return fmt.Errorf("record pid: %w", err)
	}
	return nil
}

// startTime is field 22 of /proc/PID/stat, in clock ticks since boot.
func startTime(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 20 || fields[0] == "Z" {
		return "", fmt.Errorf("%d has ended", pid)
	}
	return fields[19], nil
}

// endLeftovers ends the children of an earlier start that was killed, in
// reverse alphabetical order: UI, Temporal, then PostgreSQL, which they use.
func endLeftovers(dir string) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return // no folder, no leftovers
	}
	slices.Reverse(files)
	for _, f := range files {
		file := filepath.Join(dir, f.Name())
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		var pid, end int
		var begun string
		if _, err := fmt.Sscan(string(text), &pid, &end, &begun); err == nil {
			endGroup(pid, syscall.Signal(end), begun)
		}
		_ = os.Remove(file) // a stale record does no harm
	}
}

// endGroup ends a process that began at a time, and returns once it is gone. A
// later process of the same number is left alone.
func endGroup(pid int, end syscall.Signal, begun string) {
	for _, try := range []struct {
		signal syscall.Signal
		to     int
	}{{end, pid}, {syscall.SIGKILL, -pid}} {
		if gone(pid, begun) {
			return
		}
		_ = syscall.Kill(try.to, try.signal) // it may have ended in between
		for range int(patience / poll) {
			if gone(pid, begun) {
				return
			}
			time.Sleep(poll)
		}
	}
}

// gone reports whether the process has ended; a zombie has.
func gone(pid int, begun string) bool {
	now, err := startTime(pid)
	return err != nil || now != begun
}

// freePorts returns n different free TCP ports on loopback, from 20000 to
// 32767: below the range from which the kernel draws outgoing ports, and what
// the column of Temporal's membership table can hold.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range 1000 {
		if len(ports) == n {
			return ports, nil
		}
		port := 20000 + rand.IntN(12768)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // taken
		}
		defer l.Close()
		ports = append(ports, port)
	}
	return nil, errors.New("no free port from 20000 to 32767")
}
