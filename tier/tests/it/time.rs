//! What a writer does when time itself cannot be written, or has nothing to say where something is stored as due.

use std::time::Duration;

use tokio::time::timeout;

use crate::toy::{COUNTY, Host, morning};

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn commands_behind_a_deadline_that_cannot_be_written_are_told_so() {
    let host = Host::new(COUNTY).await;
    {
        let mut time = host.toy.0.lock().unwrap();
        (time.due, time.broken) = (Some(morning()), true);
    }
    // The command that follows brings the deadline to the writer's attention.
    host.account_of(0).await.unwrap();
    let told = timeout(SOON, host.account_of(1)).await.expect("the writer turns in circles");
    assert!(told.is_err(), "it was decided before what was due");
    host.toy.0.lock().unwrap().broken = false;
    timeout(SOON, host.account_of(2)).await.expect("the writer turns in circles").unwrap();
    timeout(SOON, host.close()).await.expect("the writer does not stop");
}

#[tokio::test]
async fn a_row_that_is_due_and_says_nothing_holds_nobody_up() {
    let host = Host::new(COUNTY).await;
    host.toy.0.lock().unwrap().due = Some(morning());
    for number in 0..3 {
        timeout(SOON, host.account_of(number)).await.expect("the writer turns in circles").unwrap();
    }
    timeout(SOON, host.close()).await.expect("the writer does not stop");
}
