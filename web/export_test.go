package web

// QRCode is how the QR code of a receipt is drawn.
var QRCode = qrCode
