/** A generated module: `packages` libraries in layers, `mains` programs that use them all, no dependency but Go's library. */
export interface Generated {
  readonly packages: number
  readonly mains: number
}

/** Packages of one layer import three of the layer below: an edit in the middle recompiles what stands on it, not everything. */
const LAYER = 10
const IMPORTS = 3

const nameOf = (at: number): string => `p${String(at).padStart(4, '0')}`

/** The files of the module, by path. The same numbers give the same files. */
export function generateModule({ packages, mains }: Generated): Map<string, string> {
  const files = new Map<string, string>([
    ['go.mod', 'module example.com/generated\n\ngo 1.25.0\n'],
    ['go.sum', ''],
    ['Dockerfile', DOCKERFILE],
    ['.dockerignore', '.git\n'],
  ])
  for (let at = 0; at < packages; at++) {
    files.set(`internal/${nameOf(at)}/${nameOf(at)}.go`, packageSource(at))
    // Every fifth package has a test, as in a grown code base that is not tested everywhere.
    if (at % 5 === 0) files.set(`internal/${nameOf(at)}/${nameOf(at)}_test.go`, testSource(at))
  }
  for (const main of mainsOf({ mains }))
    files.set(`${main.slice(2)}/main.go`.replace(/^\//, ''), mainSource(packages))
  return files
}

/** The main packages, as a build is told. */
export const mainsOf = ({ mains }: Pick<Generated, 'mains'>): readonly string[] =>
  Array.from({ length: mains }, (_, at) => `./cmd/tool${String(at).padStart(2, '0')}`)

/** The package that an edit changes: in the middle of the layers. */
export const editedPackage = ({ packages }: Pick<Generated, 'packages'>): string =>
  `internal/${nameOf(Math.floor(packages / 2))}/${nameOf(Math.floor(packages / 2))}.go`

/** The packages that package `at` imports. */
export function importsOf(at: number): readonly number[] {
  const layer = Math.floor(at / LAYER)
  if (layer === 0) return []
  return Array.from({ length: IMPORTS }, (_, n) => (layer - 1) * LAYER + ((at + n * 3) % LAYER))
}

function packageSource(at: number): string {
  const below = importsOf(at)
  return `// Package ${nameOf(at)} is generated.
package ${nameOf(at)}

import (
	"fmt"
	"sort"
	"strings"
${below.map((one) => `\n\t"example.com/generated/internal/${nameOf(one)}"`).join('')}
)

const revision = 0

// Record is what this package keeps.
type Record struct {
	Name   string
	Values []int
	Labels map[string]string
}

// Sum adds the values up.
func (r Record) Sum() int {
	total := revision
	for _, value := range r.Values {
		total += value
	}
	return total
}

// String is for people.
func (r Record) String() string {
	keys := make([]string, 0, len(r.Labels))
	for key := range r.Labels {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	parts := make([]string, 0, len(keys))
	for _, key := range keys {
		parts = append(parts, fmt.Sprintf("%s=%q", key, r.Labels[key]))
	}
	return fmt.Sprintf("%s %d {%s}", r.Name, r.Sum(), strings.Join(parts, ", "))
}

// Merge joins records of one name.
func Merge(records []Record) map[string]Record {
	merged := make(map[string]Record, len(records))
	for _, record := range records {
		known := merged[record.Name]
		known.Name = record.Name
		known.Values = append(known.Values, record.Values...)
		if known.Labels == nil {
			known.Labels = map[string]string{}
		}
		for key, value := range record.Labels {
			known.Labels[key] = value
		}
		merged[record.Name] = known
	}
	return merged
}

// What the packages below amount to, once: a Value that called theirs each time would take three times as long with every layer.
var below = 0${below.map((one) => ` + ${nameOf(one)}.Value(-1)%1000`).join('')}

// Value depends on the packages below.
func Value(n int) int {
	record := Record{Name: "${nameOf(at)}", Values: []int{n, ${at}, below}}
	return record.Sum()
}
`
}

const testSource = (at: number): string => `package ${nameOf(at)}

import "testing"

func TestMerge(t *testing.T) {
	merged := Merge([]Record{{Name: "a", Values: []int{1}}, {Name: "a", Values: []int{2}, Labels: map[string]string{"k": "v"}}})
	if got := len(merged["a"].Values); got != 2 {
		t.Fatalf("%d values", got)
	}
	if merged["a"].String() == "" || Value(0) != Value(0) {
		t.Fatal("not stable")
	}
}
`

/** Every program uses the top layer, and with it everything. */
function mainSource(packages: number): string {
  const top = Array.from({ length: Math.min(LAYER, packages) }, (_, n) => packages - 1 - n)
  return `// A command that serves a number.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
${top.map((one) => `\n\t"example.com/generated/internal/${nameOf(one)}"`).join('')}
)

func main() {
	total := 0${top.map((one) => ` + ${nameOf(one)}.Value(0)`).join('')}
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, total) })
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		os.Exit(0)
	}()
	if err := http.ListenAndServe(":8080", nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`
}

const DOCKERFILE = `ARG BASE=gcr.io/distroless/static-debian13:nonroot
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
COPY . .
ARG MAIN=./cmd/tool00
ARG TARGETOS
ARG TARGETARCH
ARG TARGETVARIANT
RUN --mount=type=cache,target=/root/.cache/go-build \\
    if [ "$TARGETARCH" = arm ]; then export GOARM="\${TARGETVARIANT#v}"; fi; \\
    GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w" -o /out/tool $MAIN

FROM $BASE
COPY --link --from=build /out/tool /tool
USER 65532:65532
ENTRYPOINT ["/tool"]
`

/** A module whose test prints `mb` megabytes. */
export function loudModule(mb: number): Map<string, string> {
  return new Map([
    ...generateModule({ packages: 10, mains: 1 }),
    [
      'internal/p0001/loud_test.go',
      `package p0001

import (
	"fmt"
	"strings"
	"testing"
)

func TestLoud(t *testing.T) {
	line := strings.Repeat("x", 1023)
	for range ${mb} * 1024 {
		fmt.Println(line)
	}
}
`,
    ],
  ])
}
