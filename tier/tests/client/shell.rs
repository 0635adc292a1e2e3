//! A command line against a server in this process, and what a shell would see of it.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use changxiao_proto::county::v1::hazards_server::HazardsServer;
use changxiao_tier::client::{self, NODE, Program, Terminal};
use clap::ArgMatches;
use rustls::time_provider::TimeProvider;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Server};

use crate::county::County;

/// What came out.
#[derive(Debug)]
pub struct Said {
    /// Exit code.
    pub code: u8,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

/// Words after the program's name, or what clap says against them.
pub fn matches_of(program: &Program, words: &[&str]) -> Result<ArgMatches, clap::Error> {
    let command = clap::Command::new(program.name).subcommand(client::command(program).unwrap());
    command.try_get_matches_from([&[program.name], words].concat())
}

/// How a command reaches its server.
pub enum Way<'a> {
    /// Over this channel.
    Held(&'a Channel),
    /// By `--server` and `--trust-bundle`, with TLS judged at this time.
    Dialled(Arc<dyn TimeProvider>),
}

/// Nobody sits at the terminal.
struct Nobody;

impl client::Ask for Nobody {
    fn ask(&mut self, _: &str) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// Runs `changxiao-node call …`.
pub async fn run(way: Way<'_>, words: &[&str], environment: &[(&str, &str)], input: &str) -> Said {
    let matches = matches_of(&NODE, &[&["call"], words].concat()).unwrap();
    let call = matches.subcommand_matches("call").unwrap();
    let environment: BTreeMap<String, String> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let secrets = &mut Nobody;
    let terminal = Terminal { input: &mut input.as_bytes(), output: &mut output, errors: &mut errors, secrets };
    let code = match way {
        Way::Held(channel) => client::run_over(channel.clone(), &NODE, call, &environment, terminal).await,
        Way::Dialled(time) => client::run(&NODE, call, &environment, time, terminal).await,
    };
    Said { code, output: String::from_utf8(output).unwrap(), errors: String::from_utf8(errors).unwrap() }
}

/// Serves without TLS on a free loopback port and opens a channel to it.
pub async fn serve(county: HazardsServer<County>) -> Channel {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Server::builder().serve_with_incoming(county, TcpListenerStream::new(listener)));
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}
