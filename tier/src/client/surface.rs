//! Which services and methods a program offers, read from the descriptors.

use prost_reflect::{DescriptorPool, MethodDescriptor, ServiceDescriptor};

use super::{comments::Comments, fault::Fault, names};

/// A program and the packages that it serves to people and clients.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Name of the binary, for examples.
    pub name: &'static str,
    /// Audiences: the middle part of `changxiao.<audience>.v1`.
    pub packages: &'static [&'static str],
}

/// The county's program.
pub const NODE: Program = Program { name: "changxiao-node", packages: &["county", "statistics", "account", "sandbox"] };

/// The program of cities and provinces.
pub const AGGREGATOR: Program =
    Program { name: "changxiao-aggregator", packages: &["oversight", "enrolment", "statistics", "account", "sandbox"] };

/// The descriptors with their comments, cut down to one program.
#[derive(Debug)]
pub struct Surface {
    /// The program.
    pub program: Program,
    /// Leading comments of everything.
    pub comments: Comments,
    pool: DescriptorPool,
}

/// One service.
#[derive(Debug)]
pub struct Service {
    /// Subcommand.
    pub command: String,
    /// Its description.
    pub descriptor: ServiceDescriptor,
    /// Unary methods in the order of the file.
    pub methods: Vec<Method>,
}

/// One unary method.
#[derive(Clone, Debug)]
pub struct Method {
    /// Subcommand.
    pub command: String,
    /// Short form, where it is clear.
    pub alias: Option<String>,
    /// Its description.
    pub descriptor: MethodDescriptor,
}

impl Surface {
    /// Reads the descriptors.
    ///
    /// # Errors
    /// [`Fault::Descriptors`], excluded by a test.
    pub fn of(program: &Program) -> Result<Self, Fault> {
        let pool = DescriptorPool::decode(changxiao_proto::DESCRIPTORS)?;
        let comments = Comments::of(&pool);
        Ok(Self { program: *program, comments, pool })
    }

    /// Services of the program in the order of its packages.
    pub fn services(&self) -> Vec<Service> {
        let mut out = Vec::new();
        for package in self.program.packages {
            let full = format!("changxiao.{package}.v1");
            let served = self.pool.services().filter(|service| service.package_name() == full);
            out.extend(served.map(service));
        }
        out
    }
}

fn service(descriptor: ServiceDescriptor) -> Service {
    let unary: Vec<MethodDescriptor> =
        descriptor.methods().filter(|method| !method.is_client_streaming() && !method.is_server_streaming()).collect();
    let commands: Vec<String> = unary.iter().map(|method| names::kebab(method.name())).collect();
    let aliases = names::aliases(descriptor.name(), &commands);
    let methods = unary
        .into_iter()
        .zip(commands)
        .zip(aliases)
        .map(|((descriptor, command), alias)| Method { command, alias, descriptor })
        .collect();
    Service { command: names::kebab(descriptor.name()), descriptor, methods }
}
