package cli

import (
	"github.com/unbusy/unbusy/internal/holder"
	"github.com/unbusy/unbusy/pkg/cleanup"
)

// The JSON of who and sweep, as docs/json.md promises it.
type (
	findingsJSON struct {
		Target     string       `json:"target"`
		Type       string       `json:"type"`
		Container  string       `json:"container"`
		Engine     string       `json:"engine"`
		State      string       `json:"state"`
		InUse      string       `json:"in_use"`
		Held       bool         `json:"held"`
		Mounts     []mountJSON  `json:"mounts"`
		Holders    []holderJSON `json:"holders"`
		Users      []userJSON   `json:"users"`
		Incomplete []string     `json:"incomplete"`
	}
	mountJSON struct {
		Path   string `json:"path"`
		Kind   string `json:"kind"`
		FSType string `json:"fstype"`
		Device string `json:"device"`
		Root   string `json:"root"`
	}
	holderJSON struct {
		Namespace   string        `json:"namespace"`
		Mountpoint  string        `json:"mountpoint"`
		Path        string        `json:"path"`
		Kind        string        `json:"kind"`
		Propagation string        `json:"propagation"`
		Holds       bool          `json:"holds"`
		Processes   []processJSON `json:"processes"`
		Result      string        `json:"result,omitempty"`
		Reason      *string       `json:"reason,omitempty"`
	}
	processJSON struct {
		PID       int    `json:"pid"`
		Command   string `json:"command"`
		Unit      string `json:"unit"`
		Container string `json:"container"`
		Pod       string `json:"pod"`
	}
	userJSON struct {
		processJSON
		Uses []useJSON `json:"uses"`
	}
	useJSON struct {
		What string `json:"what"`
		Path string `json:"path"`
	}
)

// asJSON is what is printed of findings; swept says that holders have results.
func (f *findings) asJSON(swept bool) findingsJSON {
	j := findingsJSON{
		Target: f.target.Name, Type: string(f.target.Type), Container: f.target.Container.ID,
		Engine: string(f.target.Container.Engine), State: string(f.target.State),
		InUse: string(f.target.InUse), Held: f.held(),
		Mounts: []mountJSON{}, Holders: []holderJSON{}, Users: []userJSON{},
		Incomplete: append([]string{}, f.incomplete...),
	}
	for i := range f.target.Owned {
		o := &f.target.Owned[i]
		j.Mounts = append(j.Mounts, mountJSON{o.Path, string(o.Kind), o.FSType, o.Device.String(), o.Root})
	}
	for i := range f.holders {
		h := &f.holders[i]
		entry := holderJSON{
			Namespace: h.Copy.Namespace.String(), Mountpoint: h.Copy.Mount.Path, Path: h.Copy.Owned.Path,
			Kind: string(h.Copy.Kind), Propagation: cleanup.Propagation(h.Copy.Mount),
			Holds: f.holds(h), Processes: []processJSON{},
		}
		// Whoever lives in an engine's namespace holds nothing by that.
		if h.Copy.Kind != cleanup.Original {
			for _, p := range h.Processes {
				entry.Processes = append(entry.Processes, asProcess(p))
			}
		}
		if swept {
			entry.Result, entry.Reason = string(h.Result), &h.Reason
		}
		j.Holders = append(j.Holders, entry)
	}
	for _, u := range f.users {
		entry := userJSON{processJSON: asProcess(u.Process), Uses: []useJSON{}}
		for _, use := range u.uses {
			entry.Uses = append(entry.Uses, useJSON{use.What, use.Path})
		}
		j.Users = append(j.Users, entry)
	}
	return j
}

func asProcess(p holder.Process) processJSON {
	return processJSON{p.PID, p.Command, p.Unit, p.Container, p.Pod}
}
