// Writes an archive of a folder: writer ustar|pax|gnu FOLDER > ARCHIVE.
package main

import (
	"archive/tar"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	formats := map[string]tar.Format{"ustar": tar.FormatUSTAR, "pax": tar.FormatPAX, "gnu": tar.FormatGNU}
	format := formats[os.Args[1]]
	archive := tar.NewWriter(os.Stdout)
	if format == tar.FormatPAX {
		check(archive.WriteHeader(&tar.Header{
			Typeflag:   tar.TypeXGlobalHeader,
			PAXRecords: map[string]string{"comment": "for all"},
		}))
	}
	check(filepath.WalkDir(os.Args[2], func(path string, entry fs.DirEntry, err error) error {
		check(err)
		info, err := entry.Info()
		check(err)
		target := ""
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err = os.Readlink(path)
			check(err)
		}
		header, err := tar.FileInfoHeader(info, target)
		check(err)
		header.Name, header.Format = path, format
		if info.IsDir() {
			header.Name += "/"
		}
		header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
		if format == tar.FormatPAX {
			header.PAXRecords = map[string]string{"VENDOR.key": "a value = of\nmany lines"}
		} else {
			header.ModTime = header.ModTime.Truncate(time.Second)
		}
		check(archive.WriteHeader(header))
		if info.Mode().IsRegular() {
			file, err := os.Open(path)
			check(err)
			_, err = io.Copy(archive, file)
			check(err)
			check(file.Close())
		}
		return nil
	}))
	check(archive.Close())
}
