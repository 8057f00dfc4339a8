package greeting

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestForGolden reads its cases from testdata, so that a case can be added without touching Go code.
func TestForGolden(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "greetings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tests []struct{ Word, Name, Want string }
	if err := json.Unmarshal(text, &tests); err != nil {
		t.Fatal(err)
	}
	if len(tests) == 0 {
		t.Fatal("testdata/greetings.json holds no case")
	}
	for _, test := range tests {
		t.Run(test.Want, func(t *testing.T) {
			t.Parallel()
			got, err := For(test.Word, test.Name)
			if err != nil {
				t.Fatalf("For(%q, %q): %v", test.Word, test.Name, err)
			}
			if got != test.Want {
				t.Errorf("For(%q, %q) = %q, want %q", test.Word, test.Name, got, test.Want)
			}
		})
	}
}

func TestForRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"too long":          strings.Repeat("é", MaxName+1),
		"control character": "a\x00b",
		"not UTF-8":         "\xff\xfe",
	}
	for title, name := range tests {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got, err := For("Hello", name); !errors.Is(err, ErrName) {
				t.Errorf("For(%q) = %q, %v, want ErrName", name, got, err)
			}
		})
	}
}

func FuzzFor(f *testing.F) {
	f.Add("Ada")
	f.Add(" a \t b ")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, name string) {
		got, err := For("Hello", name)
		if err == nil && (!strings.HasPrefix(got, "Hello, ") || strings.ContainsAny(got, "\r\n\x00")) {
			t.Errorf("For(%q) = %q", name, got)
		}
	})
}
