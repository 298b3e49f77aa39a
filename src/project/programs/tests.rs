use std::time::Duration;

use super::advice;
use crate::project::{Place, ProcessName, ProcessSpec};

fn spec(command: &str) -> ProcessSpec {
    let place = Place { file: "Procfile".into(), line: 1 };
    ProcessSpec::plain(ProcessName::new("worker"), command.as_bytes().to_vec(), place, 0)
}

fn program(command: &str) -> Option<&'static str> {
    advice(&spec(command)).map(|advice| advice.program)
}

#[test]
fn programs_are_known_behind_what_runs_them() {
    for (command, expected) in [
        ("bundle exec sidekiq -C config/sidekiq.yml", Some("Sidekiq")),
        ("RAILS_ENV=test exec bin/sidekiq", Some("Sidekiq")),
        ("celery -A app worker -l info", Some("a Celery worker")),
        ("python -m celery -A app worker", Some("a Celery worker")),
        ("celery -A app beat", None),
        ("bundle exec rake resque:work", Some("Resque")),
        ("bin/rake jobs:work", Some("Delayed Job")),
        ("rake db:migrate", None),
        ("/usr/lib/postgresql/15/bin/postgres -D data", Some("PostgreSQL")),
        ("echo sidekiq", None),
        ("bin/web", None),
        ("", None),
    ] {
        assert_eq!(program(command), expected, "{command}");
    }
}

#[test]
fn who_has_thought_about_it_is_left_alone() {
    let mut sidekiq = spec("sidekiq");
    sidekiq.stop.grace = Duration::from_secs(25);
    assert!(advice(&sidekiq).is_none());
    let mut postgres = spec("postgres -D data");
    postgres.stop.signals = vec![libc::SIGTERM, libc::SIGINT];
    assert!(advice(&postgres).is_none());
    postgres.stop.signals = vec![libc::SIGQUIT];
    assert!(advice(&postgres).is_none());
}
