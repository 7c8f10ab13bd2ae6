// Package cri makes pods through the interface that the kubelet uses. It is
// apart from package host because only some programs need it, and what it
// imports takes long to build.
package cri
