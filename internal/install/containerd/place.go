package containerd

// settings are a containerd's files, and where in them CRI's settings stand.
type settings struct {
	files  []*file
	daemon daemon
}

// main is the file that imports the others.
func (s *settings) main() *file { return s.files[0] }

// path is that of CRI's handlers in a file. In 1.6 and 1.7 the last version that
// any file names is that of all.
func (s *settings) path(f *file, key ...string) []string {
	version := f.version()
	if s.daemon.version.oneSection() {
		version = 1
		for _, other := range s.files {
			if v := other.version(); v > 1 {
				version = v
			}
		}
	}
	return append([]string{"plugins", criPlugins[version], "containerd"}, key...)
}

// home is the file to be changed for a handler to change: what another said
// would not count.
func (s *settings) home(key []string) *file {
	home := s.main()
	for _, f := range s.files {
		path := s.path(f, key...)
		if s.daemon.version.oneSection() {
			path = path[:2]
		}
		if f.doc.Table(path...) != nil {
			home = f
		}
	}
	return home
}
