package main

import (
	"fmt"
	"image/color"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	width  = 18 * vg.Centimeter
	height = 11 * vg.Centimeter
)

// draw draws the charts one below the other. Both axes are logarithmic: what is
// compared differs by orders of magnitude.
func draw(charts []chart, file string) error {
	canvas := vgsvg.New(width, height*vg.Length(len(charts)))
	white := vgdraw.New(canvas)
	white.FillPolygon(color.White, []vg.Point{
		{X: 0, Y: 0}, {X: white.Max.X, Y: 0}, {X: white.Max.X, Y: white.Max.Y}, {X: 0, Y: white.Max.Y},
	})
	for i, c := range charts {
		p, err := plotOf(c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.title, err)
		}
		below := height * vg.Length(len(charts)-1-i)
		p.Draw(vgdraw.Crop(vgdraw.New(canvas), 0, 0, below, -height*vg.Length(i)))
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if _, err := canvas.WriteTo(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func plotOf(c chart) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = c.title
	p.X.Label.Text, p.Y.Label.Text = c.curves[0].X, c.curves[0].Y
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	drawn := 0
	for i, one := range c.curves {
		var points plotter.XYs
		for _, at := range one.Points {
			// A logarithm wants something above nothing.
			if at[0] > 0 && at[1] > 0 {
				points = append(points, plotter.XY{X: at[0], Y: at[1]})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, dots.Color = plotutil.Color(i), plotutil.Color(i)
		line.Width = vg.Points(1.5)
		dots.Shape = plotutil.Shape(i)
		p.Add(line, dots)
		p.Legend.Add(one.Name, line, dots)
		drawn++
	}
	if drawn == 0 {
		return nil, fmt.Errorf("none of %d curves can be drawn", len(c.curves))
	}
	// So that the legend does not cover what it explains.
	p.Y.Max *= 30
	return p, nil
}
