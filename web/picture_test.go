package web_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// tallest is how much of a long page a picture shows, in pixels.
const tallest = 2400

// small is a picture of at most 256 colours and of what lies above tallest: a page
// has few colours, and the pictures are kept in the repository.
func small(t *testing.T, picture []byte) []byte {
	t.Helper()
	from, err := png.Decode(bytes.NewReader(picture))
	require.NoError(t, err)
	box := from.Bounds()
	box.Max.Y = min(box.Max.Y, box.Min.Y+tallest)
	count := map[color.RGBA]int{}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			count[coarse(from.At(x, y))]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int { return count[b] - count[a] })
	palette := color.Palette{}
	for _, c := range frequent[:min(256, len(frequent))] {
		palette = append(palette, c)
	}
	to, nearest := image.NewPaletted(box, palette), map[color.RGBA]uint8{}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			c := coarse(from.At(x, y))
			i, known := nearest[c]
			if !known {
				i = uint8(palette.Index(c)) // a palette has at most 256 colours
				nearest[c] = i
			}
			to.SetColorIndex(x, y, i)
		}
	}
	var b bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, to))
	return b.Bytes()
}

// coarse is a colour with the lowest bits of its parts taken away, so that shades
// that nobody tells apart are one.
func coarse(c color.Color) color.RGBA {
	r, g, b, _ := c.RGBA()
	part := func(v uint32) uint8 { return uint8(v>>8)&0xf8 | uint8(v>>13) }
	return color.RGBA{part(r), part(g), part(b), 0xff}
}
