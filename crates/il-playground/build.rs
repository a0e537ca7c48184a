//! Embeds the built page (`web/dist`), compressed once here instead of on every request.
//!
//! Without a built page the crate still builds: the table is empty, and the playground says what to run.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let web = manifest.join("../../web");
    let dist = web.join("dist");

    println!("cargo::rerun-if-changed=build.rs");
    // A watched path that is missing would rebuild the crate every time, so watch its parent until it is there.
    let watched = if dist.is_dir() { &dist } else { &web };
    println!("cargo::rerun-if-changed={}", watched.display());

    let mut table = String::from("&[\n");
    for path in built_files(&dist)? {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("the page's own file names are plain");
        let compressed = out.join(format!("{name}.gz"));
        fs::write(&compressed, gzip(&fs::read(&path)?)?)?;
        table += &format!(
            "    Asset {{ name: {name:?}, gzip: include_bytes!({:?}) }},\n",
            compressed.display().to_string()
        );
    }
    table += "]\n";
    fs::write(out.join("assets.rs"), table)
}

fn built_files(dist: &Path) -> io::Result<Vec<PathBuf>> {
    if !dist.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = fs::read_dir(dist)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
