package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// curve is what the benchmarks' parts have under "curves".
type curve struct {
	Chart  string       `json:"chart"`
	Name   string       `json:"name"`
	X      string       `json:"x"`
	Y      string       `json:"y"`
	Points [][2]float64 `json:"points"`
}

// chart is what is drawn into one frame.
type chart struct {
	title  string
	curves []curve
}

// read reads all parts, and puts curves together that belong into one chart.
func read(dir string) ([]chart, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var charts []chart
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var part struct {
			Curves []curve `json:"curves"`
		}
		if err := json.Unmarshal(text, &part); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, c := range part.Curves {
			charts = add(charts, c)
		}
	}
	if len(charts) == 0 {
		return nil, errors.New(dir + " has no curves")
	}
	return charts, nil
}

func add(charts []chart, c curve) []chart {
	for i := range charts {
		if charts[i].title == c.Chart {
			charts[i].curves = append(charts[i].curves, c)
			return charts
		}
	}
	return append(charts, chart{c.Chart, []curve{c}})
}
