//! A disk that can be filled, where we may mount one.

use std::fs::{File, create_dir_all, remove_file};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder that is a file system of its own. Dropping it unmounts it.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) folder: PathBuf,
    mounted: bool,
}

impl Disk {
    /// With so many MiB; an ordinary folder where mounting is not allowed.
    pub(crate) fn new(folder: &Path, mib: u32) -> Self {
        create_dir_all(folder).expect("the test's folder is writable");
        let size = format!("size={mib}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder);
        let mounted = mount.status().is_ok_and(|status| status.success());
        if !mounted {
            println!("no disk could be mounted: that one is full is left out");
        }
        Self { folder: folder.to_owned(), mounted }
    }

    /// Whether it can be filled.
    pub(crate) fn can_be_full(&self) -> bool {
        self.mounted
    }

    /// Leaves no room at all.
    pub(crate) fn fill(&self) {
        if self.mounted {
            let mut ballast = File::create(self.ballast()).expect("a name needs no room");
            let zeros = io::copy(&mut io::repeat(0), &mut ballast);
            assert!(zeros.is_err(), "the disk is full");
        }
    }

    pub(crate) fn free(&self) {
        if self.mounted {
            remove_file(self.ballast()).expect("it was written");
        }
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            // Lazily: the edge may still have files open.
            let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
        }
    }
}
