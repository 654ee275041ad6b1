package seal

import (
	"crypto/ed25519"
	"fmt"
	"path/filepath"
)

// auditFile signs checkpoints of the audit log: the seed of an Ed25519 key.
const auditFile = "audit.key"

// OpenAuditKey reads the key that signs checkpoints of the audit log. Only the
// sealer needs it; who verifies needs its public half. It refuses a file that
// others can read and says when it is missing.
func OpenAuditKey(dir string) (ed25519.PrivateKey, error) {
	seed, err := read(filepath.Join(dir, auditFile))
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("key %s has %d bytes, not %d", auditFile, len(seed), ed25519.SeedSize)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
