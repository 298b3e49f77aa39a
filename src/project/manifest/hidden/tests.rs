use super::hidden;

/// What would be shown.
fn shown(text: &str) -> String {
    let mut shown = text.to_owned();
    for range in hidden(text.as_bytes()).into_iter().rev() {
        shown.replace_range(range, "*");
    }
    shown
}

#[test]
fn values_of_names_that_look_secret_are_hidden_and_nothing_else() {
    for (text, expected) in [
        (
            "env = { API_TOKEN = \"abc\", LEVEL = \"debug\" }\n",
            "env = { API_TOKEN = \"*\", LEVEL = \"debug\" }\n",
        ),
        ("API_KEY='abc' # why\nport = 1\n", "API_KEY='*' # why\nport = 1\n"),
        ("\"API_KEY\" = \"a\\\"bc\"\n", "\"API_KEY\" = \"*\"\n"),
        ("env.\"API_KEY\" = 4711\nnice = 5\n", "env.\"API_KEY\" = *\nnice = 5\n"),
        ("env = { API_KEY = abc }\n", "env = { API_KEY = *}\n"),
        ("API_KEY = \"\"\"\nabc\n\"\"\"\nx = \"y\"\n", "API_KEY = \"\"\"*\"\"\"\nx = \"y\"\n"),
        ("API_KEY = \"abc\nB_KEY = \"\"\"def\nC = \"x\"", "API_KEY = \"*\nB_KEY = \"\"\"*"),
        (
            "instances = [{ A_TOKEN = \"abc\" }, { A_TOKEN = \"d\" }]",
            "instances = [{ A_TOKEN = \"*\" }, { A_TOKEN = \"*\" }]",
        ),
        ("command = \"A_TOKEN=abc bin/x\"", "command = \"A_TOKEN=* bin/x\""),
        ("URL = \"redis://:pw@host/0\"", "URL = \"redis://:*@host/0\""),
        ("drop = [\"redis://:pw@host\", \"x\"]", "drop = [\"redis://:*@host\", \"x\"]"),
        (
            "[secrets]\nkeys = [\"*TOKEN*\"]\nreveal = [\"A_KEY\"]\n",
            "[secrets]\nkeys = [\"*TOKEN*\"]\nreveal = [\"A_KEY\"]\n",
        ),
        ("PUBLIC_KEY = \"abc\"", "PUBLIC_KEY = \"abc\""),
        ("A_KEY =", "A_KEY ="),
        ("", ""),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}
