package doctor

import (
	"context"
	"errors"
	"fmt"
)

// examineNamespaces says who lives in a mount namespace where that does harm.
func examineNamespaces(ctx context.Context, h *Host) (Result, error) {
	seen, err := h.Seen()
	if err != nil {
		return Result{}, err
	}
	first, err := h.First()
	if err != nil {
		return Result{}, err
	}
	running, err := h.Engines()
	if err != nil {
		return Result{}, err
	}
	var result Result
	engines, err := livingApart(running, first, namespaceAt(seen, first), h.Home)
	result.Findings = append(result.Findings, engines...)
	shims, shimsErr := leftBehind(h, seen)
	result.Findings = append(result.Findings, shims...)
	services, servicesErr := holdingServices(ctx, h.Lister, seen)
	result.Findings = append(result.Findings, services...)
	users, usersErr := usedCopies(ctx, seen)
	result.Findings = append(result.Findings, users...)
	limit, limitErr := mountLimit(procfs)
	if limitErr == nil {
		result.Findings = append(result.Findings, nearLimit(seen, limit)...)
	}
	result.Summary = fmt.Sprintf("%s, each where it belongs; in %s nobody keeps containers' mounts",
		count(ours(running), "engine process"), count(len(seen.Namespaces), "mount namespace"))
	for _, what := range seen.Incomplete {
		err = errors.Join(err, errors.New(what))
	}
	return result, errors.Join(err, shimsErr, servicesErr, usersErr, limitErr)
}
