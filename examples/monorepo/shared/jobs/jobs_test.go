package jobs

import "testing"

func TestJob(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		job    Job
		faults string
		words  int
	}{
		{"good", Job{"1", "to be or  not\nto be"}, "", 6},
		{"no id", Job{"", "a"}, "id: missing", 1},
		{"nothing", Job{"", " "}, "id: missing\ntext: empty", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := test.job.Validate(); err != nil {
				got = err.Error()
			}
			if got != test.faults {
				t.Errorf("Validate = %q, want %q", got, test.faults)
			}
			if words := test.job.Words(); words != test.words {
				t.Errorf("Words = %d, want %d", words, test.words)
			}
		})
	}
}
