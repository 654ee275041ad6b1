// Package web is what people see: the pages of citizens, made on the server,
// that work without JavaScript, on a small screen and with the keyboard alone.
//
// # How a page comes to be
//
//   - routes.go lays every route twice: in Indonesian at its path, in English
//     below /en. Nothing is kept in the browser to know the language.
//   - A handler (func(*gin.Context) error) reads the request, calls the office
//     and ends with s.show(c, "name", title, data). Errors it returns end in
//     fail.go, the only place that shows them; door.Answers picks the status.
//   - templates/layout.html is around every page; templates/NAME.html defines
//     "main". Templates get a page (page.go) and the functions of functions.go:
//     t (a text by key), url (a path in the language), asset, date and so on.
//   - Every text stands in words/id.json and words/en.json under the same key,
//     which a test holds together. What the office says of a field comes in
//     Indonesian, and is shown as such where the English has no text of its own.
//   - static/ is embedded and served under a name with its digest, so that it
//     may be kept for ever; pages and every other answer are never kept.
//   - session.go: what a reporter has shown once (his access code) lies on the
//     server (office.OpenSession); the cookie holds an opaque token. The desk's
//     sessions are of another kind (office.DeskSession) and cookie.
//   - desk*.go and templates/desk_*.html are the officers' desk below /meja: a
//     staffHandler gets the caller, s.showDesk shows. Its texts are in words/desk.*.
//     A part of it has a line in tabs; what somebody may do there the office decides.
//
// # Tests
//
// town_test.go has a real office on a database of its own, with a workflow engine
// that decides at once; browser_test.go drives chromium, and fails on a violation
// of the content security policy, on a request to another host and on anything
// that axe-core finds. KAWAL_SCREENSHOTS=DIR writes pictures of all pages there.
package web
