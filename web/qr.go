package web

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// qrCode is a QR code (ISO/IEC 18004, correction level M) of an address, 264
// pixels wide, as a data: address. Never of an access code: who sees the paper
// must not be able to act for the reporter.
func qrCode(address string) (string, error) {
	code, err := qr.Encode(address, qr.M, qr.Unicode)
	if err != nil {
		return "", fmt.Errorf("encode QR: %w", err)
	}
	scaled, err := barcode.Scale(code, 264, 264)
	if err != nil {
		return "", fmt.Errorf("scale QR: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, scaled); err != nil {
		return "", fmt.Errorf("draw QR: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
