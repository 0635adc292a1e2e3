//! Tests of the whole: real processes, and rules that hold over the source.

mod federation;
mod oracle;
