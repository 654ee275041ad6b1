package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/kawal-id/kawal/office"
)

// prose returns the handler of a page that only explains. Its sections are the
// texts NAME.1.title and NAME.1.text and so on.
func (s *server) prose(name string) handler {
	return func(c *gin.Context) error {
		l := languageOf(c)
		var sections []string
		for i := '1'; l.has(name + "." + string(i) + ".title"); i++ {
			sections = append(sections, name+"."+string(i))
		}
		return s.show(c, http.StatusOK, "prose", page{Title: l.say("title." + name), Data: struct {
			Lead     string
			Sections []string
		}{name + ".lead", sections}})
	}
}

// forget is what a browser is told to forget when somebody leaves (W3C Clear Site Data).
const forget = `"cache", "cookies", "storage"`

// quickExit leaves at once: the session ends, the browser is told to forget what
// it has of this site, and a page is shown that says nothing. It is an ordinary
// address, so that it works without JavaScript; with it the page replaces the one
// before in the history. No other host is chosen for the reader: an operator may
// name one (Config.QuickExit) that in his country draws no attention.
func (s *server) quickExit(c *gin.Context) error {
	err := s.endSession(c, office.ReporterSession)
	if err != nil {
		s.door.Broken(c, err) // leaving comes first
	}
	c.Header("Clear-Site-Data", forget)
	if s.QuickExit != "" {
		c.Redirect(http.StatusSeeOther, s.QuickExit)
		return nil
	}
	return s.show(c, http.StatusOK, "exit", page{})
}
