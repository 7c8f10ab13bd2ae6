package mountns

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestUpperDir(t *testing.T) {
	ns := newNamespace(t, requireWalk(t))
	top := dirs(t)
	names := []string{
		"plain", "a,b", "a b", `a\b`, "a\nb", "a\tb", "a:b", "a=b", "a#b", `a"b`, "a\x01b", "a\xffb",
		`a\054b`, `a\`, ",upperdir=x", strings.Repeat("x", 255),
	}
	// What overlayfs takes for a name with these in it, and shows again.
	escape := strings.NewReplacer(`\`, `\\`, `,`, `\,`)
	upper, merged := map[string]string{}, map[string]string{}
	readOnly, tmpfs := filepath.Join(top, "ro"), filepath.Join(top, "tmpfs")
	in(t, ns, func() error {
		if err := unix.Mount("layers", top, "tmpfs", 0, ""); err != nil {
			return err
		}
		lower := filepath.Join(top, "lower")
		for i, name := range names {
			dir := filepath.Join(top, strconv.Itoa(i))
			upper[name], merged[name] = escape.Replace(filepath.Join(dir, name)), filepath.Join(dir, "merged")
			work := filepath.Join(dir, "work")
			err := errors.Join(os.MkdirAll(lower, 0o700), os.MkdirAll(filepath.Join(dir, name), 0o700),
				os.Mkdir(work, 0o700), os.Mkdir(merged[name], 0o700),
				unix.Mount("overlay", merged[name], "overlay", 0, "lowerdir="+lower+",upperdir="+upper[name]+",workdir="+work))
			if err != nil {
				return err
			}
		}
		return errors.Join(os.Mkdir(readOnly, 0o700), os.Mkdir(tmpfs, 0o700), mountTmpfs("tmpfs", tmpfs),
			unix.Mount("overlay", readOnly, "overlay", 0, "lowerdir="+lower+":"+filepath.Join(top, "0")))
	})
	all := ways(t, ns)
	for way, ns := range all {
		for _, name := range names {
			m := only(t, ns.afresh(), merged[name])
			if dir, err := ns.UpperDir(m); err != nil || dir != upper[name] {
				t.Errorf("%s: %q: %q, %v, want %q", way, name, dir, err, upper[name])
			}
			m.UniqueID = 0
			if dir, err := ns.UpperDir(m); err != nil || dir != upper[name] {
				t.Errorf("%s: %q without a unique id: %q, %v, want %q", way, name, dir, err, upper[name])
			}
			m.Path += "x"
			if dir, err := ns.UpperDir(m); !errors.Is(err, ErrGone) {
				t.Errorf("%s: %q with another path: %q, %v", way, name, dir, err)
			}
			m.Path = merged[name]
			m.Root += "x"
			if dir, err := ns.UpperDir(m); !errors.Is(err, ErrGone) {
				t.Errorf("%s: %q with another root: %q, %v", way, name, dir, err)
			}
		}
		for _, path := range []string{readOnly, tmpfs} {
			if dir, err := ns.UpperDir(only(t, ns.afresh(), path)); err != nil || dir != "" {
				t.Errorf("%s: %s: %q, %v, want none", way, path, dir, err)
			}
		}
	}
	plain := map[string]Mount{}
	for way, ns := range all {
		plain[way] = only(t, ns.afresh(), merged["plain"])
		other := plain[way]
		other.FSType = "another"
		if dir, err := ns.UpperDir(other); err != nil || dir != "" {
			t.Errorf("%s: of another type: %q, %v", way, dir, err)
		}
	}
	all["through /proc"] = withProc(t, ns) // read when it was found
	in(t, ns, func() error { return unix.Unmount(merged["plain"], 0) })
	for way, ns := range all {
		if dir, err := ns.UpperDir(plain[way]); !errors.Is(err, ErrGone) {
			t.Errorf("%s: unmounted: %q, %v", way, dir, err)
		}
	}
}

func TestUpperDirOf(t *testing.T) {
	for options, want := range map[string]string{
		"":                               "",
		"rw":                             "",
		"rw,lowerdir=/l,upperdir=/u":     "/u",
		"upperdir=/u,workdir=/w":         "/u",
		"rw,notupperdir=/n,upperdir=/u":  "/u",
		"rw,lowerdir=upperdir=/l":        "",
		`upperdir=/a\040b\134\054c\075d`: `/a b\,c=d`,
		`upperdir=/\1345c`:               `/\5c`,
		`upperdir=/\134054`:              `/\054`,
		`upperdir=/\377`:                 "/\xff",
		`upperdir=/\400\08\0-1\01`:       `/\400\08\0-1\01`,
		`upperdir=/\`:                    `/\`,
		"upperdir=":                      "",
	} {
		if dir, err := upperDirOf(options); err != nil || dir != want {
			t.Errorf("%s: %q, %v, want %q", options, dir, err, want)
		}
	}
	if dir, err := upperDirOf("upperdir=/a,upperdir=/b"); !errors.Is(err, errAmbiguous) {
		t.Errorf("two: %q, %v", dir, err)
	}
}
