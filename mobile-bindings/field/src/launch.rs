//! Opening the browser. The launch address holds the key, and arguments of a program can be read
//! by everybody on the machine: so the browser is given a file that leads there, which only its
//! owner reads.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use itgel_device::files::private_file;
use itgel_text::escape;

/// Writes the file that leads to `url` into `folder`; where it lies.
///
/// # Errors
/// [`std::io::Error`] if it cannot be written.
pub fn write_redirect(folder: &Path, url: &str) -> std::io::Result<PathBuf> {
    let path = folder.join("open.html");
    let page = format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"refresh\" content=\"0;url={}\">\n",
        escape(url)
    );
    let mut file = private_file(&path)?;
    file.write_all(page.as_bytes())?;
    file.sync_all()?;
    Ok(path)
}

/// Opens a file in the browser of this machine.
///
/// # Errors
/// [`std::io::Error`] if there is nothing that opens it.
pub fn open(path: &Path) -> std::io::Result<()> {
    let program = if cfg!(windows) {
        "explorer"
    } else if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(program);
    let quiet = command.arg(path).stdin(Stdio::null());
    quiet.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    Ok(())
}
