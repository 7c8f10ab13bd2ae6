package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/unbusy/unbusy/integration/host"
)

// setNamespaces takes the numbers of other namespaces from a flag.
func (o *options) setNamespaces(text string) error {
	o.namespaces = nil
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is no number of namespaces", word)
		}
		o.namespaces = append(o.namespaces, n)
	}
	return nil
}

// fewestAndMost are the options with two situations, for what takes long.
func (o options) fewestAndMost() options {
	last := len(o.namespaces) - 1
	o.namespaces = []int{o.namespaces[0], o.namespaces[last]}
	return o
}

// amongMany measures in each situation.
func amongMany(t host.T, h *host.Host, o options, measure func(options, int) []row) []row {
	t.Helper()
	var all []row
	for _, namespaces := range o.namespaces {
		end := crowd(t, h, namespaces)
		all = append(all, measure(o, namespaces)...)
		end()
	}
	return all
}
