// Package greeting makes the sentence that the service says.
package greeting

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the longest name, in runes, that is greeted.
const MaxName = 64

// ErrName is returned for a name that is too long or not plain text.
var ErrName = errors.New("a name has at most 64 printable characters")

// For greets name with word. White space round the name and runs of it inside are tidied;
// an empty name greets the world.
func For(word, name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		name = "world"
	}
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > MaxName {
		return "", ErrName
	}
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", ErrName
	}
	return word + ", " + name + "!", nil
}
