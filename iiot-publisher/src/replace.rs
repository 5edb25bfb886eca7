//! Replaces files so that a crash leaves the old or the new one.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Replaces a file: afterwards it is the old or the new one, whatever happens. It is readable by its
/// owner only, unless other permissions are given.
pub(crate) fn replace(path: &Path, content: &[u8], permissions: Option<fs::Permissions>) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(content)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.sync_all()?;
    fs::rename(&new, path)?;
    // The name is safe only with its folder; where folders cannot be opened there is nothing to do.
    if let Some(Ok(folder)) = path.parent().map(fs::File::open) {
        folder.sync_all()?;
    }
    Ok(())
}
