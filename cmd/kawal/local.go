package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// local is what a running kawal dev tells the other commands: where things
// are. It lies in the data folder, readable by its owner only.
type local struct {
	Addr            string `json:"addr"`
	DatabaseURL     string `json:"database_url"`
	TemporalAddress string `json:"temporal_address"`
	TemporalUI      string `json:"temporal_ui"`
	Issuer          string `json:"issuer"`
}

func (s settings) localFile() string { return filepath.Join(s.data, "local.json") }

func (s settings) writeLocal(l local) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.localFile(), b, 0o600); err != nil {
		return fmt.Errorf("tell other commands: %w", err)
	}
	return nil
}

// localOr reads the settings and fills what the environment leaves open from a
// kawal dev that runs, or ran, on this data folder.
func localOr(getenv func(string) string) (settings, error) {
	s, err := load(getenv)
	if err != nil {
		return s, err
	}
	b, err := os.ReadFile(s.localFile())
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read %s: %w", s.localFile(), err)
	}
	var l local
	if err := json.Unmarshal(b, &l); err != nil {
		return s, fmt.Errorf("read %s: %w", s.localFile(), err)
	}
	for _, f := range []struct {
		to   *string
		from string
	}{{&s.databaseURL, l.DatabaseURL}, {&s.temporalAddress, l.TemporalAddress}, {&s.uiURL, l.TemporalUI}, {&s.issuer, l.Issuer}} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	if getenv("KAWAL_ADDR") == "" {
		s.addr = l.Addr
	}
	return s, nil
}
