use expect_test::expect;

use super::plan;
use crate::diagnostic::{Source, Span};
use crate::logs::Mask;
use crate::project::Settings;
use crate::project::load::{Inputs, load};

#[test]
fn the_plan_shows_what_the_shell_gets() {
    let formation = Source::new("--formation", "all=1,web=2");
    let settings = Settings { formation: Some(Span::new(&formation, 0..11)), ..Settings::default() };
    let mut inputs = Inputs {
        root: "/app".into(),
        procfile: Some(Source::new("Procfile", "web: bin/web -p $PORT\nworker: cd x && bin/worker\n")),
        settings,
        ..Inputs::default()
    };
    expect![[r#"
        in /app
        web.1     PORT=5000  exec bin/web -p $PORT
        web.2     PORT=5001  exec bin/web -p $PORT
        worker.1  PORT=5100  cd x && bin/worker
    "#]]
    .assert_eq(&plan(&load(&inputs).value, &Mask::default()));
    inputs.settings = Settings { no_port: Some(true), ..Settings::default() };
    expect![[r#"
        in /app
        web.1     exec bin/web -p $PORT
        worker.1  cd x && bin/worker
    "#]]
    .assert_eq(&plan(&load(&inputs).value, &Mask::default()));
}
