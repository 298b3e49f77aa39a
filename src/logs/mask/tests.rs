use super::Mask;
use crate::project::secrets::Secret;

fn mask(secrets: &[&str]) -> Mask {
    Mask::new(secrets.iter().map(|text| Secret::whole(*text).expect("long enough")).collect())
}

#[test]
fn secrets_that_overlap_leave_nothing_of_each_other() {
    let mask = mask(&["abcdefgh", "efghijkl", "abcdefghijklmnop"]);
    assert_eq!(mask.text("<abcdefghijkl>"), "<•••>");
    assert_eq!(mask.text("<abcdefghijklmnop>"), "<•••>");
    assert_eq!(mask.text("<abcdefgh ijkl>"), "<••• ijkl>");
}

#[test]
fn only_what_is_hidden_of_a_secret_is_masked() {
    let mask = Mask::new(Secret::new("://app:pw@", 7..9).into_iter().collect());
    assert_eq!(
        mask.text("postgres://app:pw@db/app as app with pw"),
        "postgres://app:•••@db/app as app with pw"
    );
}

#[test]
fn many_secrets_are_found_too() {
    let secrets: Vec<String> =
        (0..500).map(|number| format!("{:x}", 0x1234_5678_9abc_u64 * (number + 77))).collect();
    let mask = Mask::new(secrets.iter().filter_map(|text| Secret::whole(text.as_str())).collect());
    for secret in &secrets {
        assert_eq!(mask.text(&format!("<{secret}>")), "<•••>");
    }
}

#[test]
fn a_text_without_secrets_is_not_copied() {
    let text = "nothing to hide";
    assert!(matches!(mask(&["hunter2hunter2"]).text(text), std::borrow::Cow::Borrowed(_)));
}
