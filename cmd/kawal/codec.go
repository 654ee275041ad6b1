package main

import (
	"context"
	"fmt"
	"net"
)

// codecListener is where kawal dev opens payloads for the Temporal UI. It is
// there before the UI, which is told its address; requests wait until it
// serves.
func codecListener(ctx context.Context) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("codec: %w", err)
	}
	return l, nil
}

// serveCodec opens payloads for pages of the Temporal UI until ctx ends.
func (p *parts) serveCodec(ctx context.Context, l net.Listener) error {
	return serveLocal(ctx, l, p.keys.Console(p.uiURL))
}
