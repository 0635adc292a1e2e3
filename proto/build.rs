//! Compiles the wire with protox, a protoc in Rust, and keeps the descriptor bytes as the compiler wrote them, since
//! re-encoding them through prost would drop extension options.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("no manifest directory")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no output directory")?);
    let mut files = Vec::new();
    for package in fs::read_dir(root.join("changxiao"))? {
        for file in fs::read_dir(package?.path().join("v1"))? {
            files.push(file?.path());
        }
    }
    files.sort();
    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_source_info(true).include_imports(true).open_files(&files)?;
    let bytes = compiler.encode_file_descriptor_set();
    fs::write(out.join("descriptors.bin"), &bytes)?;
    let set = prost_types::FileDescriptorSet::decode(bytes.as_slice())?;
    fs::write(out.join("methods.rs"), methods(&set))?;
    tonic_prost_build::configure().bytes(".").compile_fds(set)?;
    println!("cargo:rerun-if-changed=changxiao");
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}

/// Source of a constant with the path of every method, so that a policy table can be checked while it is compiled.
fn methods(set: &prost_types::FileDescriptorSet) -> String {
    let mut paths = Vec::new();
    for file in &set.file {
        for service in &file.service {
            paths.extend(service.method.iter().map(|method| format!("/{}.{}/{}", file.package(), service.name(), method.name())));
        }
    }
    paths.sort();
    format!("&{paths:#?}")
}
