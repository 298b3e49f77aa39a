//! Which program asks: known by its prompt, else by the name of its process.

/// How prompts begin, and what people call the program. The longer ones first, where one begins like another.
const PROMPTS: &[(&str, &str)] = &[
    ("(Pdb++)", "pdb++"),
    ("(Pdb)", "pdb"),
    ("ipdb>", "ipdb"),
    ("(rdbg", "rdbg"),
    ("(ruby)", "rdbg"),
    ("(byebug)", "byebug"),
    ("irb(", "irb"),
    ("iex(", "iex"),
    ("iex>", "iex"),
    ("debug>", "node inspect"),
    ("(gdb)", "gdb"),
    ("(lldb)", "lldb"),
    ("(dlv)", "dlv"),
    ("pry(", "pry"),
    (">>>", "python"),
    ("In [", "ipython"),
];

/// Returns what the program is called that shows this prompt; `process` is what its process is called.
pub fn program(prompt: &str, process: Option<&str>) -> Option<String> {
    let prompt = prompt.trim_start();
    // pry counts its prompts: `[1] pry(main)>`.
    let numbered =
        prompt.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map_or(prompt, |(_, rest)| rest);
    let known = PROMPTS.iter().find(|(begin, _)| numbered.starts_with(begin) || is_console(numbered, begin));
    known.map(|(_, name)| (*name).to_owned()).or_else(|| process.map(str::to_owned))
}

/// Returns whether it is a console of an application: `myapp(dev)>` is irb, `myapp(dev):001>` as well.
fn is_console(prompt: &str, begin: &str) -> bool {
    let Some((name, rest)) = prompt.split_once('(') else { return false };
    let is_name = !name.is_empty()
        && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'));
    begin == "irb(" && is_name && rest.contains("):") && rest.trim_end().ends_with(['>', '*'])
}

#[cfg(test)]
mod tests;
