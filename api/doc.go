// Package api is the HTTP door of the front office: a gin engine that speaks
// openapi.yaml.
//
// # Overview
//
// openapi.yaml is the contract. oapi-codegen makes openapi.gen.go from it, and
// [New] holds every request against the same document. A request passes, in
// this order: access log, recovery, security headers; then, once a route is
// found, a time limit, who is calling (caller.go), the strict reader of the
// body (body.go), the contract (validate.go), and its handler. A handler reads
// the request, calls one method of the office and writes the answer.
//
// # Invariants
//
//   - respond.go is the only place that picks a status code. What is not a
//     fault is logged there and answered with 500 and no reason.
//   - Every 404 about a report or a command has the same bytes and headers and
//     leaves at a fixed time after arrival.
//   - A token that is not valid is refused, never treated as none.
//   - The log names method, route pattern, status, size and duration; never an
//     id, a query, a body, a header or an address.
//   - Malformed and invalid requests are both 400 with the pointers of the
//     fields. 422 is not used: clients would have to tell apart two statuses
//     that mean the same to them, mend the request.
package api
