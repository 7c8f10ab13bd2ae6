package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/unbusy/unbusy/internal/config"
	"github.com/unbusy/unbusy/internal/doctor"
	doctorengines "github.com/unbusy/unbusy/internal/doctor/engines"
)

// ExitFindings says that doctor found something.
const ExitFindings = 1

// doctorTimeout is how long doctor may take unless told otherwise: engines are
// asked about every mount of theirs that is found elsewhere.
const doctorTimeout = 30 * time.Second

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "say what lets containers' mounts leak on this host, what is stuck, and what to do about it; changes nothing",
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "timeout", Usage: "how long the whole command may take", Value: doctorTimeout},
			jsonFlag(),
		},
		Action: examineHost,
	}
}

func examineHost(ctx context.Context, command *cli.Command) error {
	if err := noArguments(command); err != nil {
		return err
	}
	ctx, cancel, err := timeLimit(ctx, command)
	if err != nil {
		return err
	}
	defer cancel()
	if os.Geteuid() != 0 {
		return errors.New("looking into other mount namespaces needs root")
	}
	reports := doctor.Examine(ctx, config.DefaultPath, slices.Concat(doctor.Areas(), doctorengines.Areas()))
	out := command.Root().Writer
	if command.Bool("json") {
		err = writeJSON(out, doctorAsJSON(reports))
	} else {
		err = writeDoctor(out, reports)
	}
	if err != nil {
		return err
	}
	status := 0
	for _, report := range reports {
		if len(report.Findings) > 0 {
			status = max(status, ExitFindings)
		}
		if report.Err != nil {
			// What was found has been said: this is one line more for each area.
			why := strings.ReplaceAll(report.Err.Error(), "\n", "; ")
			printError(command.Root().ErrWriter, fmt.Errorf("%s could not be looked at completely: %s", report.Area, why))
			status = ExitError
		}
	}
	if status != 0 {
		return statusError(status)
	}
	return nil
}

type doctorJSON struct {
	Findings []doctor.Finding `json:"findings"`
}

func doctorAsJSON(reports []doctor.Report) doctorJSON {
	j := doctorJSON{Findings: []doctor.Finding{}}
	for _, report := range reports {
		j.Findings = append(j.Findings, report.Findings...)
	}
	return j
}
