package sweep

import (
	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// Request is what is to be looked for, and what may be done about it.
type Request struct {
	Owned []cleanup.Owned `json:"owned"`
	// Detach detaches what the rules allow. Without it, everything is only looked
	// at and named.
	Detach bool `json:"detach,omitempty"`
	// Leaf, Host, ByPlace and InUse are those of [cleanup.Options].
	Leaf    bool            `json:"leaf,omitempty"`
	Host    bool            `json:"host,omitempty"`
	ByPlace bool            `json:"by_place,omitempty"`
	InUse   cleanup.Refusal `json:"in_use,omitempty"`
	// Namespace is the only one in which anything is looked for, by its inode
	// number; 0 stands for all.
	Namespace uint64 `json:"namespace,omitempty"`
	// Near says that the engine whose mounts these are is in our own namespace.
	// Others are looked for only where something is found: not for who detaches.
	Near bool `json:"near,omitempty"`
	// PrivateOnly is that of [cleanup.Options].
	PrivateOnly bool `json:"private_only,omitempty"`
	// Name says when processes are named.
	Name Naming `json:"name,omitempty"`
	// Proc searches /proc for namespaces, whatever the kernel could do.
	Proc bool `json:"proc,omitempty"`
	// Launch starts the process that looks, nil for the plain way.
	Launch Launch `json:"-"`
}

// Naming says when the processes are looked for that are in the namespaces of
// what was found, or use its files. That takes as long as everything else
// together.
type Naming string

// When processes are named.
const (
	NameNone   Naming = ""
	NameLeft   Naming = "left"   // if something is left that the engine's own unmount does not take along
	NameAlways Naming = "always" // also if all was detached: a file may be open in it
	// NameNear is NameAlways, but only processes that see a mount are asked what
	// they have open: to ask all takes ten times as long as everything else.
	NameNear Naming = "near"
)

// Report is what was found and done.
type Report struct {
	// Holders are all mounts of the owned superblocks.
	Holders []Holder `json:"holders"`
	// Uses are the processes that have files, directories or programs of an owned
	// superblock open, wherever that is mounted or was.
	Uses []holder.Use `json:"uses"`
	// Users describe the processes of Uses.
	Users []holder.Process `json:"users"`
	// Incomplete says what could not be looked at.
	Incomplete []string `json:"incomplete"`
	// Aborted says why nothing at all was detached, empty if nothing kept it from
	// that.
	Aborted string `json:"aborted,omitempty"`
}

// Holder is one mount of an owned superblock.
type Holder struct {
	cleanup.Outcome
	// Processes are those in its namespace, if they were asked for.
	Processes []holder.Process
}

// Lingering are the holders that are left and are not the engine's own mount.
func (r Report) Lingering() []Holder {
	var left []Holder
	for _, h := range r.Holders {
		if h.Result == cleanup.Left && h.Copy.Kind != cleanup.Original {
			left = append(left, h)
		}
	}
	return left
}

// stuck reports whether something is left that stays when the engine unmounts.
// Peers of its mounts are on every host with a storage driver, at every stop.
func (r Report) stuck() bool {
	for _, h := range r.Lingering() {
		if h.Copy.Kind != cleanup.Peer && h.Copy.Refusal != cleanup.RefuseProtected {
			return true
		}
	}
	return false
}
