package roots

// rank orders sources by how much they say about this host.
type rank int

const (
	byDefault rank = iota
	byMountTable
	byFile
	byProcess
	byConfig
)

// source is where something was learnt.
type source struct {
	rank rank
	text string
}

var defaultSource = source{byDefault, "default"}

// key is a setting of a source: "/etc/docker/daemon.json" and "data-root".
func (s source) key(name string) source {
	return source{s.rank, s.text + ": " + name}
}

// prefix is the source for what a file says that the source names.
func (s source) prefix() source {
	return source{s.rank, s.text + ": "}
}

// setting is a value with where it comes from.
type setting struct {
	value string
	src   source
}

func (s *setting) set(value string, src source) {
	if value != "" {
		*s = setting{value, src}
	}
}
