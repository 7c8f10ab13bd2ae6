package doctor

// Areas are those of the host itself, whatever engines it has.
func Areas() []Area {
	return []Area{
		{"kernel", examineKernel},
		{"propagation", examinePropagation},
		{"namespaces", examineNamespaces},
		{"mounts", examineMounts},
		{"configuration", examineConfiguration},
		{"log", examineLog},
	}
}
