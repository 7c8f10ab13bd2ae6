// Package engines examines container engines and their containers: whether they
// run containers under unbusy, what goes past it, and what is stuck.
//
// Engines are told by the names of their processes, and what they are asked or
// what is read of them is what they choose to show: it is good for advice, and
// no ground for doing anything.
package engines
