//! The wire of Changxiao: generated messages and services, and their conversions from and to the domain.
//!
//! The wire never carries a domain type and the domain never derives a wire format; `convert` is the only place where both meet.

pub mod convert;

/// Serialized `FileDescriptorSet` of every package, with comments, as the compiler wrote it.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// Path of every method of the contract, such as `/changxiao.county.v1.Hazards/GetHazard`, in ascending order. A constant of
/// its own, because descriptors cannot be read while a program is compiled.
pub const METHODS: &[&str] = include!(concat!(env!("OUT_DIR"), "/methods.rs"));

macro_rules! packages {
    ($($package:ident)*) => {$(
        #[doc = concat!("Package `changxiao.", stringify!($package), ".v1`.")]
        #[allow(clippy::all, clippy::pedantic, missing_docs, rustdoc::all)]
        pub mod $package {
            /// Version 1.
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/changxiao.", stringify!($package), ".v1.rs"));
            }
        }
    )*};
}

packages! { types journal federation county oversight statistics account sandbox enrolment }
