package seal

import (
	"errors"
	"fmt"
	"strconv"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
)

// Metadata of a sealed payload.
const (
	encoding    = "binary/kawal1"
	keyIDField  = "kawal-key"
	reportField = "kawal-wf" // workflow id, associated data; empty where the SDK gives no context
)

// codec seals every Temporal payload with AES-256-GCM. The workflow id is
// associated data, so that a payload pasted into another history does not open.
type codec struct {
	keys     *Keys
	workflow string // from the serialization context; empty: not known
}

// Codec returns the payload codec. It is strict: what is not sealed is refused.
func (k *Keys) Codec() converter.PayloadCodec { return codec{keys: k} }

// DataConverter seals all payloads of a client or a worker.
func (k *Keys) DataConverter() converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), k.Codec())
}

// FailureConverter seals messages and stack traces of failures too.
func (k *Keys) FailureConverter() converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: k.DataConverter(), EncodeCommonAttributes: true,
	})
}

// WithSerializationContext binds the codec to the workflow it is used for.
func (c codec) WithSerializationContext(ctx converter.SerializationContext) converter.PayloadCodec {
	switch v := ctx.(type) {
	case converter.WorkflowSerializationContext:
		c.workflow = v.WorkflowID
	case converter.ActivitySerializationContext:
		c.workflow = v.WorkflowID
	}
	return c
}

// Encode seals payloads.
func (c codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("marshal payload: %w", err)
		}
		keys := c.keys.codec.now()
		data, err := keys.Encrypt(plain, []byte(c.workflow))
		if err != nil {
			return nil, fmt.Errorf("seal payload: %w", err)
		}
		sealed[i] = &commonpb.Payload{Data: data, Metadata: map[string][]byte{
			converter.MetadataEncoding: []byte(encoding), keyIDField: fmt.Append(nil, keys.primary), reportField: []byte(c.workflow),
		}}
	}
	return sealed, nil
}

// Decode opens payloads. It refuses plaintext, altered bytes or labels, labels
// that Encode does not write, and payloads of another workflow where the workflow
// is known.
func (c codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != encoding {
			return nil, errors.New("payload is not sealed")
		}
		if !labelled(p) {
			return nil, errors.New("payload has other labels than its seal")
		}
		of := p.GetMetadata()[reportField]
		if c.workflow != "" && len(of) > 0 && string(of) != c.workflow {
			return nil, errors.New("payload belongs to another workflow")
		}
		plain, err := c.keys.codec.now().Decrypt(p.GetData(), of)
		if err != nil {
			return nil, fmt.Errorf("open payload: %w", err)
		}
		opened[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(plain, opened[i]); err != nil {
			return nil, fmt.Errorf("unmarshal payload: %w", err)
		}
	}
	return opened, nil
}

// labelled reports whether a payload has the labels of a seal and no other. The
// workflow is associated data; the key must be the one that the ciphertext names,
// which lies outside of what is authenticated.
func labelled(p *commonpb.Payload) bool {
	m := p.GetMetadata()
	_, bound := m[reportField]
	id, ok := keyOf(p.GetData())
	return len(m) == 3 && bound && ok && string(m[keyIDField]) == strconv.FormatUint(uint64(id), 10)
}
