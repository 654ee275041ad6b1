package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kawal-id/kawal/internal/signer"
)

// codecPath is where the local UI's pages have their payloads opened.
const codecPath = "/codec"

// tokenCookie holds the access token of who is logged in to the local UI.
const tokenCookie = "kawal-codec"

// consoleProxy serves the Temporal UI and the codec under one address, for one
// machine. The UI passes tokens on to a codec server over https only, which no
// browser trusts on loopback; under one address a cookie does it instead, taken
// from the answer by which the UI logs somebody in or renews his token.
func consoleProxy(ui *url.URL, codec http.Handler) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(ui)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(res *http.Response) error {
			if token := loggedIn(res.Cookies()); token != "" {
				c := http.Cookie{Name: tokenCookie, Value: token, Path: codecPath, MaxAge: int(signer.PassLife / time.Second),
					HttpOnly: true, SameSite: http.SameSiteStrictMode}
				res.Header.Add("Set-Cookie", c.String())
			}
			return nil
		},
	}
	mux := http.NewServeMux()
	mux.Handle("/", proxy)
	mux.HandleFunc(codecPath+"/", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(tokenCookie); err == nil {
			r.Header.Set("Authorization", "Bearer "+c.Value)
		}
		http.StripPrefix(codecPath, codec).ServeHTTP(w, r)
	})
	return mux
}

// loggedIn returns the access token in the cookies user0, user1, … by which the
// UI tells its page who is logged in; empty if they tell nothing.
func loggedIn(cookies []*http.Cookie) string {
	var b strings.Builder
	for i := 0; ; i++ {
		name := "user" + strconv.Itoa(i)
		n := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == name })
		if n < 0 {
			break
		}
		b.WriteString(cookies[n].Value)
	}
	var user struct{ AccessToken string }
	text, err := base64.StdEncoding.DecodeString(b.String())
	if err != nil || json.Unmarshal(text, &user) != nil {
		return ""
	}
	return user.AccessToken
}
