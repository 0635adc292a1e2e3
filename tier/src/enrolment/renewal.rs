//! Renewal by the region itself: at half life, or at once when its authority is being replaced. The files are written, and the program
//! that serves takes them into use as it does with those of any other agent. An identity that lapsed while the region was cut off asks
//! for a new one with the journal key, and waits for the region above to approve.

use std::time::Duration;

use changxiao_domain::{clock::Instant, enrolment::renew_at, region::RegionId};

use super::{
    Fault,
    answer::Believed,
    child::Child,
    files,
    join::{Outcome, settle_with},
    parent::Parent,
    request,
};
use crate::{
    channel::FederationTls,
    identity::{Leaf, revocation::Revocations, words::date_in_words},
    journal::merkle::Hash,
};

/// How often it is asked whether anything is due.
const LOOK: Duration = Duration::from_secs(1);
/// First pause after a failure; it doubles.
const PAUSE_MS: i64 = 5_000;
/// Longest pause.
const PAUSE_MS_MAX: i64 = 600_000;
/// How often the region above is asked whether it has decided.
const ASK_EVERY_MS: i64 = 5_000;

/// Keeps one identity.
pub struct Renewer {
    /// The region.
    pub child: Child,
    /// The region above.
    pub parent: Parent,
    /// The identity in use.
    pub tls: FederationTls,
    /// Lists in force: they name authorities that are being replaced.
    pub revocations: Revocations,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// A renewal.
    Renewal,
    /// The certificate lapsed: a new enrolment.
    Enrolment,
}

/// What is due for a certificate now.
#[must_use]
pub fn due(leaf: &Leaf, is_retiring: bool, now: Instant) -> Due {
    if now > leaf.not_after {
        return Due::Enrolment;
    }
    let spread = Hash::of(&[leaf.serial.as_bytes()]).0[0];
    if is_retiring || now >= renew_at(leaf.not_before, leaf.not_after, spread) { Due::Renewal } else { Due::Nothing }
}

/// Whether a list of somebody else says that the authority of this certificate is being replaced.
#[must_use]
pub fn is_retiring(region: &RegionId, leaf: &Leaf, revocations: &Revocations) -> bool {
    let lists = revocations.current();
    let of_others = lists.values().filter(|list| list.issuer != *region);
    !leaf.authority_key.is_empty() && of_others.into_iter().any(|list| list.retiring.contains(&leaf.authority_key))
}

impl Renewer {
    /// Renews until it is dropped.
    pub async fn keep(self) {
        let (mut next, mut pause) = (Instant::from_ms(0), PAUSE_MS);
        // Who renewed because of an authority and got a certificate of the same one does not ask again and again.
        let mut left = String::new();
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            let now = self.child.clock.now();
            if now < next {
                continue;
            }
            let held = self.tls.identity();
            let retiring = held.leaf.authority_key != left && is_retiring(self.child.id.region(), &held.leaf, &self.revocations);
            let what = due(&held.leaf, retiring, now);
            let outcome = match what {
                Due::Nothing => {
                    pause = PAUSE_MS;
                    continue;
                }
                Due::Renewal => self.renew().await,
                Due::Enrolment => self.enrol_again().await,
            };
            next = match outcome {
                Ok(words) => {
                    pause = PAUSE_MS;
                    left.clone_from(&held.leaf.authority_key);
                    tracing::info!(region = %self.child.id.region(), parent = %self.parent.region, "a new certificate is in place: {words}");
                    // Until the new files are in use.
                    now.plus_ms(3_000)
                }
                Err(Fault::Waiting) => now.plus_ms(ASK_EVERY_MS),
                Err(fault) => {
                    let (region, reason) = (self.child.id.region(), fault.reason());
                    let until = date_in_words(held.leaf.not_after);
                    tracing::warn!(
                        region = %region, parent = %self.parent.region, reason,
                        "the federation certificate, valid until {until}, cannot be renewed now: {fault}"
                    );
                    let wait = pause;
                    pause = (pause * 2).min(PAUSE_MS_MAX);
                    // Short lives have no time for long pauses.
                    now.plus_ms(wait.min(held.leaf.not_after.ms_since(held.leaf.not_before) / 20).max(1_000))
                }
            };
        }
    }

    fn believed(&self) -> Believed {
        Believed::Bundle(self.tls.identity().bundle.authorities().to_vec())
    }

    /// One renewal.
    ///
    /// # Errors
    /// The region above refuses or does not answer, or a file cannot be written.
    pub async fn renew(&self) -> Result<String, Fault> {
        let believed = self.believed();
        let mut parent = self.parent.meet(&believed).await?;
        let held = self.tls.identity();
        let sealed = self.child.renewal(&held)?;
        let digest = request::renewal_digest(&sealed);
        let answer = parent.renew(sealed).await?;
        self.child.take(&answer, digest, believed)?;
        Ok("the federation certificate was renewed".to_owned())
    }

    /// Asks for a new identity with the journal key, once, and then whether it was decided.
    ///
    /// # Errors
    /// [`Fault::Waiting`] until the region above has decided; or what stands in the way.
    pub async fn enrol_again(&self) -> Result<String, Fault> {
        let believed = self.believed();
        let mut parent = self.parent.meet(&believed).await?;
        let fresh = files::pending(&self.child.paths)?.is_none();
        let outcome = settle_with(&self.child, &mut parent, String::new(), &believed).await;
        match outcome {
            Ok(Outcome::Installed(_)) => Ok("the region above approved a new federation certificate".to_owned()),
            Ok(Outcome::Waits) => {
                if fresh {
                    let fingerprint = changxiao_domain::enrolment::grouped(&self.child.key.fingerprint());
                    tracing::error!(
                        region = %self.child.id.region(), parent = %self.parent.region,
                        "the federation certificate has lapsed; {} was asked for a new one and must approve it: tell it the fingerprint {fingerprint}",
                        self.parent.region
                    );
                }
                Err(Fault::Waiting)
            }
            Err(fault) => Err(fault),
        }
    }
}

/// Starts renewing in the background.
#[must_use]
pub fn start(renewer: Renewer, stop: tokio::sync::watch::Receiver<bool>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        tokio::select! {
            () = renewer.keep() => {}
            () = crate::channel::stopped(stop) => {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_follows_from_dates_and_lists() {
        let mut leaf = sample();
        (leaf.not_before, leaf.not_after) = (Instant::from_ms(0), Instant::from_ms(1_000_000));
        let at = Instant::from_ms;
        for (now, retiring, wanted) in [
            (0, false, Due::Nothing),
            (399_000, false, Due::Nothing),
            (601_000, false, Due::Renewal),
            (0, true, Due::Renewal),
            (1_000_000, false, Due::Renewal),
            (1_000_001, true, Due::Enrolment),
        ] {
            assert_eq!(due(&leaf, retiring, at(now)), wanted, "{now} {retiring}");
        }
    }

    fn sample() -> Leaf {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["bs.test.example".to_owned()]).unwrap();
        Leaf::read(params.self_signed(&key).unwrap().der()).unwrap()
    }
}
