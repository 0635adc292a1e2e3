//! `signin` and `signout` as a shell runs them: no secret among the arguments, the session in a file of one's own.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Stdio};

use changxiao_tests::world::{config, programs::Program};
use tokio::{io::AsyncWriteExt as _, process::Command};

use super::*;

struct Shell {
    program: std::path::PathBuf,
    settings: Vec<String>,
}

impl Shell {
    fn of(world: &World, region: &str, program: Program) -> Self {
        let bundle = config::service_directory(world.directory(), region).join("bundle.pem");
        let settings = [
            "--server",
            &world.service(region).to_string(),
            "--server-name",
            config::SERVICE_NAME,
            "--trust-bundle",
            &bundle.display().to_string(),
            "--session-file",
            &world.directory().join("session").display().to_string(),
        ];
        Shell { program: world.programs().of(program).to_owned(), settings: settings.map(str::to_owned).to_vec() }
    }

    /// Exit code and everything printed.
    async fn call(&self, words: &[&str], input: &str) -> (i32, String) {
        let mut command = Command::new(&self.program);
        command.arg("call").args(words).args(&self.settings).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let printed = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(printed).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_signs_in_calls_and_signs_out_with_both_programs() {
    let world = world("").await;
    for (region, program) in [(COUNTY, Program::Node), ("bs", Program::Aggregator)] {
        settled(&world, region, "clerk-1").await;
        let (shell, parent) = (Shell::of(&world, region, program), format!("regions/{region}"));
        let session = world.directory().join("session");
        let sign_in = ["signin", "--parent", &parent, "--account-id", "clerk-1", "--secrets-file", "-"];
        let (code, told) = shell.call(&sign_in, "wrong wrong wrong\n").await;
        assert_eq!(code, 1, "{told}");
        assert!(told.contains("account, password or code is wrong") && !session.exists(), "{told}");
        let (code, told) = shell.call(&sign_in, &format!("{CHOSEN}\n")).await;
        assert_eq!(code, 0, "{told}");
        let kept = fs::read_to_string(&session).unwrap();
        assert!(
            kept.starts_with("cxs1.") && !told.contains(kept.trim()),
            "the session is in the file and not on the screen: {told}"
        );
        assert_eq!(fs::metadata(&session).unwrap().permissions().mode() & 0o777, 0o600);
        let (code, told) = shell.call(&["sessions", "list-sessions", "--parent", &parent], "").await;
        assert!(code == 0 && told.contains("127.0.0.1"), "{told}");
        let (code, told) = shell.call(&["signout", "--parent", &parent], "").await;
        assert!(code == 0 && !session.exists(), "{told}");
        // A password on the command line is not even a flag.
        let (code, told) =
            shell.call(&["signin", "--parent", &parent, "--account-id", "clerk-1", "--password", CHOSEN], "").await;
        assert!(code == 2 && told.contains("unexpected argument '--password'"), "{told}");
        // Nobody at the terminal: it says what to do.
        let (code, told) = shell.call(&["signin", "--parent", &parent, "--account-id", "clerk-1"], "").await;
        assert!(code == 2 && told.contains("--secrets-file"), "{told}");
    }
}
