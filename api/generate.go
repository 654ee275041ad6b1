package api

//go:generate go build -C ../tools/oapi-codegen -o ../../.bin/oapi-codegen github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
//go:generate ../.bin/oapi-codegen -config oapi-codegen.yaml openapi.yaml
