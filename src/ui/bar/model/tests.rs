use super::super::keys::Keys;
use super::{Deed, Mode, Model, Row, State};
use crate::project::{InstanceId, ProcessName};

pub(crate) fn id(name: &str) -> InstanceId {
    let (process, index) = name.split_once('.').expect("a name with a number");
    InstanceId { process: ProcessName::new(process), index: index.parse().expect("a number") }
}

pub(crate) fn model(rows: &[(&str, State)]) -> Model {
    let processes = rows.iter().map(|(name, state)| Row { id: id(name), state: *state }).collect();
    Model { processes, has_keys: true, ..Model::default() }
}

fn three() -> Model {
    model(&[("web.1", State::Ready), ("worker.1", State::Running), ("worker.2", State::Failed)])
}

/// Presses keys and returns what follows from the last.
fn press(model: &mut Model, keys: &str) -> Option<Deed> {
    Keys::default().read(keys.as_bytes()).into_iter().map(|key| model.press(key)).last().flatten()
}

#[test]
fn somebody_is_chosen_by_number() {
    assert_eq!(press(&mut three(), "r2\n"), Some(Deed::Restart(id("worker.1"))));
    assert_eq!(press(&mut three(), "s3\n"), Some(Deed::Stop(id("worker.2"))));
    assert_eq!(press(&mut three(), "r4\n"), None);
}

#[test]
fn somebody_is_chosen_by_letters() {
    assert_eq!(press(&mut three(), "rwe\n"), Some(Deed::Restart(id("web.1"))));
    assert_eq!(press(&mut three(), "aork\n"), Some(Deed::Attach(id("worker.1"))));
    assert_eq!(press(&mut three(), "aR.2\n"), Some(Deed::Attach(id("worker.2"))));
    assert_eq!(press(&mut three(), "awork\t\n"), Some(Deed::Attach(id("worker.2"))));
    assert_eq!(press(&mut three(), "awork\t\t\n"), Some(Deed::Attach(id("worker.1"))));
}

#[test]
fn a_number_means_itself_before_a_longer_one() {
    let names: Vec<String> = (1..=12).map(|number| format!("w.{number}")).collect();
    let rows: Vec<(&str, State)> = names.iter().map(|name| (name.as_str(), State::Ready)).collect();
    assert_eq!(press(&mut model(&rows), "r1\n"), Some(Deed::Restart(id("w.1"))));
    assert_eq!(press(&mut model(&rows), "r12\n"), Some(Deed::Restart(id("w.12"))));
}

#[test]
fn a_choice_can_be_given_up_and_corrected() {
    let mut model = three();
    assert_eq!(press(&mut model, "r1\x1b"), None);
    assert_eq!(model.mode, Mode::Commands);
    assert_eq!(press(&mut model, "rx\x7fwe\n"), Some(Deed::Restart(id("web.1"))));
    assert_eq!(press(&mut model, "rx\x7f\x7f"), None);
    assert_eq!(model.mode, Mode::Commands);
    assert_eq!(press(&mut model, "rnobody\n"), None);
    assert_ne!(model.mode, Mode::Commands, "whoever mistypes may go on");
    assert_eq!(press(&mut model, "\x15web\n"), Some(Deed::Restart(id("web.1"))));
}

#[test]
fn enter_takes_the_offer() {
    let mut model = three();
    assert_eq!(press(&mut model, "\n"), None);
    model.waits(&id("worker.1"), true);
    model.waits(&id("web.1"), true);
    assert_eq!(press(&mut model, "\n"), Some(Deed::Attach(id("worker.1"))));
    model.waits(&id("worker.1"), false);
    assert_eq!(press(&mut model, "\n"), Some(Deed::Attach(id("web.1"))));
}

#[test]
fn a_filter_works_while_it_is_typed() {
    let mut model = three();
    assert_eq!(press(&mut model, "/G"), Some(Deed::See));
    assert_eq!(model.sight.filter.as_deref(), Some("G"));
    assert_eq!(press(&mut model, "q"), Some(Deed::See), "a letter, not a command");
    assert_eq!(press(&mut model, "\n"), None);
    assert_eq!((model.sight.filter.as_deref(), &model.mode), (Some("Gq"), &Mode::Commands));
    assert_eq!(press(&mut model, "/\x7f"), Some(Deed::See));
    assert_eq!(model.sight.filter.as_deref(), Some("G"));
    assert_eq!(press(&mut model, "\x1b"), Some(Deed::See));
    assert_eq!((&model.sight.filter, &model.mode), (&None, &Mode::Commands));
}

#[test]
fn mute_and_focus_come_and_go() {
    let mut model = three();
    assert_eq!(press(&mut model, "m1\n"), Some(Deed::See));
    assert!(model.sight.muted.contains(&id("web.1")));
    press(&mut model, "m1\n");
    assert!(model.sight.muted.is_empty());
    press(&mut model, "m1\nf1\n");
    assert_eq!((model.sight.muted.len(), &model.sight.only), (0, &Some(id("web.1"))));
    assert_eq!(press(&mut model, "f"), Some(Deed::See));
    assert_eq!(model.sight.only, None);
    press(&mut model, "m1\n/x\n");
    assert_eq!(press(&mut model, "\x1b"), Some(Deed::See));
    assert_eq!(model.sight, super::Sight::default());
}

#[test]
fn keys_without_meaning_do_nothing() {
    let mut model = three();
    let before = model.clone();
    for key in ["x", "\x1b", "\x7f", "\t", "\x1b[A", "Q", "1"] {
        assert_eq!(press(&mut model, key), None, "{key:?}");
        assert_eq!(model, before, "{key:?}");
    }
    let deeds = [("q", Deed::Quit), ("?", Deed::Help), ("p", Deed::Ps), ("e", Deed::LastError)];
    for (key, deed) in deeds {
        assert_eq!(press(&mut model, key), Some(deed));
    }
}

#[test]
fn who_has_the_keyboard_gets_every_key() {
    let mut model = three();
    model.mode = Mode::Keyboard { of: id("web.1") };
    assert_eq!(press(&mut model, "q\x1br1\n"), None);
    assert_eq!(model.mode, Mode::Keyboard { of: id("web.1") });
}
