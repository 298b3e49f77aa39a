use super::program;

#[test]
fn a_prompt_tells_who_asks() {
    for (prompt, name) in [
        ("(Pdb) ", "pdb"),
        ("(Pdb++) next", "pdb++"),
        ("ipdb> ", "ipdb"),
        ("(rdbg@1234#worker) ", "rdbg"),
        ("(byebug) ", "byebug"),
        ("irb(main):001> ", "irb"),
        ("irb(main):001:0* ", "irb"),
        ("shop(dev):003> ", "irb"),
        ("[1] pry(main)> ", "pry"),
        ("[12] pry(#<UsersController>)> @user", "pry"),
        ("iex(1)> ", "iex"),
        ("debug> ", "node inspect"),
        (">>> ", "python"),
    ] {
        assert_eq!(program(prompt, Some("x")).as_deref(), Some(name), "{prompt:?}");
    }
}

#[test]
fn others_are_called_as_their_process() {
    assert_eq!(program("> ", Some("node")).as_deref(), Some("node"));
    assert_eq!(program("Overwrite? (y/n) ", Some("sh")).as_deref(), Some("sh"));
    assert_eq!(program("Password: ", None), None);
}
