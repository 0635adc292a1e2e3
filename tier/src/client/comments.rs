//! Comments of the proto files, found again by descriptor path.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FileDescriptor};

/// Leading comments by file and path (see `SourceCodeInfo` in descriptor.proto).
#[derive(Debug)]
pub struct Comments(HashMap<(String, Vec<i32>), String>);

impl Comments {
    /// Collects every leading comment of the pool.
    pub fn of(pool: &DescriptorPool) -> Self {
        let mut found = HashMap::new();
        for file in pool.file_descriptor_protos() {
            for location in file.source_code_info.iter().flat_map(|info| &info.location) {
                if let Some(text) = &location.leading_comments {
                    let key = (file.name().to_owned(), location.path.clone());
                    found.insert(key, one_line(text));
                }
            }
        }
        Self(found)
    }

    /// The comment above a thing, in one line; empty if there is none.
    pub fn above(&self, file: &FileDescriptor, path: &[i32]) -> &str {
        let key = (file.name().to_owned(), path.to_vec());
        self.0.get(&key).map_or("", String::as_str)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
