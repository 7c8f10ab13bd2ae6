package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// examineConfiguration says what is wrong with unbusy's own configuration, and
// with that of engines as far as it tells where they keep things.
func examineConfiguration(_ context.Context, h *Host) (Result, error) {
	result := Result{Summary: "there is no " + h.ConfigPath + ", the defaults apply"}
	if h.Config.File != "" {
		result.Summary = h.Config.File + " is understood"
	}
	if h.ConfigError != nil {
		result.Findings = append(result.Findings, Finding{
			ID: "config-broken", Severity: Broken,
			Evidence: oneLine(h.ConfigError.Error()),
			Fix:      "mend " + h.ConfigPath + "; until then containers start as they would without unbusy",
		})
	}
	for _, key := range h.UnknownKeys {
		result.Findings = append(result.Findings, Finding{
			ID: "config-unknown-key", Severity: AtRisk,
			Evidence: fmt.Sprintf("%s: %s is not a setting of unbusy's", h.ConfigPath, key),
			Fix:      "correct the name, or take it out",
		})
	}
	for _, root := range h.Config.Roots {
		if _, err := os.Lstat(root.Path); errors.Is(err, fs.ErrNotExist) {
			result.Findings = append(result.Findings, Finding{
				ID: "config-root-missing", Severity: AtRisk,
				Evidence: fmt.Sprintf("%s: %s of %s does not exist", h.ConfigPath, root.Path, root.Engine),
				Fix:      "correct the path, or take it out",
			})
		}
	}
	for _, warning := range h.RootWarnings() {
		result.Findings = append(result.Findings, Finding{
			ID: "engine-not-understood", Severity: AtRisk,
			Evidence: oneLine(warning.Error()),
			Fix:      "mend it; or name the engine's directories under [[roots]] in " + h.ConfigPath + " (`unbusy roots` lists those that are known)",
		})
	}
	return result, nil
}
