package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/gin-gonic/gin"
)

// language is one that the pages speak, as RFC 5646 names it.
type language string

// The languages. Indonesian is the default and has no prefix in addresses.
const (
	indonesian language = "id"
	english    language = "en"
)

var languages = []language{indonesian, english}

// prefix is what stands before the paths of a language.
func (l language) prefix() string {
	if l == indonesian {
		return ""
	}
	return "/" + string(l)
}

// url is a path in the language.
func (l language) url(path string) string {
	if l != indonesian && path == "/" {
		return l.prefix() + "/"
	}
	return l.prefix() + path
}

// other is the language to switch to.
func (l language) other() language {
	if l == indonesian {
		return english
	}
	return indonesian
}

// languageOf tells by its address in which language a request is answered.
func languageOf(c *gin.Context) language {
	if path := c.Request.URL.Path; path == "/en" || strings.HasPrefix(path, "/en/") {
		return english
	}
	return indonesian
}

//go:embed words/*.json
var wordFiles embed.FS

// words are all texts by language and key.
var words = func() map[language]map[string]string {
	all := map[language]map[string]string{}
	for _, l := range languages {
		all[l] = map[string]string{}
		for _, part := range []string{"", "desk."} {
			name := "words/" + part + string(l) + ".json"
			b, err := wordFiles.ReadFile(name)
			if err != nil {
				panic(err)
			}
			texts := map[string]string{}
			if err := json.Unmarshal(b, &texts); err != nil {
				panic(fmt.Errorf("%s: %w", name, err))
			}
			maps.Copy(all[l], texts)
		}
	}
	return all
}()

// text returns the text of a key, filled in with args.
func (l language) text(key string, args ...any) (string, error) {
	text, ok := words[l][key]
	if !ok {
		return "", fmt.Errorf("no text %q in %s", key, l)
	}
	if len(args) == 0 {
		return text, nil
	}
	return fmt.Sprintf(text, args...), nil
}

// say is text for keys that stand in the program; an unknown one shows itself.
func (l language) say(key string, args ...any) string {
	text, err := l.text(key, args...)
	if err != nil {
		return key
	}
	return text
}

// has reports whether there is a text of a key.
func (l language) has(key string) bool {
	_, ok := words[l][key]
	return ok
}
