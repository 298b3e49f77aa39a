use expect_test::expect;

use super::json;
use crate::diagnostic::{Diagnostic, Source};
use crate::logs::Mask;
use crate::project::load::{Inputs, load};

#[test]
fn the_report_keeps_its_promised_form() {
    let inputs = Inputs {
        procfile: Some(Source::new("Procfile", b"web: caf\xe9\nno entry\n".to_vec())),
        ..Inputs::default()
    };
    let loaded = load(&inputs);
    let diagnostics = [loaded.diagnostics, vec![Diagnostic::error("bad", "no place")]].concat();
    let report: serde_json::Value =
        serde_json::from_str(&json(&loaded.value, &Mask::default(), &diagnostics)).expect("JSON");
    assert_eq!(report["version"], 1);
    expect![[r#"[{"command":"caf�","file":"Procfile","line":1,"name":"web"}]"#]]
        .assert_eq(&report["processes"].to_string());
    assert_eq!(report["diagnostics"][0]["severity"], "warning");
    assert_eq!(report["diagnostics"][0]["file"], "Procfile");
    assert_eq!(report["diagnostics"][0]["line"], 2);
    expect![[r#"{"code":"bad","file":null,"line":null,"message":"no place","severity":"error"}"#]]
        .assert_eq(&report["diagnostics"][1].to_string());
}
