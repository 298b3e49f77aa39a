//! The status bar and the keys of `forge start`: whether there are any, and what they are made of.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use super::read;
use crate::control::face::Face;
use crate::logs::Writer;
use crate::project::{Form, InstanceId, Project};
use crate::sys::own_terminal::OwnTerminal;
use crate::sys::pty::WindowSize;
use crate::sys::{descriptor, pty, unnamed_file};
use crate::ui::bar::face::{BarFace, Circumstances};
use crate::ui::bar::front::Front;
use crate::ui::bar::screen::{Glass, Stage, Window};

/// Makes the face, and what writes to the terminal for it and for the stream; nothing where there is to be no bar.
pub(super) fn make(
    project: &Project,
    stdout: &OwnedFd,
    colour: bool,
) -> Option<(Rc<dyn Face>, Box<dyn Writer>)> {
    let output = &project.output;
    if output.form != Form::Lines || !read::may_have_bar(output.bar) {
        return None;
    }
    let with_keys = OwnTerminal::open(io::stdin(), stdout);
    let has_keys = with_keys.is_some();
    let terminal = with_keys.or_else(|| OwnTerminal::open(stdout, stdout))?;
    let directory = read::directory_for_spills();
    let glass = Pane(stdout.try_clone().ok()?);
    let (stage, writer) = Stage::new(glass, Box::new(move || unnamed_file::make(&directory)));
    let front = Front::new(stage, terminal, has_keys);
    let ready = project.instances.iter().filter(|instance| instance.process.life.ready.is_some());
    let signs: Vec<InstanceId> = ready.map(|instance| instance.id.clone()).collect();
    let window = stdout.try_clone().ok()?;
    let circumstances = Circumstances {
        colour,
        window: Box::new(move || window_of(&window)),
        has_sign: Box::new(move |id| signs.contains(id)),
        focus: output.focus.clone(),
    };
    Some((Rc::new(BarFace::new(front, circumstances)), Box::new(writer)))
}

/// The standard output.
struct Pane(OwnedFd);

impl Glass for Pane {
    fn window(&self) -> Option<Window> {
        window_of(&self.0)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        descriptor::write_waiting(&self.0, bytes)
    }
}

fn window_of(terminal: &OwnedFd) -> Option<Window> {
    pty::window_size(terminal.as_fd()).map(|WindowSize { rows, columns }| Window { rows, columns })
}
