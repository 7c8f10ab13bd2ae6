// Package doctor looks for what lets containers' mounts leak on a host, what
// keeps unbusy from its work there, and what is stuck already. It changes
// nothing.
package doctor
