//! `identity init | issue | issue-authority | issue-service | init-clients | issue-client`: the authority from a shell. Both programs mount this group.

use std::fmt;
use std::path::PathBuf;

use changxiao_domain::actor::AccountId;
use changxiao_domain::clock::Instant;
use changxiao_domain::region::RegionId;

use super::ca::{Authority, CITY_DAYS, CaError, Issued, LEAF_DAYS, ROOT_DAYS};
use super::files::Paths;
use super::spiffe::{Role, TrustDomain};
use super::words::date_in_words;

/// Certificates of the federation.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Ca {
    /// Make the root of a trust domain.
    #[command(after_help = "Example: identity init --trust-domain yunnan.example --dir ca")]
    Init {
        /// Name all identities share, such as yunnan.example.
        #[arg(long)]
        trust_domain: TrustDomain,
        /// Directory for the root's key, certificate and bundle.
        #[arg(long)]
        dir: PathBuf,
        /// Lifetime of the root.
        #[arg(long, default_value_t = ROOT_DAYS)]
        days: u16,
    },
    /// Issue the federation identity of a region's program.
    #[command(after_help = "Example: identity issue --dir ca --region bs-tengchong --role node --out bs-tengchong/federation")]
    Issue {
        /// Directory of the authority.
        #[arg(long)]
        dir: PathBuf,
        /// Permanent region id, such as bs-tengchong.
        #[arg(long)]
        region: RegionId,
        /// node (a county) or aggregator (a city or province).
        #[arg(long)]
        role: Role,
        /// Directory for the new key, certificate and bundle.
        #[arg(long)]
        out: PathBuf,
        /// Lifetime, cut short where the authority ends earlier.
        #[arg(long, default_value_t = LEAF_DAYS)]
        days: u16,
    },
    /// Make the authority of a region's clients: programs and people who come with a certificate instead of a token.
    #[command(
        after_help = "Example: identity init-clients --trust-domain yunnan.example --region bs-tengchong --dir bs-tengchong/clients"
    )]
    InitClients {
        /// Name all identities share, such as yunnan.example.
        #[arg(long)]
        trust_domain: TrustDomain,
        /// Permanent region id, such as bs-tengchong.
        #[arg(long)]
        region: RegionId,
        /// Directory for the authority's key, certificate and bundle.
        #[arg(long)]
        dir: PathBuf,
        /// Lifetime of the authority.
        #[arg(long, default_value_t = CITY_DAYS)]
        days: u16,
    },
    /// Issue a certificate that names one account of a region.
    #[command(after_help = "Example: identity issue-client --dir bs-tengchong/clients --account clerk-1 --out clerk-1")]
    IssueClient {
        /// Directory of the region's authority of clients.
        #[arg(long)]
        dir: PathBuf,
        /// Account, such as clerk-1.
        #[arg(long)]
        account: AccountId,
        /// Directory for the new key, certificate and bundle.
        #[arg(long)]
        out: PathBuf,
        /// Lifetime, cut short where the authority ends earlier.
        #[arg(long, default_value_t = LEAF_DAYS)]
        days: u16,
    },
    /// Issue a city's own authority, which can issue identities but no further authority.
    #[command(after_help = "Example: identity issue-authority --dir ca --region bs --out bs/ca")]
    IssueAuthority {
        /// Directory of the root.
        #[arg(long)]
        dir: PathBuf,
        /// Permanent region id of the city.
        #[arg(long)]
        region: RegionId,
        /// Directory for the city's authority.
        #[arg(long)]
        out: PathBuf,
        /// Lifetime, cut short where the root ends earlier.
        #[arg(long, default_value_t = CITY_DAYS)]
        days: u16,
    },
    /// Issue a certificate for the listener that people and clients use.
    #[command(
        after_help = "Example: identity issue-service --dir ca --name localhost --name 127.0.0.1 --out bs-tengchong/service"
    )]
    IssueService {
        /// Directory of the authority.
        #[arg(long)]
        dir: PathBuf,
        /// DNS name or IP address; repeat for several.
        #[arg(long = "name", required = true)]
        names: Vec<String>,
        /// Directory for the new key, certificate and bundle.
        #[arg(long)]
        out: PathBuf,
        /// Lifetime, cut short where the authority ends earlier.
        #[arg(long, default_value_t = LEAF_DAYS)]
        days: u16,
    },
}

/// What a command made; prints as three lines.
#[derive(Debug, Clone)]
pub struct Made {
    /// The names the certificate carries.
    pub names: Vec<String>,
    /// Last instant of validity.
    pub not_after: Instant,
    /// Where it lies.
    pub paths: Paths,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "made   {}", self.names.join(", "))?;
        writeln!(f, "until  {}", date_in_words(self.not_after))?;
        write!(f, "in     {}, {}, {}", self.paths.key.display(), self.paths.chain.display(), self.paths.bundle.display())
    }
}

impl Ca {
    /// Carries the command out at the given instant.
    ///
    /// # Errors
    /// [`CaError`]; nothing is left half written.
    pub fn run(&self, now: Instant) -> Result<Made, CaError> {
        let (issued, out) = match self {
            Self::Init { trust_domain, dir, days } => (Authority::init(trust_domain, now, *days)?, dir),
            Self::Issue { dir, region, role, out, days } => (Authority::open(dir, now)?.issue(region, *role, now, *days)?, out),
            Self::InitClients { trust_domain, region, dir, days } => {
                (Authority::init_clients(trust_domain, region, now, *days)?, dir)
            }
            Self::IssueClient { dir, account, out, days } => (Authority::open(dir, now)?.issue_client(account, now, *days)?, out),
            Self::IssueAuthority { dir, region, out, days } => {
                (Authority::open(dir, now)?.issue_authority(region, now, *days)?, out)
            }
            Self::IssueService { dir, names, out, days } => (Authority::open(dir, now)?.issue_service(names, now, *days)?, out),
        };
        made(&issued, out)
    }
}

fn made(issued: &Issued, out: &std::path::Path) -> Result<Made, CaError> {
    let paths = issued.write(out)?;
    let mut names = issued.leaf.uri_names.clone();
    names.extend(issued.leaf.dns_names.iter().cloned());
    if names.is_empty() {
        names.push(issued.leaf.subject.clone());
    }
    Ok(Made { names, not_after: issued.leaf.not_after, paths })
}
