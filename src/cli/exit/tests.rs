use super::code;
use crate::exit::{Exit, Step};
use crate::project::{InstanceId, ProcessName};
use crate::supervisor::Outcome;

#[test]
fn the_first_failure_is_forges_own_code() {
    let failed = |exit| {
        let instance = InstanceId { process: ProcessName::new("web"), index: 1 };
        code(&Outcome::Failed { instance, exit })
    };
    assert_eq!(code(&Outcome::Done), 0);
    assert_eq!(code(&Outcome::Broken), 125);
    assert_eq!(failed(Exit::Code(3)), 3);
    assert_eq!(failed(Exit::Signal { number: 9, core_dumped: false }), 137);
    assert_eq!(failed(Exit::NeverStarted { step: Step::Look, errno: libc::ENOENT }), 127);
    assert_eq!(failed(Exit::NeverStarted { step: Step::Look, errno: libc::EACCES }), 126);
}
