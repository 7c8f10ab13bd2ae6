// Package result is what the benchmarks leave behind: each writes a part, and
// from the parts the report and its charts are made.
package result
