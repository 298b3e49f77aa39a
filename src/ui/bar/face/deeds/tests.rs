use super::{pattern, wish};
use crate::logs::Whose;
use crate::ui::bar::model::Sight;
use crate::ui::bar::model::tests::id;

#[test]
fn a_filter_is_a_regular_expression_as_soon_as_it_can_be() {
    for (typed, line, fits) in [
        ("get", "GET /users", true),
        ("GET", "get /users", false),
        ("get|post", "POST /", true),
        ("get (", "GET (1)", true),
        ("[", "a[0]", true),
        ("\\", "C:\\", true),
        ("a+", "caaat", true),
        ("é", "É", false),
    ] {
        assert_eq!(pattern(typed).is_in(line.as_bytes()), fits, "{typed} in {line}");
    }
}

#[test]
fn who_has_the_keyboard_is_not_seen_twice() {
    let (web, db) = (id("web.1"), id("db.1"));
    let all = Sight::default();
    assert!(wish(&all, None).shows(&web, false));
    assert!(!wish(&all, Some(&web)).shows(&web, false));
    assert!(wish(&all, Some(&web)).shows(&db, false));
    let only = Sight { only: Some(web.clone()), ..Sight::default() };
    assert_eq!(wish(&only, Some(&web)).whose, Whose::Nobody);
    assert!(wish(&only, None).shows(&web, true));
    assert!(!wish(&only, Some(&db)).shows(&db, false));
}
