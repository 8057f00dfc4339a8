package main

import "testing"

func TestLeap(t *testing.T) {
	tests := []struct {
		name string
		year int
		want bool
	}{
		{"plain", 2027, false},
		{"by four", 2028, true},
		{"by a hundred", 2100, false},
		{"by four hundred", 2000, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := leap(test.year); got != test.want {
				t.Errorf("leap(%d) = %t, want %t", test.year, got, test.want)
			}
		})
	}
}
