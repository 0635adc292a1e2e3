//! Messages that are no messages, and messages that are too large.

use changxiao_proto::county::v1::RegisterHazardRequest;
use tonic::Code;

use super::{Case, Things, Who, rules};

const REGISTER: &str = "/changxiao.county.v1.Hazards/RegisterHazard";
const MIB: usize = 1_024 * 1_024;

pub(super) fn cases(things: &Things) -> Vec<Case> {
    let malformed: [(&str, Vec<u8>); 7] = [
        ("noise", vec![0xff; 64]),
        ("a field that ends too early", vec![0x0a, 0x7f, b'x']),
        ("a length beyond any memory", vec![0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        ("text that is no UTF-8", vec![0x0a, 0x02, 0xff, 0xfe]),
        ("a number where text belongs", vec![0x08, 0x01]),
        ("a group that never ends", vec![0x0b; 4_096]),
        ("field number zero", vec![0x00, 0x00]),
    ];
    let mut cases: Vec<Case> = malformed
        .into_iter()
        .map(|(what, message)| Case {
            message: message.into(),
            ..things.case(what, Who::Reporter, REGISTER, &(), Code::InvalidArgument, "REQUEST_MALFORMED")
        })
        .collect();
    for (what, length) in [("just over 256 KiB", 256 * 1_024 + 1), ("10 MB of text", 10 * MIB)] {
        let sent = RegisterHazardRequest { description: "隐".repeat(length / 3), ..rules::find(&things.enterprise) };
        cases.push(things.case(what, Who::Reporter, REGISTER, &sent, Code::ResourceExhausted, "REQUEST_TOO_LARGE"));
    }
    let unknown = "/changxiao.county.v1.Hazards/ForgetEverything";
    cases.push(things.case(
        "a method that does not exist",
        Who::Administrator,
        unknown,
        &(),
        Code::PermissionDenied,
        "PERMISSION_DENIED",
    ));
    cases
}
