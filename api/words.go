package api

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// kinds of JSON values as people call them.
var kinds = map[string]string{
	"string": "teks", "integer": "bilangan bulat", "number": "bilangan", "boolean": "true atau false", "array": "daftar", "object": "objek",
}

// sentence says in Indonesian which rule of the contract a value breaks. The
// value itself is never repeated.
func sentence(e *openapi3.SchemaError) string {
	s := e.Schema
	switch e.SchemaField {
	case "required":
		return "Wajib diisi."
	case "properties", "additionalProperties":
		return "Nama ini tidak dikenal."
	case "nullable":
		return "Tidak boleh null."
	case "minLength":
		return fmt.Sprintf("Paling sedikit %d karakter.", s.MinLength)
	case "maxLength":
		return fmt.Sprintf("Paling banyak %d karakter.", *s.MaxLength)
	case "minItems":
		return fmt.Sprintf("Paling sedikit %d butir.", s.MinItems)
	case "maxItems":
		return fmt.Sprintf("Paling banyak %d butir.", *s.MaxItems)
	case "uniqueItems":
		return "Butir yang sama disebut dua kali."
	case "minProperties":
		return "Sebut paling sedikit satu nilai."
	case "maxProperties":
		return fmt.Sprintf("Paling banyak %d nilai.", *s.MaxProps)
	case "minimum":
		return fmt.Sprintf("Paling kecil %v.", *s.Min)
	case "maximum":
		return fmt.Sprintf("Paling besar %v.", *s.Max)
	case "enum":
		return "Harus salah satu dari: " + list(s.Enum) + "."
	case "type":
		return "Harus " + kinds[s.Type.Slice()[0]] + "."
	case "format":
		return "Salah bentuk: " + formats[s.Format] + "."
	case "pattern":
		if s.Format != "" {
			return "Salah bentuk: " + formats[s.Format] + "."
		}
		return "Salah bentuk; yang diterima: " + s.Pattern
	}
	return "Salah bentuk."
}

// formats says how each format of the contract looks.
var formats = map[string]string{
	"date": "tanggal YYYY-MM-DD", "date-time": "waktu RFC 3339 seperti 2025-08-13T09:00:00+07:00",
	"uuid": "UUID", "double": "bilangan", "int64": "bilangan bulat",
}

func list(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}
