package doctor

import (
	"strconv"
	"strings"
)

// count is a number of things in words.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	plural := "s"
	if strings.HasSuffix(what, "s") {
		plural = "es"
	}
	return strconv.Itoa(n) + " " + what + plural
}

// oneLine makes a line of the text of several errors.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }
